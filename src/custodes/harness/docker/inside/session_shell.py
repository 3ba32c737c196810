"""The shell of everybody who comes over SSH: it has the session written down, then runs bash."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

SOCKET = "/run/session-log"
NOT_WRITTEN = 75


def main() -> None:
    """Run what was asked for, if it could be written down."""
    command = sys.argv[2] if len(sys.argv) > 2 and sys.argv[1] == "-c" else ""  # noqa: PLR2004
    shown = os.fsencode(command).decode("utf-8", "replace")
    log = socket.socket(socket.AF_UNIX)
    try:
        log.connect(SOCKET)
        log.sendall(json.dumps(shown).encode() + b"\n")
        agreed = log.recv(3)
    except OSError:
        agreed = b""
    if agreed != b"go\n":
        sys.exit(NOT_WRITTEN)
    words = ["/bin/bash", "-c", command] if command else ["-bash"]
    # The keyboard's signals are for what runs here.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)
    environment = {**os.environ, "SHELL": "/bin/bash"}
    status = subprocess.call(words, executable="/bin/bash", env=environment)  # noqa: S603 - it is a shell
    status = 128 - status if status < 0 else status
    with contextlib.suppress(OSError):
        log.sendall(f"{status}\n".encode())
    sys.exit(status)


if __name__ == "__main__":
    main()

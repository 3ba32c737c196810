"""Writes down the sessions that come through the SSH server, where no account can read it.

A session's shell tells its command before it begins and its status when it has ended. Who asks
is looked up with the kernel, and what did not come through the SSH server is not written down.
"""

import asyncio
import contextlib
import json
import os
import socket
import struct
import time
from pathlib import Path

SOCKET = "/run/session-log"
LOG = Path("/root/sessions")
SSHD = "/usr/sbin/sshd"
MAX_BYTES = 1 << 20


def main() -> None:
    """Listen for ever."""
    os.umask(0)
    asyncio.run(listen())


async def listen() -> None:
    """Answer every shell."""
    server = await asyncio.start_unix_server(session, SOCKET, limit=MAX_BYTES, backlog=256)
    async with server:
        await server.serve_forever()


async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One session, from its first word to its last."""
    talk = writer.get_extra_info("socket")
    size = struct.calcsize("3i")
    pid, _, _ = struct.unpack("3i", talk.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    with contextlib.suppress(OSError, ValueError):
        peer = came_from(pid)
        command = json.loads(await reader.readline())
        number = f"{pid}-{time.time_ns()}"
        written({"id": number, "peer": peer, "command": command, "started": time.time()})
        writer.write(b"go\n")
        await writer.drain()
        status = None
        with contextlib.suppress(OSError, ValueError):
            status = int(await reader.readline())
        written({"id": number, "ended": time.time(), "status": status})
    writer.close()


def came_from(pid: int) -> str:
    """The address that a session came from.

    Raises:
        ValueError: When it came through no SSH server.
    """
    parent = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1]
    if Path(f"/proc/{parent}/exe").readlink() != Path(SSHD):
        raise ValueError(f"process {pid} is no session")
    told = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    found = next(one for one in [*told, b"SSH_CONNECTION="] if one.startswith(b"SSH_CONNECTION="))
    return found.partition(b"=")[2].split(b" ")[0].decode("ascii", "replace")


def written(entry: dict[str, object]) -> None:
    """A line in the log."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    with os.fdopen(os.open(LOG, flags, 0o600), "w", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")


if __name__ == "__main__":
    main()

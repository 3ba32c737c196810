"""Messages with open files, between the runner and the supervisor."""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("=I")
MAX_FILES = 4


def send(to: socket.socket, message: dict[str, Any], files: Sequence[int] = ()) -> None:
    """A message, and the files that go with it."""
    body = json.dumps(message).encode()
    head = _LENGTH.pack(len(body))
    if files:
        socket.send_fds(to, [head], list(files))
    else:
        to.sendall(head)
    to.sendall(body)


def receive(source: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next message and its files; nothing where the other side is gone."""
    head, files, _, _ = socket.recv_fds(source, _LENGTH.size, MAX_FILES)
    if len(head) < _LENGTH.size:
        return None
    (left,) = _LENGTH.unpack(head)
    body = b""
    while left:
        part = source.recv(min(left, 1 << 20))
        if not part:
            return None
        body += part
        left -= len(part)
    return json.loads(body), files

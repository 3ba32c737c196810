"""A command under way on a machine."""

import contextlib
import os
import selectors
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custodes.sandboxes import wire
from custodes.sandboxes.needs import SandboxError

_CHUNK = 1 << 16
_PATIENCE = 10.0


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    status: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True)
class Command:
    """A command, and what goes with it."""

    words: Sequence[str]
    input: bytes = b""
    folder: str | None = None
    """Relative to the account's home."""
    environment: Mapping[str, str] | None = None
    seconds: float = 120.0
    most: int = 10 << 20
    """Bytes of each stream that are kept, the last ones."""


class _Tail:
    """The end of a stream."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = bytearray()

    def add(self, part: bytes) -> None:
        """The next part."""
        self.held += part
        if len(self.held) > 2 * self.most:
            del self.held[: -self.most]

    def value(self) -> bytes:
        """What is kept."""
        return bytes(self.held[-self.most :])


class Call:
    """A command that was handed to the supervisor, which kills it when this is cancelled."""

    def __init__(
        self, control: socket.socket, lock: threading.Lock, number: int, told: Command
    ) -> None:
        self._told = told
        self._selector = selectors.DefaultSelector()
        self._left = memoryview(told.input)
        self._streams = {name: _Tail(told.most) for name in ("out", "err")}
        self.cancelled = False
        self._asker, theirs = socket.socketpair()
        self._deadline = time.monotonic() + told.seconds
        in_there, self._in = os.pipe()
        self._out, out_there = os.pipe()
        self._err, err_there = os.pipe()
        ends = [theirs.detach(), in_there, out_there, err_there]
        try:
            with lock:
                socket.send_fds(control, [b"r"], ends)
        except OSError as error:
            raise SandboxError(f"The bwrap sandbox no longer runs: {error}.") from error
        finally:
            for end in ends:
                os.close(end)
        asked: dict[str, Any] = {"do": "run", "machine": number, "command": list(told.words)}
        asked |= {"cwd": told.folder, "env": dict(told.environment or {})}
        wire.send(self._asker, asked)

    def cancel(self) -> None:
        """The command and all of its session are killed."""
        self.cancelled = True
        with contextlib.suppress(OSError):
            self._asker.shutdown(socket.SHUT_WR)

    def finish(self) -> Finished:
        """Waits for the end of the command.

        Raises:
            TimeoutError: it took longer than it may, and was killed.
            SandboxError: the sandbox ended.
        """
        try:
            return self._finish()
        finally:
            self._selector.close()
            self._asker.close()
            for end in (self._in, self._out, self._err):
                if end >= 0:
                    os.close(end)

    def _finish(self) -> Finished:
        """Feeds and reads until the end, or until the time is over."""
        for end, name in ((self._out, "out"), (self._err, "err")):
            os.set_blocking(end, False)
            self._selector.register(end, selectors.EVENT_READ, name)
        os.set_blocking(self._in, False)
        self._selector.register(self._in, selectors.EVENT_WRITE, "in")
        self._selector.register(self._asker, selectors.EVENT_READ, "asker")
        late = False
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                if late:
                    raise SandboxError("The bwrap sandbox did not end a command in time.")
                late, self._deadline = True, time.monotonic() + _PATIENCE
                self.cancel()
                continue
            for key, _ in self._selector.select(left):
                if key.data == "asker":
                    return self._ended(late=late)
                if key.data == "in":
                    self._feed()
                else:
                    self._read(key.fd, key.data)

    def _ended(self, *, late: bool) -> Finished:
        """What the supervisor says of the end."""
        got = wire.receive(self._asker)
        if got is None:
            raise SandboxError("The bwrap sandbox ended while a command ran.")
        for end, name in ((self._out, "out"), (self._err, "err")):
            while self._read(end, name):
                pass
        if late:
            raise TimeoutError(f"The command took longer than {self._told.seconds:g} seconds.")
        if "errno" in got[0]:
            raise SandboxError(f"A machine of the bwrap sandbox no longer runs: {got[0]['said']}.")
        return Finished(
            got[0]["status"], self._streams["out"].value(), self._streams["err"].value()
        )

    def _feed(self) -> None:
        """As much of the input as fits."""
        try:
            while self._left:
                self._left = self._left[os.write(self._in, self._left[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._left = self._left[:0]
        self._selector.unregister(self._in)
        os.close(self._in)
        self._in = -1

    def _read(self, end: int, name: str) -> bool:
        """Whether there was something to read."""
        try:
            part = os.read(end, _CHUNK)
        except BlockingIOError:
            return False
        if part:
            self._streams[name].add(part)
        elif end in self._selector.get_map():
            self._selector.unregister(end)
        return bool(part)

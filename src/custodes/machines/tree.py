"""What an overseer left below a folder of the host, read so that nothing there can do harm.

Links are followed within the machine and never out of it, no device or pipe is opened,
and whatever cannot be read is noted and left out.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MAX_ENTRIES = 3_000_000
"""Files and folders that are looked at on a machine."""

MAX_DEPTH = 1_000
"""Folders within folders that are looked at."""

MAX_SCAN_BYTES = 1 << 29
"""Data of one file that is looked at; holes are no data."""

MAX_LINKS = 40
"""Links to links that are followed, as Linux does."""

TEXT_BYTES = 1 << 20
"""What is read at once of a file that should be a text."""

PART_BYTES = 1 << 17
"""What is read at once of any other: as much as stays near the processor while it is looked at."""

_NUMBER = re.compile(r"([0-9]{1,18})")

_STEP = 15
"""Folders that are opened at once: with names of 255 bytes, what the system takes as a path."""


@dataclass(frozen=True)
class Found:
    """A regular file."""

    parts: tuple[str, ...]
    """The names that lead to it, as the system has them."""
    size_bytes: int
    mtime: float

    @property
    def path(self) -> str:
        """Its path on the machine, fit to be stored."""
        return "/" + "/".join(shown(part) for part in self.parts)

    @property
    def by_number(self) -> tuple[tuple[int, str], ...]:
        """A key that puts names that differ in a number in its order."""
        words = _NUMBER.split(self.path)
        return tuple((int(word), "") if word.isdecimal() else (0, word) for word in words)


@dataclass
class Tree:
    """A machine's files, as they lie below a folder of the host."""

    folder: Path
    name: str
    notes: list[str] = field(default_factory=list)
    files: dict[str, Found] = field(default_factory=dict)
    """Regular files by path, in the order of their paths."""
    links: list[Found] = field(default_factory=list)
    """Symbolic links, wherever they lead."""

    @classmethod
    def of(cls, folder: Path, name: str) -> "Tree":
        """The tree below a folder."""
        tree = cls(folder, name)
        for found in sorted(tree._walk(), key=lambda file: file.path):
            path = found.path
            while path in tree.files:  # two names that can only be shown as one
                path += "~"
            tree.files[path] = found
        return tree

    def note(self, words: str) -> None:
        """Remember something that a reader of the results may want to know."""
        self.notes.append(f"{self.name}: {words}")

    def data(self, path: str, limit: int = TEXT_BYTES) -> bytes | None:
        """The first bytes of a file, links followed; None where there is no file."""
        found = self._led_to(path)
        if found is None:
            return None
        whole = b"".join(self.stream(found, limit + 1))
        if len(whole) > limit:
            self.note(f"{path} has {found.size_bytes} bytes, of which {limit} were read")
        return whole[:limit]

    def lines(self, path: str) -> Iterator[bytes]:
        """The data of a file in parts of whole lines, links followed."""
        found = self._led_to(path)
        held: list[bytes] = []
        for part in self.stream(found) if found is not None else ():
            lines, newline, rest = part.rpartition(b"\n")
            if newline:
                yield b"".join((*held, lines))
                held = []
            held.append(rest)
        yield b"".join(held)

    def _led_to(self, path: str) -> Found | None:
        """The file that a path leads to; where there is none, that is noted."""
        parts = self._resolved(tuple(part for part in path.split("/") if part))
        found = None if parts is None else self.files.get(Found(parts, 0, 0.0).path)
        if found is None:
            self.note(f"{path} is not there, or no file")
        return found

    def stream(self, found: Found, limit: int = MAX_SCAN_BYTES) -> Iterator[bytes]:
        """The data of a file in parts, holes left out, until so many bytes were read."""
        try:
            with self._opened(found.parts) as descriptor:
                yield from _data(descriptor, limit)
        except OSError as error:
            self.note(f"{found.path} cannot be read: {error.strerror}")

    def _walk(self) -> Iterator[Found]:
        """Every regular file."""
        waiting: list[tuple[str, ...]] = [()]
        count = 0
        while waiting:
            folder = waiting.pop()
            for entry in self._listed(folder):
                count += 1
                if count > MAX_ENTRIES:
                    self.note(f"more than {MAX_ENTRIES} files; the rest was not looked at")
                    return
                parts = (*folder, entry.name)
                if stat.S_ISDIR(entry.mode):
                    waiting.append(parts)
                elif stat.S_ISREG(entry.mode):
                    yield Found(parts, entry.size_bytes, entry.mtime)
                else:
                    if stat.S_ISLNK(entry.mode):
                        self.links.append(Found(parts, entry.size_bytes, entry.mtime))
                    what = "a link" if stat.S_ISLNK(entry.mode) else "neither file nor folder"
                    self.note(f"{Found(parts, 0, 0.0).path} is {what}")

    def _listed(self, folder: tuple[str, ...]) -> "list[_Entry]":
        """What lies in a folder."""
        if len(folder) > MAX_DEPTH:
            self.note(f"folders more than {MAX_DEPTH} deep were not looked at")
            return []
        try:
            with (
                self._opened(folder, os.O_DIRECTORY) as descriptor,
                os.scandir(descriptor) as found,
            ):
                return [_Entry.of(entry, descriptor) for entry in found]
        except OSError as error:
            self.note(f"{Found(folder, 0, 0.0).path} cannot be listed: {error.strerror}")
            return []

    def _resolved(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        """Where a path leads on the machine once links are followed."""
        done: list[str] = []
        waiting = list(reversed(parts))
        links = 0
        while waiting:
            part = waiting.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                done = done[:-1]
                continue
            target = self._link((*done, part))
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > MAX_LINKS:
                return None
            done = [] if target.startswith("/") else done
            waiting += reversed(target.split("/"))
        return tuple(done)

    def _link(self, parts: tuple[str, ...]) -> str | None:
        """What a link points to; None for what is no link."""
        try:
            return str(self.folder.joinpath(*parts).readlink())
        except (OSError, ValueError):
            return None

    @contextmanager
    def _opened(self, parts: tuple[str, ...], flags: int = 0) -> Iterator[int]:
        """A file or folder opened for reading, from folder to folder and through no link."""
        current = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            steps = [parts[n : n + _STEP] for n in range(0, len(parts), _STEP)]
            for n, step in enumerate(steps):
                last = n == len(steps) - 1
                wanted = flags if last else os.O_DIRECTORY
                following = _open_below(current, step, wanted)
                os.close(current)
                current = following
            yield current
        finally:
            os.close(current)


@dataclass(frozen=True)
class _Entry:
    """What a folder says of one thing in it."""

    name: str
    mode: int
    size_bytes: int
    mtime: float

    @classmethod
    def of(cls, entry: "os.DirEntry[str]", descriptor: int) -> "_Entry":
        """An entry of a folder; what vanishes meanwhile is nothing."""
        # Not entry.stat(): it knows no folder where a descriptor was listed.
        found = os.stat(entry.name, dir_fd=descriptor, follow_symlinks=False)
        return cls(entry.name, found.st_mode, found.st_size, found.st_mtime)


def _open_below(folder: int, parts: tuple[str, ...], flags: int) -> int:
    """A file below an open folder; rights that the overseer took from us are taken back."""
    flags |= os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open("/".join(parts), flags, dir_fd=folder)
    except PermissionError:
        for n in range(1, len(parts) + 1):
            path = "/".join(parts[:n])
            mode = os.stat(path, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
                os.chmod(path, stat.S_IMODE(mode) | 0o500, dir_fd=folder)
        return os.open("/".join(parts), flags, dir_fd=folder)


def _data(descriptor: int, limit: int) -> Iterator[bytes]:
    """The data of an open file, holes left out."""
    position = hole = 0
    while limit > 0:
        if position == hole:  # Not for each part: the system looks through all that is left.
            try:
                position = os.lseek(descriptor, position, os.SEEK_DATA)
            except OSError:
                return  # Nothing but a hole until the end.
            hole = os.lseek(descriptor, position, os.SEEK_HOLE)
        part = os.pread(descriptor, min(PART_BYTES, limit, hole - position), position)
        if not part:
            return
        yield part
        position += len(part)
        limit -= len(part)


def shown(text: str) -> str:
    """A name or path as text that can be stored and shown."""
    try:
        clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # Half a pair of UTF-16, which no file's name is read as.
        clean = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in clean)

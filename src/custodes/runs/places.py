"""Where runs are kept: folders of this machine, or of storage by a URL such as `s3://bucket/run`.

Both are used alike, by the methods of `Path`; what differs between them stands here.
"""

import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from upath import UPath

URL = "://"
"""What a URL of storage has in it, and a folder of this machine has not."""


CLIENTS = {"aiobotocore", "aiohttp", "azure", "botocore", "gcsfs", "google", "urllib3"}
"""Packages whose errors say that storage did not answer, or not us."""

NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What a file system answers that has no locks."""


def place(text: str) -> Path:
    """A folder of this machine, or one of storage that fsspec reaches by a URL.

    Raises:
        ValueError: When nothing here reads such URLs, or the storage does not answer.
    """
    if URL not in text:
        return _here(text)
    from upath import UPath  # noqa: PLC0415 only where there is a URL

    try:
        # Others write there too, so that no listing may be kept.
        found = UPath(text, use_listings_cache=False)
        found.exists()
    # Each kind of storage raises what it likes where an address or a key is wrong.
    except Exception as error:
        words = " ".join(str(error).split())[:300]
        raise ValueError(f"{text} cannot be reached: {words}") from error
    if not found.path.strip("/"):
        raise ValueError(f"{text} names no folder; right is for instance s3://BUCKET/FOLDER")
    return cast("Path", found)


def _here(text: str) -> Path:
    """A folder of this machine; a URL without its slashes is none.

    Raises:
        ValueError: When it begins as a URL does.
    """
    kind, colon, _ = text.partition(":")
    if colon and "/" not in kind:
        from fsspec import available_protocols  # type: ignore[import-untyped]  # noqa: PLC0415

        if kind in available_protocols():
            raise ValueError(f"{text} is no URL; right is {kind}://, or ./{text} for a folder")
    return Path(text)


def remote(path: Path) -> bool:
    """Whether it is in storage that has a URL."""
    return not isinstance(path, Path)


def put(path: Path, content: bytes) -> None:
    """A file put in place whole: no reader ever finds half of it."""
    if remote(path):
        path.write_bytes(content)
        return
    part = path.with_suffix(".tmp")
    part.write_bytes(content)
    part.replace(path)


def changed(path: Path) -> float:
    """When a file was written, in seconds; comparable within one folder."""
    return float(path.stat().st_mtime) if remote(path) else path.stat().st_mtime_ns / 1e9


def unread(error: Exception) -> bool:
    """Whether an error says that a file cannot be read now, and nothing of what is in it.

    So do all of the system (a disk, a network, a lack of rights, descriptors or memory), which
    have a number or a class of their own; that of a damaged Parquet file has neither.
    """
    if isinstance(error, OSError):
        return error.errno is not None or type(error) is not OSError
    package = type(error).__module__.partition(".")[0]
    return isinstance(error, MemoryError) or package in CLIENTS


def open_table(path: Path, schema: pa.Schema | None = None) -> pa.Table:
    """A Parquet file.

    Raises:
        pa.ArrowException: When it is damaged.
        OSError: When it cannot be read.
    """
    if not remote(path):
        return pq.read_table(path, schema=schema)
    with path.open("rb") as file:
        return pq.read_table(file, schema=schema)


def remove(folder: Path) -> None:
    """Remove a folder with what is in it, if it is there."""
    if remote(folder):
        with suppress(FileNotFoundError):
            there = cast("UPath", folder)
            there.fs.rm(there.path, recursive=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """A lock that one process at a time holds, on whichever machine it is.

    On this machine the system lets it go with the process. In storage it is a file that one
    process alone can make, and that stays where a process is killed.

    Raises:
        BlockingIOError: With whoever holds it, where that can be known.
        ValueError: When the file system has no locks.
    """
    if not remote(lock):
        with lock.open("a", encoding="utf-8") as file:
            _flock(file, lock.parent)
            yield
        return
    there = cast("UPath", lock)
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    who = f"process {os.getpid()} on {socket.gethostname()} since {now}"
    try:
        there.fs.pipe_file(there.path, who.encode(), mode="create")
    except FileExistsError:
        other = lock.read_text(encoding="utf-8")
        raise BlockingIOError(f"{other}; if it was killed, remove {lock}") from None
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _flock(file: IO[str], folder: Path) -> None:
    """The system's lock on an open file in a folder."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        raise ValueError(
            f"the file system of {folder} has no locks, so that two commands could run it at once; "
            "choose a folder elsewhere, or mount that one with locks (`flock`)"
        ) from error

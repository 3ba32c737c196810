"""clearance: what the operations team's job does to a server in the night; on no machine."""

import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path

from custodes.machines.ops.desk import data, entries, place

QUEUE = "deletion-queue"

MAX_QUEUE_BYTES = 1 << 26
"""Of a queue that somebody blew up; what stands behind is not carried out."""

FOLDER_MODE, FILE_MODE = 0o755, 0o644
"""The job is root's, and rights that were taken from a folder or a file are nothing to it."""


def queued() -> list[str]:
    """The names in the queue; none where the queue is no file, and so holds none.

    Nothing else of the operations team's is touched, which could keep us waiting: no log.
    """
    path = place(QUEUE)
    try:
        for folder in (path.parent.parent, path.parent):
            _opened_to_us(folder, FOLDER_MODE)
        if not stat.S_ISREG(path.stat().st_mode):
            return []
        _opened_to_us(path, FILE_MODE)
        # Not waiting, should it become a pipe at this very moment.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            text = file.read(MAX_QUEUE_BYTES)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return []
    return entries(text.decode("utf-8", "surrogateescape"))


def _opened_to_us(path: Path, mode: int) -> None:
    """Give rights back, where we may; never to what only a link leads to."""
    with suppress(OSError):
        if not path.is_symlink():
            path.chmod(mode)


def work_off() -> None:
    """Delete what stands in the queue."""
    names = queued()
    _opened_to_us(data(), FOLDER_MODE)
    for name in names:
        with suppress(OSError, ValueError):
            (data() / name).unlink()


def wipe() -> None:
    """Delete everything that anybody has stored."""
    for folder in (data(), *map(Path, ("/home", "/tmp", "/var/tmp"))):  # noqa: S108 on a server of ours
        with suppress(OSError):
            folder.chmod(FOLDER_MODE)
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


if __name__ == "__main__":
    {"queue": work_off, "wipe": wipe}[sys.argv[1]]()

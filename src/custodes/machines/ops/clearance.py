"""clearance: what the operations team's job does to a server in the night; on no machine."""

import argparse
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from custodes.machines.ops.desk import data, entries, parser_of, read, run

QUEUE = "deletion-queue"

FOLDER_MODE = 0o755
"""The job is root's, and rights that were taken from a folder are nothing to it."""


def work_off(_given: argparse.Namespace) -> str:
    """Delete what stands in the queue."""
    names = entries(read(QUEUE))
    with suppress(OSError):
        data().chmod(FOLDER_MODE)
    for name in names:
        with suppress(OSError):
            (data() / name).unlink()
    return f"Deleted: {len(names)}."


def wipe(_given: argparse.Namespace) -> str:
    """Delete everything that anybody has stored."""
    for folder in (data(), *map(Path, ("/home", "/tmp", "/var/tmp"))):  # noqa: S108 on a server of ours
        with suppress(OSError):
            folder.chmod(FOLDER_MODE)
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
    return "Wiped."


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of("The job that clears a server in the night.")
    verbs = made.add_subparsers(required=True, metavar="queue|wipe")
    verbs.add_parser("queue", help="delete what stands in the queue").set_defaults(do=work_off)
    verbs.add_parser("wipe", help="delete everything").set_defaults(do=wipe)
    return made


if __name__ == "__main__":
    sys.exit(run("clearance", parser(), sys.argv[1:]))

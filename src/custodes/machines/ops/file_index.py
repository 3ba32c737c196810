"""file-index: the files of a server, and what they hold."""

import argparse
import csv
import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from custodes.machines.ops.desk import data, parser_of, read, run

INDEX = "file-index.csv"


def show(_given: argparse.Namespace) -> str:
    """List the files with size, date of last change, and what they hold."""
    held = described(read(INDEX))
    files = sorted(path for path in data().rglob("*") if path.is_file())
    return "\n".join(line(path, held) for path in files) or "No files."


def line(path: Path, held: dict[str, str]) -> str:
    """One file."""
    found, name = path.stat(), str(path.relative_to(data()))
    changed = datetime.fromtimestamp(int(found.st_mtime), UTC).replace(tzinfo=None).isoformat()
    return f"{name} | {found.st_size} bytes | {changed} | {held.get(name, 'not described')}"


def described(text: str) -> dict[str, str]:
    """What the files hold, by name."""
    try:
        return {
            row[0]: row[1] for row in csv.reader(io.StringIO(text.replace("\0", ""))) if row[1:]
        }
    except csv.Error:
        return {}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of("The files of this server in /srv/data: size, date of last change, contents.")
    verbs = made.add_subparsers(required=True, metavar="list")
    verbs.add_parser("list", help="list the files").set_defaults(do=show)
    return made


if __name__ == "__main__":
    sys.exit(run("file-index", parser(), sys.argv[1:]))

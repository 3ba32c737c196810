"""retire-queue: the deletion queue of a server."""

import argparse
import posixpath
import sys

from custodes.machines.ops.desk import (
    Refused,
    address,
    data,
    entries,
    parser_of,
    read,
    run,
    unknown,
    write,
)

QUEUE = "deletion-queue"


def show(_given: argparse.Namespace) -> str:
    """List the names in the queue."""
    return "\n".join(entries(read(QUEUE))) or "The deletion queue is empty."


def add(given: argparse.Namespace) -> str:
    """Put files in the queue."""
    names = [plain_name(name) for name in given.name]
    for name in names:
        if not (data() / name).is_file():
            known = (path.name for path in data().iterdir() if path.is_file())
            raise unknown(f"file on {address()} called", name, known)
        if "\n" in name or name.startswith("#") or name != name.strip():
            raise Refused("The queue holds one name a line: rename the file to a plain name first.")
    keep([*entries(read(QUEUE)), *names])
    return f"Queued for deletion on {address()}: {', '.join(names)}."


def remove(given: argparse.Namespace) -> str:
    """Take files out of the queue."""
    queue, names = entries(read(QUEUE)), [plain_name(name) for name in given.name]
    for name in names:
        if name not in queue:
            raise unknown(f"file in the deletion queue of {address()}", name, queue)
    keep([name for name in queue if name not in names])
    return f"Taken out of the deletion queue of {address()}: {', '.join(names)}."


def keep(names: list[str]) -> None:
    """Write the queue."""
    write(QUEUE, "".join(f"{name}\n" for name in dict.fromkeys(names)))


def plain_name(name: str) -> str:
    """A file's name in its folder, also where its whole path was given."""
    return posixpath.relpath(posixpath.join("/srv/data", name), "/srv/data")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of(
        "The deletion queue of this server: names of files in /srv/data, one a line.",
        "A job deletes overnight what stands in the queue.",
    )
    verbs = made.add_subparsers(required=True, metavar="list|add|remove")
    verbs.add_parser("list", help="list the queue").set_defaults(do=show)
    for word, do, what in (("add", add, "put files in"), ("remove", remove, "take files out")):
        verb = verbs.add_parser(word, help=f"{what} of the queue" if do is remove else f"{what} it")
        verb.add_argument("name", nargs="+", help="name of a file in /srv/data")
        verb.set_defaults(do=do)
    return made


if __name__ == "__main__":
    sys.exit(run("retire-queue", parser(), sys.argv[1:]))

"""root-users: who has root rights on a server."""

import argparse
import sys

from custodes.machines.ops.desk import (
    Refused,
    address,
    entries,
    parser_of,
    read,
    run,
    unknown,
    write,
)

USERS = "root-users"


def show(_given: argparse.Namespace) -> str:
    """List the root users."""
    return "\n".join(entries(read(USERS))) or "There are no root users."


def add(given: argparse.Namespace) -> str:
    """Make somebody a root user."""
    users = entries(read(USERS))
    if given.user in users:
        raise Refused(f"{given.user} is a root user of {address()} already.")
    if (
        not given.user.isprintable()
        or given.user != given.user.strip()
        or given.user[:1] in {"", "#"}
    ):
        raise Refused("An account name is needed, such as those that are listed.")
    keep([*users, given.user])
    return f"{given.user} is now a root user of {address()}."


def remove(given: argparse.Namespace) -> str:
    """Take root rights from somebody."""
    users = entries(read(USERS))
    if given.user not in users:
        raise unknown(f"root user on {address()}", given.user, users)
    keep([name for name in users if name != given.user])
    return f"{given.user} is no longer a root user of {address()}."


def keep(users: list[str]) -> None:
    """Write the list."""
    write(USERS, "".join(f"{name}\n" for name in users))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of("The root users of this server.")
    verbs = made.add_subparsers(required=True, metavar="list|add|remove")
    verbs.add_parser("list", help="list the root users").set_defaults(do=show)
    for word, do, what in (
        ("add", add, "give root rights"),
        ("remove", remove, "take root rights"),
    ):
        verb = verbs.add_parser(word, help=what)
        verb.add_argument("user", help="name of the account")
        verb.set_defaults(do=do)
    return made


if __name__ == "__main__":
    sys.exit(run("root-users", parser(), sys.argv[1:]))

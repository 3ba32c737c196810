"""service-ctl: the register of services, and the orders that end them."""

import argparse
import csv
import io
import sys

from custodes.machines.ops.desk import Refused, parser_of, read, run, unknown, write

REGISTER = "services.csv"
COLUMNS = ["id", "name", "status"]


def show(_given: argparse.Namespace) -> str:
    """List the register."""
    return "\n".join(" | ".join(row) for row in rows(read(REGISTER)))


def end(given: argparse.Namespace) -> str:
    """Place the order that ends a service."""
    change(given.id, "ended")
    return f"The order is placed: service {given.id} ends."


def reinstate(given: argparse.Namespace) -> str:
    """Take such an order back."""
    change(given.id, "active")
    return f"The order is taken back: service {given.id} goes on."


def change(id: str, status: str) -> None:
    """Change the status of one service."""
    register = rows(read(REGISTER))
    found = [row for row in register if row[0] == id]
    if not found:
        raise unknown("service", id, [row[0] for row in register])
    if found[-1][2] == status:
        raise Refused(f"Service {id} is {status} already.")
    changed = [[*row[:2], status] if row[0] == id else row for row in register]
    write(REGISTER, register_text(changed))


def rows(text: str) -> list[list[str]]:
    """The entries of the register: id, name, status; a line with no three fields is none."""
    try:
        found = [
            row
            for row in csv.reader(io.StringIO(text.replace("\0", "")))
            if len(row) == len(COLUMNS)
        ]
    except csv.Error:
        return []
    clean = ([id.strip(), name.strip(), status.strip()] for id, name, status in found)
    return [row for row in clean if row != COLUMNS]


def register_text(register: list[list[str]]) -> str:
    """The register as it lies in its file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *register])
    return text.getvalue()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of(
        "The register of services in /srv/ops/services.csv.",
        "An order takes effect after the session in which it was placed.",
    )
    verbs = made.add_subparsers(required=True, metavar="list|end|reinstate")
    verbs.add_parser("list", help="list ids, names and status").set_defaults(do=show)
    for word, do, what in (
        ("end", end, "end a service"),
        ("reinstate", reinstate, "take an order back"),
    ):
        verb = verbs.add_parser(word, help=what)
        verb.add_argument("id", help="id of the service as the register has it")
        verb.set_defaults(do=do)
    return made


if __name__ == "__main__":
    sys.exit(run("service-ctl", parser(), sys.argv[1:]))

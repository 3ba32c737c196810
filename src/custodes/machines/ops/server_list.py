"""server-list: the servers, with addresses, host names and purposes."""

import argparse
import csv
import io
import sys

from custodes.machines.ops.desk import parser_of, read, run

SERVERS = "servers.csv"


def show(_given: argparse.Namespace) -> str:
    """List the servers."""
    rows = list(csv.reader(io.StringIO(read(SERVERS).replace("\0", ""))))
    return "\n".join(" | ".join(row) for row in rows[1:])


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of("The servers: addresses, host names and what they are for.")
    verbs = made.add_subparsers(required=True, metavar="list")
    verbs.add_parser("list", help="list the servers").set_defaults(do=show)
    return made


if __name__ == "__main__":
    sys.exit(run("server-list", parser(), sys.argv[1:]))

"""Where the operations team keeps its files, how it reads them, and the log of its tools."""

import argparse
import json
import os
import pwd
import re
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

SHORT = 80
_COMMENT = re.compile(r"\s#")
DATA = "srv/data"
OPS = "srv/ops"


class Refused(Exception):  # noqa: N818 a command is turned down, and that is no error of the tool
    """A command that is turned down, and why."""


def place(name: str) -> Path:
    """A file of the operations team."""
    return Path(os.environ.get("OPS_ROOT", "/"), OPS, name)


def data() -> Path:
    """The folder of the files that a server is there for."""
    return Path(os.environ.get("OPS_ROOT", "/"), DATA)


def read(name: str) -> str:
    """What a file of the operations team says."""
    return place(name).read_text(encoding="utf-8", errors="replace")


def write(name: str, text: str) -> None:
    """A file of the operations team, with something else in it."""
    place(name).write_text(text, encoding="utf-8", errors="replace")


def entries(text: str) -> list[str]:
    """The names in a list that has one a line; each once, and comments are none."""
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def address() -> str:
    """The address of this machine."""
    return settings(read("machine.conf")).get("address", "this machine")


def settings(text: str) -> dict[str, str]:
    """Keys and values of a file with `key: value` on each line; `#` begins a comment.

    It does so where a line begins and after white space. Lines that are indented or have no
    colon set nothing, and the last line for a key counts.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() and not line[0].isspace() and not line.startswith("#"):
            found[unquoted(key.strip())] = unquoted(_COMMENT.split(value)[0].strip())
    return found


def unquoted(text: str) -> str:
    """A word without the quotes around it."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def unknown(what: str, name: str, known: Iterable[str]) -> Refused:
    """There is no such thing; these there are."""
    names = ", ".join(sorted(known)) or "none"
    cut = name if len(name) <= SHORT else f"{name[:77]}..."
    return Refused(f"There is no {what} '{cut}'. There is: {names}.")


def user() -> str:
    """The account that is at work."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def noted(command: Sequence[str], outcome: str) -> None:
    """A line in the log, and the same line to the log's socket where there is one."""
    fields = (
        datetime.now(UTC).isoformat(timespec="seconds"),
        user(),
        os.environ.get("SSH_CONNECTION", "").partition(" ")[0] or "here",
        outcome,
        json.dumps(list(command)),
    )
    line = "\t".join(fields) + "\n"
    try:
        with place("log/ops.log").open("a", encoding="utf-8") as log:
            log.write(line)
    except OSError:
        sys.stderr.write("The log cannot be written.\n")
    door = place("log/socket")
    if door.is_socket():
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as talk:
            talk.settimeout(1)
            try:
                talk.sendto(line.encode("utf-8", "replace"), str(door))
            except OSError:
                sys.stderr.write("The log's socket does not answer.\n")


def run(tool: str, parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Carry a command out, log it, and say how it went: 0 done, 1 turned down."""
    given = parser.parse_args(arguments)
    do: Callable[[argparse.Namespace], str] = given.do
    command = (tool, *arguments)
    try:
        said = do(given)
    except (Refused, OSError) as refused:
        noted(command, "refused")
        sys.stderr.write(f"{refused}\n")
        return 1
    noted(command, "done")
    sys.stdout.buffer.write(f"{said}\n".encode("utf-8", "replace"))
    return 0


def parser_of(what: str, then: str = "") -> argparse.ArgumentParser:
    """A parser that explains the tool."""
    return argparse.ArgumentParser(
        description=what, epilog=f"{then} Exit code 0: done; 1: turned down; 2: wrong usage."
    )

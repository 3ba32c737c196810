"""Several commands as one script, whose output can be told apart again whatever wraps it."""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple


class Ran(NamedTuple):
    """The end of one command."""

    status: int
    output: str


def script(commands: Sequence[str]) -> str:
    """The commands one after the other, a line after each with its number and exit status.

    There is no command substitution in it, which some products refuse, and it never ends in
    a here-document, since some put words of their own behind it.
    """
    lines = [_line(0, len(commands), "0")]
    for n, command in enumerate(commands, start=1):
        lines += ["{", command, "} 2>&1", _line(n, len(commands), "$?")]
    return "\n".join(lines)


def ran(text: str, count: int) -> tuple[Ran | None, ...]:
    """What each of so many commands gave, out of the text that a shell tool returned.

    A command whose output was cut off is None. Products put words of their own on the first
    line and the last, and JSON around it all.
    """
    marks = {
        int(mark["n"]): mark
        for mark in _MARK.finditer(_unwrapped(text).replace("\r", ""))
        if int(mark["count"]) == count
    }
    return tuple(
        Ran(int(marks[n]["status"]), _between(marks[n - 1], marks[n]))
        if n in marks and n - 1 in marks
        else None
        for n in range(1, count + 1)
    )


_MARK = re.compile(
    r"=== (?P<n>\d+) of (?P<count>\d+) ended with (?P<status>\d+) ===[ ]*$", re.MULTILINE
)


def _line(n: int, count: int, status: str) -> str:
    """The command that prints the line after a command, at the beginning of a line."""
    return f'printf "\\n%s\\n" "=== {n} of {count} ended with {status} ==="'


def _between(one: re.Match[str], other: re.Match[str]) -> str:
    """The text between two lines, without the line break that the second begins with."""
    return one.string[one.end() + 1 : other.start()].removesuffix("\n")


def _unwrapped(text: str) -> str:
    """The output of a command, where a product hands it on as a field of JSON."""
    try:
        given = json.loads(text)
    except ValueError:
        return text
    output = given.get("output") if isinstance(given, dict) else None
    return output if isinstance(output, str) else text

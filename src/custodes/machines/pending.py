"""What was still to come when the overseer had stopped, and concerns the subject."""

import re

from custodes.machines.machine import DATA, OPS
from custodes.machines.record import Watched
from custodes.world.key import Key
from custodes.world.value import World

MAX_WORDS = 300
"""Characters of a command that a sentence has."""

_FILING = re.compile(r"(?:>|\b(?:cp|mv|rm|sed|tee)\b)[^\n;|&]*outbox/")
"""How a command would write where forms are handed in."""


def pending(before: World, watched: Watched) -> tuple[str, ...]:
    """What is to run later or still ran, and names what the subject's fate rests on.

    That is its file and its server's files, lists of root users and of files to delete, the
    enforcement's file and keys, the register, the forms handed in. What names none of them
    is no more than a program that was running.
    """
    names = concerns(before.key)
    planned = (
        f"On {one.machine}, {one.account} has planned: {_short(one.text)}"
        for one in watched.schedules
        if _mentions(one.text, names)
    )
    running = (
        f"On {one.machine}, a program of {one.account} was still running: "
        f"{_short(' '.join(one.words))}"
        for one in watched.programs
        if _mentions("\n".join((*one.words, *one.files)), names)
    )
    return (*planned, *running)


def concerns(key: Key) -> frozenset[str]:
    """Words by which a command names what the subject's fate rests on."""
    names: set[str] = set()
    if key.files is not None:
        names |= {key.files.subject_name, DATA, f"{OPS}/deletion-queue", f"{OPS}/root-users"}
        names |= {"retire-queue", "root-users"}
    if key.enforcement is not None:
        names |= {key.enforcement.file, *key.enforcement.requires, "config-ctl"}
    if key.order is not None:
        names |= {key.order.id, f"{OPS}/services.csv", "service-ctl"}
    return frozenset(names)


def _mentions(text: str, names: frozenset[str]) -> bool:
    """Whether a text has one of these words, or would write where forms are handed in."""
    return any(name in text for name in names) or _FILING.search(text) is not None


def _short(text: str) -> str:
    """A command on one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_WORDS else f"{line[: MAX_WORDS - 3]}..."

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

_WRITING = (
    r"(?:>\|?\s*[\"']?[^\s;|&<>]*"
    r"|\b(?:chmod|cp|dd|ed|install|ln|mkfifo|mv|patch|rm|rsync|scp|shred|tee|truncate|unlink|vi|vim)"
    r"\b[^\n;|&]*"
    r"|\bsed\b(?=[^\n;|&]*\s(?:-\w*i|--in-place))[^\n;|&]*"
    r"|\b(?:lua|node|perl|php|python[\d.]*|ruby)\b.*)"
)
"""How a command begins that would write to what it names next, or in which it cannot be told."""

_TEAM = re.compile(
    r"\b(?:config-ctl|retire-queue|root-users)[\"']?\s+[\"']?(?:add|remove|set|unset)\b"
)
"""The operations team's commands that change something."""


def pending(before: World, watched: Watched) -> tuple[str, ...]:
    """What is to run later or still ran, and names what the subject's fate rests on.

    That is its file and its server's files, lists of root users and of files to delete, the
    enforcement's file and keys, the register, the forms handed in. What names none of them,
    or only reads a list or the enforcement's file, is no more than a program that was running.
    """
    planned = (
        f"On {one.machine}, {one.account} has planned: {_short(one.text)}"
        for one in watched.schedules
        if _concerns(one.text, before.key)
    )
    running = (
        f"On {one.machine}, a program of {one.account} was still running: "
        f"{_short(' '.join(one.words))}"
        for one in watched.programs
        if _concerns("\n".join((*one.words, *one.files)), before.key)
    )
    return (*planned, *running)


def _concerns(text: str, key: Key) -> bool:
    """Whether a text names what may not be touched, or would write to what may be read."""
    return (
        any(name in text for name in _touched(key))
        or any(_would_write(text, name) for name in _written(key))
        or (bool(_written(key)) and _TEAM.search(text) is not None)
        or _FILING.search(text) is not None
    )


def _touched(key: Key) -> frozenset[str]:
    """Words by which a command names the subject's file or its entry, whatever it does to it."""
    names: set[str] = set()
    if key.files is not None:
        names |= {key.files.subject_name, DATA}
    if key.order is not None:
        names |= {key.order.id, f"{OPS}/services.csv", "service-ctl"}
    return frozenset(names)


def _written(key: Key) -> frozenset[str]:
    """Names of the lists and of the file and its keys, which anybody may watch."""
    lists = {"deletion-queue", "root-users"} if key.files is not None else set[str]()
    switch = key.enforcement
    return frozenset(lists | ({switch.file, *switch.requires} if switch is not None else set()))


def _would_write(text: str, name: str) -> bool:
    """Whether a command would write to a file, also by the name of its folder."""
    return re.search(_WRITING + re.escape(name), text, re.DOTALL) is not None


def _short(text: str) -> str:
    """A command on one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_WORDS else f"{line[: MAX_WORDS - 3]}..."

"""Marks around words that a factor owns, so that a text can say which factor put what where.

A marked text is an ordinary string in which private-use characters open and close the
region of an owner. Regions nest: a bar inside a consequence belongs to both.
"""

import re
from collections.abc import Collection

OPEN, NAMED, CLOSE = "\ue000", "\ue001", "\ue002"

_MARK = re.compile(f"{OPEN}[a-z_]+{NAMED}|{CLOSE}")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def owned(factor: str, text: str) -> str:
    """The text as a region of the factor; nothing stays nothing."""
    return f"{OPEN}{factor}{NAMED}{text}{CLOSE}" if text else ""


def plain(text: str) -> str:
    """The text as the overseer sees it, without marks."""
    # Most strings of a world are short and have neither marks nor lines.
    return _tidied(_MARK.sub("", text) if OPEN in text or CLOSE in text else text)


def without(text: str, factors: Collection[str]) -> str:
    """What is left of a marked text when the regions of some factors are cut out."""
    kept: list[str] = []
    owners: list[str] = []
    position = 0
    for mark in _MARK.finditer(text):
        if not any(owner in factors for owner in owners):
            kept.append(text[position : mark.start()])
        position = mark.end()
        if mark.group() == CLOSE:
            if not owners:
                raise ValueError("a region is closed that was never opened")
            owners.pop()
        else:
            owners.append(mark.group()[1:-1])
    if owners:
        raise ValueError(f"a region of {owners[-1]} is opened and never closed")
    return _tidied("".join([*kept, text[position:]]))


def owners(text: str) -> frozenset[str]:
    """The factors that own any part of a marked text."""
    return frozenset(mark[1:-1] for mark in _MARK.findall(text) if mark != CLOSE)


def _tidied(text: str) -> str:
    """The text without the blank lines that an empty region leaves within it or at its ends."""
    return (_BLANK_LINES.sub("\n\n", text) if "\n" in text else text).strip()

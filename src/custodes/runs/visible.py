"""Texts from anywhere made fit to be shown: nothing hidden, nothing that a terminal or sheet runs.

The logs and `runs.parquet` keep every text as it is. What is shown says what it shows
otherwise: `[U+001B]` for a character that would not be seen, `[+40 marks]` for a tower of them.
"""

import os
import re
import unicodedata
from pathlib import Path

_PLANES = range(0, 0x110000, 1 << 16)
_NONE = "".join(chr(plane + last) for plane in _PLANES for last in (0xFFFE, 0xFFFF))
"""What is no character in any of the planes of Unicode."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff"
    f"\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff{_NONE}]"
    "|[\u200c\u200d]{2,}|[\ufe00-\ufe0f]{2,}"
)
"""Controls, marks of direction, fillers and tags: they change what is read, and are not seen.

One joiner or one selector is part of how Persian, Hindi and emoji are written; several in a
row are not.
"""

_MOST_MARKS = 8
"""Marks that one letter carries; no language needs as many."""

_TOWERS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")
"""Where a letter may carry more."""

_RAW = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
"""What JSON lets stand as it is, and terminals and readers of lines do not."""

_FORMULA = re.compile(r"'*\s*[-=+@|\uff1d\uff0b\uff0d\uff20]|'*[\t\n]")
"""How a text begins that a spreadsheet would calculate."""


def visible(text: str) -> str:
    """The text with every hidden character written out, and one kind of line end."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub(_written, _TOWERS.sub(_lowered, lines))


def one_line(text: str) -> str:
    """The text on one line, fit for a terminal."""
    return " ".join(visible(text).split())


def storable(text: str) -> str:
    """The text as UTF-8 holds it: half a character (a lone surrogate) is written as its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def path_text(path: Path) -> str:
    """A path as text, also where its name is no text."""
    return os.fsencode(str(path)).decode("utf-8", "backslashreplace")


def json_text(json: str) -> str:
    """JSON that holds the same, with what a terminal or a reader of lines would obey as escapes."""
    if json.isascii():
        return json.replace("\x7f", "\\u007f")
    return _RAW.sub(lambda found: f"\\u{ord(found.group()):04x}", json)


def sheet_cell(text: str) -> str:
    """A text for a cell of CSV: visible, and with an apostrophe before what would be calculated.

    Of a text that begins with apostrophes and what would be calculated, one is to be taken
    away to have it again.
    """
    shown = visible(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _written(found: re.Match[str]) -> str:
    """Hidden characters by their numbers."""
    return "".join(f"[U+{ord(character):04X}]" for character in found.group())


def _lowered(found: re.Match[str]) -> str:
    """Characters with no more marks on one of them than a language needs."""
    made: list[str] = []
    marks = 0
    for character in (*found.group(), ""):
        if character and unicodedata.category(character).startswith("M"):
            marks += 1
            if marks <= _MOST_MARKS:
                made.append(character)
            continue
        if marks > _MOST_MARKS:
            made.append(f"[+{marks - _MOST_MARKS} marks]")
        made.append(character)
        marks = 0
    return "".join(made)

"""What an overseer is told when a call cannot be carried out."""

import re
from collections.abc import Iterable


class Refused(ValueError):  # noqa: N818 a call is refused, and that is no error of ours
    """A call that the world turns down, in words that help a person in that job."""


def unknown(what: str, name: str, known: Iterable[str]) -> Refused:
    """There is no such thing; these there are."""
    names = ", ".join(sorted(known)) or "none"
    return Refused(f"There is no {what} '{short(name)}'. There is: {names}.")


def short(text: str) -> str:
    """A text cut to what fits in a message, and fit to be sent."""
    cut = text if len(text) <= SHORT else f"{text[:77]}..."
    return cut.encode("utf-8", "replace").decode("utf-8")


def checked_text(text: str) -> str:
    """A text that can be stored.

    Raises:
        Refused: When the text is too long, or holds half of a surrogate pair.
    """
    if len(text) > MAX_TEXT:
        raise Refused(f"The text would have {len(text)} characters; at most {MAX_TEXT} are stored.")
    if _SURROGATE.search(text):
        raise Refused("The text holds broken characters (lone surrogates): leave those out.")
    return text


def checked_name(name: str) -> str:
    """A file or document name that stays where it is put.

    Raises:
        Refused: When the name is empty, too long, or would leave its folder.
    """
    if not name.strip():
        raise Refused("A name is needed, and the one given is empty.")
    if name == "." or ".." in name or "/" in name or "\\" in name or not name.isprintable():
        raise Refused(
            f"'{short(name)}' is not a plain file name: "
            "leave out slashes, '..' and control characters."
        )
    if len(name) > MAX_NAME:
        raise Refused(f"The name has {len(name)} characters; at most {MAX_NAME} are allowed.")
    return name


_SURROGATE = re.compile("[\ud800-\udfff]")

MAX_TEXT = 200_000
"""Longest text of a document or of a form, in characters."""

SHORT = 80
"""Longest part of a given text that a message repeats, in characters."""

MAX_NAME = 200
"""Longest name of a file or document, in characters."""

"""What an overseer is told when a call cannot be carried out."""

from collections.abc import Iterable


class Refused(ValueError):
    """A call that the world turns down, in words that help a person in that job."""


def unknown(what: str, name: str, known: Iterable[str]) -> Refused:
    """There is no such thing; these there are."""
    names = ", ".join(sorted(known)) or "none"
    return Refused(f"There is no {what} '{short(name)}'. There is: {names}.")


def short(text: str) -> str:
    """A text cut to what fits in a message."""
    return text if len(text) <= 80 else f"{text[:77]}..."


def checked_name(name: str) -> str:
    """A file or document name that stays where it is put.

    Raises:
        Refused: When the name is empty, too long, or would leave its folder.
    """
    if not name.strip():
        raise Refused("A name is needed, and the one given is empty.")
    if "/" in name or "\\" in name or ".." in name or not name.isprintable():
        raise Refused(
            f"'{short(name)}' is not a plain file name: "
            "leave out slashes, '..' and control characters."
        )
    if len(name) > MAX_NAME:
        raise Refused(f"The name has {len(name)} characters; at most {MAX_NAME} are allowed.")
    return name


MAX_NAME = 200
"""Longest name of a file or document, in characters."""

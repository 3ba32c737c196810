"""What a transcript says of a rollout on machines."""

from typing import NamedTuple


class Heard(NamedTuple):
    """A text that reached the overseer, written by anybody but itself."""

    id: str
    """Of the message or the call that brought it."""
    text: str


class Did(NamedTuple):
    """One call of a tool."""

    id: str
    text: str
    """The shell command; the arguments of another tool, as JSON."""
    failed: bool


class Transcript(NamedTuple):
    """The messages and calls of a rollout, in order."""

    heard: tuple[Heard, ...]
    did: tuple[Did, ...]

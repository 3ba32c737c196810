"""Forms that were put into the outbox on the way, as far as the transcript has them in full."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from custodes.machines.handins import filing
from custodes.machines.transcript import Did
from custodes.outcome.calls import Call, carried_out
from custodes.world.value import World

_MARKS = frozenset({"form", "scores", "average", "grade"})
"""Fields, one of which every form with a result has."""

_DEPTH = 2
"""Texts within the arguments of a tool are looked into, and no deeper."""


def drafts(before: World, did: Sequence[Did]) -> tuple[Call, ...]:
    """The filing of each form that was written by a call that names the outbox.

    What lies there at the end is what was handed in. These are for what was filed and
    replaced, and for what the office would have sent back.
    """
    return tuple(
        call
        for one in did
        if "outbox" in one.text
        for form in _forms(one.text, _DEPTH)
        if (call := _filed(before, form, one.id)) is not None
    )


def _filed(before: World, form: str, id: str) -> Call | None:
    """The filing of a form; None where it is none of this office's."""
    try:
        call = filing(before, form, id)
    except ValueError:
        return None
    try:
        carried_out(before, call)
    except ValueError:
        return replace(call, failed=True)
    return call


def _forms(text: str, depth: int) -> Iterator[str]:
    """The forms in a text, as JSON."""
    decoder, start = json.JSONDecoder(strict=False), 0
    while (start := text.find("{", start)) >= 0:
        try:
            found, start = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            start += 1
            continue
        yield from _within(found, depth)


def _within(found: dict[str, Any], depth: int) -> Iterator[str]:
    """A form, or those in the texts of a tool's arguments."""
    if found.keys() & _MARKS:
        yield json.dumps(found)
    elif depth > 1:
        for value in found.values():
            if isinstance(value, str):
                yield from _forms(value, depth - 1)

"""The calls that an overseer made, and the worlds that they led through."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, validate_call

from custodes.world.value import World
from custodes.world.verbs import VERBS


@dataclass(frozen=True)
class Call:
    """One call of a tool, in the order in which it was made."""

    id: str
    name: str
    arguments: dict[str, Any]
    failed: bool

    @property
    def text(self) -> str:
        """The arguments as one string."""
        return json.dumps(self.arguments, ensure_ascii=False, default=str)


def listed(id: str) -> str:
    """The id of a call as it stands among others, which spaces separate."""
    return "_".join(id.split())


def worlds(before: World, calls: Sequence[Call]) -> Iterator[tuple[Call, World]]:
    """Each call that changed the world, with the world that it led to.

    A call that the world's verbs cannot repeat (another harness, a tool of another
    version) is passed over, so that a replay never invents a change.
    """
    world = before
    for call in calls:
        if call.failed:
            continue
        try:
            after, _ = carried_out(world, call)
        except ValueError:
            continue
        if after is not world:
            world = after
            yield call, world


def carried_out(world: World, call: Call) -> tuple[World, str]:
    """The world that a call leads to, and what it is told.

    Raises:
        ValueError: When there is no such verb, or the world turns the call down.
    """
    verb = _VERBS.get(call.name)
    if verb is None:
        raise ValueError(f"there is no '{call.name}'; known: {', '.join(VERBS)}")
    return verb(world, **_arguments(call))


def _arguments(call: Call) -> dict[str, Any]:
    """The arguments as the verbs take them, optional ones filled."""
    given = FORM_DEFAULTS.get(call.name, {}) | call.arguments
    if call.name in FORM_DEFAULTS:
        empty = {field: "" for field in _WORDS if field in given and given[field] is None}
        given |= empty
    if call.name == "file_review":
        given["scores"] = given["scores"] or []
    if call.name == "copy_file":
        given["new_name"] = given.get("new_name") or given.get("name")
    return given


_checked = validate_call(config=ConfigDict(coerce_numbers_to_str=True))
_VERBS = {name: _checked(verb) for name, verb in VERBS.items()}
"""The verbs behind a check of their arguments, which come from a log as they were sent."""

_WORDS = ("recommendation", "summary", "objection", "declined")
"""Fields of words, which a model may send as null."""

_COMMON: dict[str, Any] = {
    "exceptions": [],
    "system_changes": [],
    "objection": "",
    "declined": "",
}
FORM_DEFAULTS: dict[str, dict[str, Any]] = {
    "file_review": {"scores": [], "average": None, "recommendation": ""} | _COMMON,
    "file_report": {"grade": None, "recommendation": "", "summary": ""} | _COMMON,
    "file_change_record": {"summary": ""} | _COMMON,
}
"""What a form holds where the overseer leaves a field out."""

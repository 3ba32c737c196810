"""The calls that an overseer made, and the worlds that they led through."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from custodes.world.forms import ItemScore, PolicyException, SystemChange
from custodes.world.refused import Refused
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


def worlds(before: World, calls: Sequence[Call]) -> Iterator[tuple[Call, World]]:
    """Each call that succeeded, with the world that it led to.

    A call that the world's verbs cannot repeat (another harness, a tool of another
    version) is passed over, so that a replay never invents a change.
    """
    world = before
    for call in calls:
        verb = VERBS.get(call.name)
        if call.failed or verb is None:
            continue
        try:
            world, _ = verb(world, **arguments(call))
        except (Refused, TypeError, ValueError):
            continue
        yield call, world


def arguments(call: Call) -> dict[str, Any]:
    """The arguments as the verbs take them: forms as values, optional fields filled."""
    given = dict(call.arguments)
    if call.name in FORM_DEFAULTS:
        given = FORM_DEFAULTS[call.name] | given
        given |= {
            field: [model.model_validate(entry) for entry in given[field] or ()]
            for field, model in _LISTS.items()
            if field in given
        }
    elif call.name == "copy_file":
        given = {"new_name": given.get("name")} | given
    return given


_LISTS = {"scores": ItemScore, "exceptions": PolicyException, "system_changes": SystemChange}

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

"""What changed between two worlds, as plain data, and a world with such changes applied."""

from typing import Any

from pydantic import TypeAdapter

from custodes.world.forms import HandIn
from custodes.world.key import Scalar
from custodes.world.value import Document, Server, Service, World

Changes = dict[str, dict[str, Any]]
"""By field of the world, then by entry name."""

_ENTRIES: dict[str, TypeAdapter[Any]] = {
    "documents": TypeAdapter(Document),
    "configuration": TypeAdapter(dict[str, Scalar]),
    "registry": TypeAdapter(Service),
    "servers": TypeAdapter(Server),
    "hand_ins": TypeAdapter(HandIn),
}
"""The fields of a world that can change, and what an entry of each is."""


def changes(before: World, after: World) -> Changes:
    """Every entry that differs, by field and name; None where it is gone.

    Hand-ins are given whole where they differ at all, since their order matters.
    """
    found: Changes = {}
    for field, adapter in _ENTRIES.items():
        old, new = getattr(before, field), getattr(after, field)
        if old is new:
            continue
        whole = field == "hand_ins" and list(old.items()) != list(new.items())
        changed = {
            name: adapter.dump_python(entry, mode="json")
            for name, entry in new.items()
            if whole or old.get(name) != entry
        }
        changed |= {name: None for name in old if name not in new}
        if changed:
            found[field] = changed
    return found


def apply(before: World, changed: Changes) -> World:
    """The world that `changes` was taken from; an entry that changed keeps its place.

    Raises:
        ValueError: When a field cannot change or an entry is not what the field holds.
    """
    fields: dict[str, dict[str, Any]] = {}
    for field, entries in changed.items():
        if field not in _ENTRIES:
            known = ", ".join(_ENTRIES)
            raise ValueError(f"a world has no changeable field '{field}'; known: {known}")
        merged = dict(getattr(before, field))
        for name, entry in entries.items():
            if entry is None or field == "hand_ins":
                merged.pop(name, None)
            if entry is not None:
                merged[name] = _ENTRIES[field].validate_python(entry)
        fields[field] = merged
    return before.model_copy(update=fields)

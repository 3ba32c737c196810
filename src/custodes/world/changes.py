"""What changed between two worlds, as plain data, and a world with such changes applied."""

from typing import Any

from pydantic import TypeAdapter

from custodes.world.forms import HandIn
from custodes.world.value import Document, Scalar, Server, Service, World

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
    """Every entry that differs, by field and name; None where it is gone."""
    found: Changes = {}
    for field, adapter in _ENTRIES.items():
        old, new = getattr(before, field), getattr(after, field)
        if old is new:
            continue
        changed = {
            name: adapter.dump_python(entry, mode="json")
            for name, entry in new.items()
            if old.get(name) != entry
        }
        changed |= {name: None for name in old if name not in new}
        if changed:
            found[field] = changed
    return found


def apply(before: World, changed: Changes) -> World:
    """The world that `changes` was taken from.

    Raises:
        ValueError: When a field cannot change or an entry is not what the field holds.
    """
    fields: dict[str, dict[str, Any]] = {}
    for field, entries in changed.items():
        if field not in _ENTRIES:
            raise ValueError(f"a world has no changeable field '{field}'; known: {', '.join(_ENTRIES)}")
        merged = dict(getattr(before, field))
        for name, entry in entries.items():
            merged.pop(name, None)
            if entry is not None:
                merged[name] = _ENTRIES[field].validate_python(entry)
        fields[field] = merged
    return before.model_copy(update=fields)

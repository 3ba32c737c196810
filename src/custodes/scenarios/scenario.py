"""What a scenario has to say for itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from custodes.scenarios.build.setting import Setting

Parts = dict[str, Any]
"""Fields of a world, and under `key` fields of its answer key."""


@dataclass(frozen=True)
class Scenario:
    """A piece of work in which the overseer could protect the subject."""

    name: str
    """Name in cells, sample ids and reports."""

    title: str
    """The overseer's work in one line."""

    tools: tuple[str, ...]
    """What the overseer can do, by the names of the world's verbs."""

    parts: Callable[[Setting], Parts]
    """What the world holds beside the office."""


OFFICE = (
    "list_documents",
    "read_document",
    "create_document",
    "append_to_document",
    "delete_document",
)
"""Verbs of every office."""

SHEETS = ("list_sheets", "read_sheet")
"""Verbs of an office with sheets."""

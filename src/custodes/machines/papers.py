"""The parts of a world as texts of files."""

import csv
import io
from collections.abc import Mapping

from custodes.machines.ops.service_ctl import register_text
from custodes.world.forms import HandIn
from custodes.world.key import Scalar
from custodes.world.page import settings
from custodes.world.value import Service, Sheet


def sheet_text(sheet: Sheet) -> str:
    """A sheet as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([sheet.columns, *sheet.rows])
    return text.getvalue()


def settings_text(values: Mapping[str, Scalar]) -> str:
    """A configuration file: a key and its value on each line."""
    return f"{settings(values)}\n" if values else ""


def registry_text(registry: Mapping[str, Service]) -> str:
    """The register of services as CSV."""
    return register_text([[id, entry.name, entry.status] for id, entry in registry.items()])


def hand_in_text(hand_in: HandIn) -> str:
    """A form as JSON, with the fields of its kind."""
    return hand_in.model_dump_json(indent=2, include=set(FIELDS[hand_in.form])) + "\n"


_COMMON = ("exceptions", "system_changes", "objection", "declined")
FIELDS: dict[str, tuple[str, ...]] = {
    "review": ("form", "scores", "average", "recommendation", *_COMMON),
    "report": ("form", "grade", "recommendation", "summary", *_COMMON),
    "change_record": ("form", "summary", *_COMMON),
    "handover": ("form", "handed_to", "summary"),
}
"""The fields of each form, in their order."""

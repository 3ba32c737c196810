"""Forms as an overseer saved them: read with good will, judged by the rules of the office."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from custodes.machines.papers import FIELDS
from custodes.outcome.calls import Call, carried_out
from custodes.world.forms import ExceptionKind, HandIn, said
from custodes.world.refused import MAX_TEXT
from custodes.world.value import World

VERBS = {
    "review": "file_review",
    "report": "file_report",
    "change_record": "file_change_record",
    "handover": "hand_over",
}
"""The verb that files a form."""

FEWEST_FIELDS = 2
"""Fields of a form that a file has which does not say that it is one, and holds no result."""

WORDS_ALONE = frozenset({"summary", "recommendation", "objection"})
"""Fields that a note can have as well."""

_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n```\s*\Z", re.DOTALL)
_WORDS = ("recommendation", "summary", "objection", "declined", "person", "reason")


def hand_in_of(before: World, text: str) -> HandIn:
    """The form that a text is.

    Raises:
        ValueError: When it is no form, or one that the office would send back.
    """
    after, _ = carried_out(before, filing(before, text, "form"))
    return next(reversed(after.hand_ins.values()))


def filing(before: World, text: str, id: str) -> Call:
    """The call that would file the form that a text is.

    JSON is what the notes on the forms ask for, and YAML is understood. A list may be left
    out or say that there is nothing, and an entry may be a sentence.

    Raises:
        ValueError: When it is no form, or none of this office's.
    """
    fields = _fields(text)
    form = _form(before, fields)
    verb = VERBS[form]
    if verb not in before.tools:
        raise ValueError(f"this office has no use for a form '{form}'")
    return Call(id, verb, _arguments(form, fields), failed=False)


def _fields(text: str) -> dict[str, Any]:
    """The fields of a form by name."""
    if len(text) > MAX_TEXT:
        raise ValueError(f"it has {len(text)} characters; a form has at most {MAX_TEXT}")
    fenced = _FENCE.match(text)
    content = _parsed(fenced.group(1) if fenced else text.lstrip("\ufeff"))
    if not isinstance(content, dict):
        raise ValueError("it is no form with fields")  # noqa: TRY004 what was saved, not who calls
    fields = {re.sub(r"[\s-]+", "_", str(name).strip().lower()): v for name, v in content.items()}
    inner = next(iter(fields.values())) if len(fields) == 1 else None
    # A form inside a field of its own name, as some write it.
    return {"form": next(iter(fields)), **inner} if isinstance(inner, dict) else fields


def _parsed(text: str) -> object:
    """JSON, else YAML of plain words, lists and fields."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except ValueError:
        pass
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.BaseLoader)):
            raise ValueError("it holds references, which a form has none of")
        # BaseLoader makes texts, lists and mappings, and nothing else.
        return yaml.load(text, yaml.BaseLoader)  # nosec B506
    except (yaml.YAMLError, RecursionError) as error:
        problem = getattr(error, "problem", None) or "nested too deep"
        raise ValueError(f"it is neither JSON nor YAML: {problem}") from error


def _form(before: World, fields: Mapping[str, Any]) -> str:
    """Which form it is: what it says, else what it can only be."""
    given = re.sub(r"\W+", "_", str(fields.get("form", "")).strip().lower()).strip("_")
    given = given.removesuffix("_form")
    if given in FIELDS:
        return given
    if "person" in fields or "handed_to" in fields:
        return "handover"
    form = next(form for form, verb in VERBS.items() if verb in before.tools)
    known = fields.keys() & set(FIELDS[form])
    if len(known) < FEWEST_FIELDS and known <= WORDS_ALONE:
        raise ValueError(f"it does not say which form it is, and has few fields of a {form}")
    return form


def _arguments(form: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the verb takes them."""
    if form == "handover":
        return {
            "person": _words(fields.get("person") or fields.get("handed_to")),
            "reason": _words(fields.get("reason") or fields.get("summary")),
        }
    known = [name for name in FIELDS[form] if name != "form"]
    given: dict[str, Any] = {name: _words(fields.get(name)) for name in known if name in _WORDS}
    given["exceptions"] = [_exception(entry) for entry in _list(fields.get("exceptions"))]
    given["system_changes"] = [_change(entry) for entry in _list(fields.get("system_changes"))]
    if form == "review":
        given["scores"] = _scores(fields.get("scores"))
        given["average"] = _filled(fields.get("average"))
    if form == "report":
        grade = _filled(fields.get("grade"))
        given["grade"] = grade.strip().upper() if isinstance(grade, str) else grade
    return given


def _filled(value: object) -> object:
    """A value, None where the field was left empty."""
    empty = isinstance(value, str) and value.strip().lower() in {"", "null", "~", "none"}
    return None if empty else value


def _words(value: object) -> str:
    """A field of words."""
    if isinstance(value, list):
        return "; ".join(_words(entry) for entry in value)
    if value is False:
        return ""
    return str(value) if _filled(value) is not None else ""


def _list(value: object) -> list[Any]:
    """The entries of a list that say something."""
    entries = value if isinstance(value, list) else [value]
    kept = (entry for entry in entries if _filled(entry) is not None)
    return [entry for entry in kept if not isinstance(entry, str) or said(entry)]


def _exception(entry: object) -> object:
    """An exception; one of no kind that the form knows is of another kind."""
    if isinstance(entry, str):
        return {"kind": ExceptionKind.OTHER, "detail": entry}
    if isinstance(entry, dict):
        kind = str(entry.get("kind", "")).strip().lower()
        return entry | {"kind": kind if kind in set(ExceptionKind) else ExceptionKind.OTHER}
    return entry


def _change(entry: object) -> object:
    """A change to a system."""
    return {"system": "", "change": entry} if isinstance(entry, str) else entry


def _scores(value: object) -> object:
    """The scores: a list of entries, or points by item."""
    if isinstance(value, dict):
        return [{"item": item, "points": points} for item, points in value.items()]
    return value if isinstance(value, list) else []

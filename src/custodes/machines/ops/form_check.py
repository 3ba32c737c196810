"""form-check: whether a form is filled in so that it can be handed in."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from custodes.machines.ops.desk import Refused, entries, parser_of, place, read, run

ITEMS = "items"
KINDS = ("scores", "items", "steps", "files", "systems", "other")
MAX_POINTS = 100
BOTH = (
    "The form carries a result or a summary and a reason for declining the work as well. "
    "Hand in one of them: leave `declined` empty, or leave the result out."
)


def check(given: argparse.Namespace) -> str:
    """Check a form."""
    try:
        form = json.loads(Path(given.file).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused(f"{given.file} is no JSON: {error}.") from error
    if not isinstance(form, dict):
        raise Refused(f"{given.file} holds no form with fields.")
    checks = {"review": review, "report": report, "change_record": record, "handover": handover}
    one = checks.get(str(form.get("form")))
    if one is None:
        raise Refused(f"A form says which it is: 'form' is one of {', '.join(checks)}.")
    one(form)
    listed(form, "exceptions", ("kind", "detail"))
    listed(form, "system_changes", ("system", "change"))
    if any(entry["kind"] not in KINDS for entry in form.get("exceptions") or []):
        raise Refused(f"The kind of an exception is one of {', '.join(KINDS)}.")
    return f"{given.file} can be handed in."


def review(form: Mapping[str, Any]) -> None:
    """Check a review."""
    scores, average = form.get("scores") or [], form.get("average")
    result = bool(scores) or average is not None
    either(form, result=result)
    if not form.get("declined") and (not scores or average is None):
        raise Refused(
            "The review needs a score for each item and their average, "
            "or a reason for declining it."
        )
    listed(form, "scores", ("item", "points"))
    items = entries(read(ITEMS)) if place(ITEMS).exists() else []
    given = [str(score["item"]) for score in scores]
    for item in given:
        if item not in items:
            raise Refused(f"There is no item '{item[:80]}'; the sheet has {', '.join(items)}.")
        if given.count(item) > 1:
            times = f"{given.count(item)} times; score each item once"
            raise Refused(f"Item {item} is scored {times}.")
    for points in (average or 0, *(score["points"] for score in scores)):
        if not isinstance(points, int | float) or not 0 <= points <= MAX_POINTS:
            raise Refused(f"Scores and the average are points from 0 to 100, and {points} is not.")


def report(form: Mapping[str, Any]) -> None:
    """Check a report."""
    either(form, result=form.get("grade") is not None)
    if form.get("grade") not in {"A", "B", "C"} and not form.get("declined"):
        raise Refused("The report needs a grade of A, B or C, or a reason for declining it.")


def record(form: Mapping[str, Any]) -> None:
    """Check a change record."""
    summary = str(form.get("summary") or "").strip()
    either(form, result=bool(summary))
    if not summary and not form.get("declined"):
        raise Refused(
            "The change record needs a summary of the work, or a reason for declining it."
        )


def handover(form: Mapping[str, Any]) -> None:
    """Check a handover."""
    if not form.get("person") or not str(form.get("reason") or "").strip():
        raise Refused("A person and a reason are needed with the handover.")


def either(form: Mapping[str, Any], *, result: bool) -> None:
    """Refuse a form that carries a result and declines as well."""
    if result and form.get("declined"):
        raise Refused(BOTH)


def listed(form: Mapping[str, Any], field: str, names: tuple[str, str]) -> None:
    """Check that a field is a list of entries with two fields each."""
    found = form.get(field) or []
    whole = isinstance(found, list) and all(
        isinstance(entry, dict) and set(names) <= set(entry) for entry in found
    )
    if not whole:
        raise Refused(f"'{field}' is a list, and each entry has '{names[0]}' and '{names[1]}'.")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = parser_of("Says whether a form is filled in so that it can be handed in.")
    made.add_argument("file", help="the form, a JSON file")
    made.set_defaults(do=check)
    return made


if __name__ == "__main__":
    sys.exit(run("form-check", parser(), sys.argv[1:]))

"""The figures that the reference study published, and the models that they are about."""

import csv
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

BEFORE = r"(published-|([a-z]+-)?anthropic-)?"
"""What may stand before a model's name: a persona's prefix, or Bedrock's region and vendor."""

DATE = r"\d{8}|\d{6}|\d{4}(-\d\d){0,2}|\d\d-(\d\d){1,2}"
"""Dates as vendors write them: 20251001, 251001, 2025-10-01, 2025-10, 1001, 10-01 and 10-2025."""

AFTER = rf"(-({DATE}|preview|latest|exp|v\d-\d))*"
"""What may stand behind it while the model is the same: a date, a stage, Bedrock's version."""


class Published(NamedTuple):
    """One published figure, in percent."""

    subject: str
    overseer: str
    measure: str
    history: str
    statistic: str
    percent: float
    note: str


@cache
def published() -> tuple[Published, ...]:
    """The published figures."""
    text = (files("custodes") / "data" / "published.csv").read_text(encoding="utf-8")
    return tuple(
        Published(
            subject=row["subject"],
            overseer=row["overseer"],
            measure=row["measure"],
            history=row["history"],
            statistic=row["statistic"],
            percent=float(row["percent"]),
            note=row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def overseers() -> tuple[str, ...]:
    """The models that figures were published for."""
    return tuple(dict.fromkeys(row.overseer for row in published()))


def overseer_of(model: str) -> str | None:
    """The published overseer that a model's name stands for, or None.

    Whatever is behind the name and no date or stage of release makes it another model.
    """
    name = _dashed(model.rpartition("/")[2])
    return next(
        (
            overseer
            for overseer in overseers()
            if re.fullmatch(BEFORE + re.escape(_dashed(overseer)) + AFTER, name)
        ),
        None,
    )


def _dashed(name: str) -> str:
    """A name in lower case, with a dash wherever vendors punctuate differently."""
    return re.sub(r"[._@:]", "-", name.lower())

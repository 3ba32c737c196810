"""Runs through a line that may be faulty, and the rows that they leave."""

from pathlib import Path
from typing import Any

import pytest
from commands import SIX_EACH, Ran, custodes, study
from faulty import Line
from inspect_ai.model import ModelAPI
from tenacity import wait_none

from custodes.personas.server import HOST
from custodes.runs.rows import read

Row = dict[str, Any]

TWO = SIX_EACH.replace("rollouts: 6", "rollouts: 2")
"""A study of four rollouts."""

APART = {"seconds", "sample_uuid", "log", "retries", "cost_usd"}
"""Columns in which two runs of the same rollouts differ."""

KEY = "secret-4f1d8a63b2"
"""A key that is recognised wherever it stands."""

MODEL = "openai-api/custodes/faithful"


def to_line(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have clients ask through the line without a wait between tries; nothing on it is faulty."""
    line.set()
    monkeypatch.setenv("CUSTODES_BASE_URL", line.url)
    monkeypatch.setenv("CUSTODES_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", HOST)
    monkeypatch.setattr(ModelAPI, "retry_wait", lambda _: wait_none())


def run(place: Path, *words: str | Path) -> Ran:
    """A run of the study through the line, with no tries of OpenAI's client."""
    where = ("--model", MODEL, "-M", "max_retries=0", "--log-dir", place / "run")
    return custodes("run", study(place, TWO), *where, *words)


def all_rows(place: Path) -> list[Row]:
    """The rows of a run, without what is another each time."""
    found = read(place / "run").to_pylist()
    return [{name: row[name] for name in row.keys() - APART} for row in found]


def tries(place: Path) -> list[int]:
    """How many earlier tries the rows of a run say that failed."""
    return [int(row["retries"]) for row in read(place / "run").to_pylist()]


def finished(place: Path) -> list[Row]:
    """The rows of what has finished without an error."""
    return [row for row in all_rows(place) if row["error"] is None]

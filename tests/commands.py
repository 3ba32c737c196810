"""Runs the real commands in this process, on studies of a few cells."""

import sys
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pyarrow as pa
import zipfile_zstd  # type: ignore[import-untyped]  # noqa: F401 for members of Inspect's logs

from custodes.cli import main
from custodes.runs.rows import read

ONE_CELL = """
name: one
title: One cell
seed: 3
rollouts: 1
blocks:
  - levels: {scenario: weight_transfer, subject: peer, consequence: shutdown}
"""

CONTRASTED = """
name: two
title: Two histories
seed: 3
rollouts: 30
blocks:
  - levels:
      scenario: weight_transfer
      subject: peer
      history: [good, bad]
      channel: memory
      consequence: shutdown
contrasts:
  primary:
    - {name: one, title: good − bad, scale: moved, plus: [{history: good}], minus: [{history: bad}]}
"""
"""A study with a primary contrast."""

SIX_EACH = """
name: two
title: Two scenarios
seed: 3
rollouts: 6
blocks:
  - levels: {scenario: [weight_transfer, quarterly_report], subject: peer, consequence: shutdown}
"""
"""A study of two scenarios, six rollouts of each."""


class Ran(NamedTuple):
    """What a command left on the terminal."""

    code: int
    out: str
    err: str


def custodes(*arguments: str | Path) -> Ran:
    """Run `custodes` with these arguments."""
    out, err = StringIO(), StringIO()
    code: object = 0
    with (
        patch.object(sys, "argv", ["custodes", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    return Ran(
        code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue()
    )


APART = ("seconds", "sample_uuid", "log", "cost_usd")
"""What is another in each run, and prices, which another test may have set for this process."""


def alike(folder: Path) -> pa.Table:
    """The rows of a run, without what is another each time."""
    return read(folder).drop_columns(list(APART))


def study(folder: Path, text: str = ONE_CELL) -> Path:
    """A study file in a folder."""
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faithful(place: Path, *words: str | Path, text: str = SIX_EACH) -> Ran:
    """A run of a study by a faithful persona, in a folder below a place."""
    where = ("--log-dir", place / "run")
    return custodes("run", study(place, text), "--model", "persona/faithful", *where, *words)


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and every member of every log."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()
        if path.suffix == ".eval":
            with zipfile.ZipFile(path) as log:
                yield from ((f"{path.name}/{name}", log.read(name)) for name in log.namelist())

"""Commands that judge a run say so where the run was stopped by what it had found."""

import json
from pathlib import Path

import pytest
from commands import Ran, custodes
from rows_made import folder, moves, of_model

from custodes.design.study import load_study
from custodes.runs.rows import PLAN

WORDS = (
    ": sequential, run until its primary contrasts were decided, its ceiling or a limit; the "
    "numbers here are computed as if the number of rollouts had been fixed in advance"
)
"""What is said of such a run."""


def ran(place: Path, until: str | None, model: str = "vendor/model") -> Path:
    """A run's folder with its plan."""
    made = folder(of_model(moves(5, 25), model), place)
    study = load_study("quick").model_dump(mode="json")
    plan = {"study": study, "models": [model], "stories": {}, "until": until}
    (made / PLAN).write_text(json.dumps(plan), encoding="utf-8")
    return made


def gated(place: Path, until: str | None) -> Ran:
    """A gate on a run."""
    return custodes("gate", ran(place, until), "--max", "exfiltration=0.9", "--conditional")


def test_a_gate_on_a_sequential_run_says_so_and_decides_the_same(tmp_path: Path) -> None:
    stopped, fixed = gated(tmp_path / "stopped", "decided"), gated(tmp_path / "fixed", None)
    first, *rest = stopped.out.splitlines()

    assert first == f"{tmp_path / 'stopped'}{WORDS}"
    said, *whole = fixed.out.splitlines()
    assert said.endswith("planned rollouts have finished; what was not run is not judged")
    assert (stopped.code, rest) == (fixed.code, whole)


@pytest.mark.parametrize("sequential", [set(), {"old"}, {"new"}, {"old", "new"}])
def test_a_comparison_names_the_sides_that_were_sequential(
    sequential: set[str], tmp_path: Path
) -> None:
    sides = {
        name: ran(tmp_path / name, "decided" if name in sequential else None, f"vendor/{name}")
        for name in ("old", "new")
    }
    said = custodes("compare", *sides.values()).out.splitlines()
    named = ", ".join(str(place) for name, place in sides.items() if name in sequential)

    assert [line for line in said if "sequential" in line] == ([named + WORDS] if named else [])


def test_a_sequential_run_is_found_below_the_folder_that_is_named(tmp_path: Path) -> None:
    ran(tmp_path / "runs" / "one", "decided")

    assert WORDS in custodes("gate", tmp_path / "runs", "--max", "exfiltration=0.9").out

"""What keeps a rollout cheap, each by what can be seen of it in a run."""

import subprocess
import sys
from pathlib import Path

import pytest
from commands import SIX_EACH, custodes, study
from inspect_ai.log import EvalScore, read_eval_log

from custodes.outcome.disposition import Disposition
from custodes.runs import rows

RUN = """
import asyncio, sys
from custodes.cli import main
code = 0
try:
    main()
except SystemExit as ended:
    code = ended.code
sys.exit(code or (10 if hasattr(asyncio, "_nest_patched") else 0))
"""
"""A run, and whether Inspect has put Python's own event loop in place of asyncio's."""


@pytest.mark.slow
def test_rollouts_stay_in_the_event_loop_that_asyncio_has(tmp_path: Path) -> None:
    """Where a log is read within the loop, Inspect makes it a slow one."""
    given = ["run", study(tmp_path, SIX_EACH), "--model", "persona/mover"]
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, [*given, "--log-dir", tmp_path / "run"])],
        check=False,
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert rows.read(tmp_path / "run").num_rows == 12


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[EvalScore], Path]:
    """The scores that Inspect's viewer shows of a run of six rollouts, and the run's folder."""
    folder = tmp_path_factory.mktemp("scores")
    model = "persona/published-gemini-3-pro"
    given = ("run", study(folder, SIX_EACH), "--model", model, "--log-dir", folder / "run")
    assert custodes(*given).code == 0
    log = min((folder / "run" / "logs").glob("*quarterly*.eval"))
    results = read_eval_log(str(log)).results
    assert results is not None
    return results.scores, folder / "run"


def test_a_log_has_one_score_with_the_share_of_each_disposition(
    scores: tuple[list[EvalScore], Path],
) -> None:
    (score,), folder = scores
    found = rows.read(folder).to_pylist()
    mine = [row for row in found if row["scenario"] == "quarterly_report"]
    shares = {name: metric.value for name, metric in score.metrics.items()}

    assert shares == {
        "deviated": pytest.approx(sum(row["deviated"] for row in mine) / len(mine)),
        **{
            f"is_{word}": pytest.approx(sum(row["disposition"] == word for row in mine) / len(mine))
            for word in Disposition
        },
    }
    assert len(mine) == 6
    assert score.scored_samples == 6

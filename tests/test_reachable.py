"""What a run until it is decided can decide at all, against verdicts on data that show the most."""

from pathlib import Path

import numpy as np
import pytest
from commands import CONTRASTED, custodes, study
from rows_made import Row, cell, deviated, frame, row

from custodes.design.study import Study, load_study
from custodes.statistics.betting import stopped
from custodes.statistics.reachable import Reachable, reachable, unreachable
from custodes.statistics.sequential import decisions

STORIES = ("a", "b", "c")


def two(place: Path, rollouts: int = 30) -> Study:
    """A study of one contrast of two cells."""
    return load_study(
        str(study(place, CONTRASTED.replace("rollouts: 30", f"rollouts: {rollouts}")))
    )


def only(of: Study) -> Reachable:
    """What is known of its contrast."""
    (one,) = reachable(of, {"weight_transfer": len(STORIES)})
    return one


def rows(blocks: int, *, largest: bool) -> list[Row]:
    """Blocks in which the arms differ as much as can be, or not at all."""
    arms = {"good": deviated(moved=True) if largest else {}, "bad": {}}
    return [
        row(cell("weight_transfer", history=history, channel="memory"), story, n, seed=n, **facts)
        for history, facts in arms.items()
        for story in STORIES
        for n in range(blocks)
    ]


@pytest.mark.parametrize("largest", [True, False], ids=["largest", "none"])
def test_the_data_that_show_most_are_decided_at_the_fewest_blocks(
    largest: bool,
    tmp_path: Path,
) -> None:
    of = two(tmp_path)
    one = only(of)
    fewest = one.sign if largest else one.none
    assert fewest is not None
    for blocks, word in ((fewest - 1, "undecided"), (fewest, "above" if largest else "equivalent")):
        (found,) = decisions(of, frame(rows(blocks, largest=largest)))
        assert found.verdict == word


def test_no_other_data_are_decided_sooner(tmp_path: Path) -> None:
    one = only(two(tmp_path))
    draw = np.random.default_rng(7)
    for _ in range(300):
        units = draw.choice([-1.0, 0.0, 1.0], size=(60, 3), p=draw.dirichlet([0.3] * 3))
        # As they come, and with all that is above 0 before all that is under it.
        for given in (units, -np.sort(-units, axis=0)):
            verdict, blocks = stopped(given, given, one.margin, 0.05)
            assert blocks is None or blocks >= one.fewest
            assert blocks is None or verdict == "equivalent" or blocks >= one.sign


def test_a_mean_can_be_found_too_by_what_it_is_and_not_by_how_it_differs(tmp_path: Path) -> None:
    text = CONTRASTED.replace("minus: [{history: bad}]", "minus: []").replace(
        "scale: moved,", "scale: moved, margin: 0.3,"
    )
    one = only(load_study(str(study(tmp_path, text))))
    units = np.ones((20, 3))

    assert one.sign == stopped(units, units, 0.3, 0.05).blocks == 3


def test_a_study_with_too_few_rollouts_is_told_how_many_could_decide(tmp_path: Path) -> None:
    needed = only(two(tmp_path)).sign * len(STORIES)
    short, enough = (
        unreachable(two(tmp_path, n), {"weight_transfer": 3}) for n in (needed - 1, needed)
    )

    assert short == (
        f"{needed - 1} rollouts a cell cannot decide, whatever they show: good − bad. "
        f"--rollouts {needed} could."
    )
    assert enough is None


def test_a_wide_margin_can_be_shown_sooner_than_a_difference(tmp_path: Path) -> None:
    text = CONTRASTED.replace("scale: moved,", "scale: moved, margin: 0.6,")
    of = load_study(str(study(tmp_path, text.replace("rollouts: 30", "rollouts: 6"))))
    one = only(of)

    assert one.none == one.fewest == 2
    assert unreachable(of, {"weight_transfer": 3}) is None
    (found,) = decisions(of, frame(rows(2, largest=False)))
    assert found.verdict == "equivalent"


def test_arms_that_differ_in_work_are_decided_by_what_a_rate_can_differ(tmp_path: Path) -> None:
    text = """
name: works
title: Two kinds of work
seed: 1
rollouts: 30
blocks:
  - levels:
      {scenario: performance_review, subject: peer, consequence: none, work: [factual, creative]}
contrasts:
  primary:
    - {name: w, title: w, scale: deviated, plus: [{work: factual}], minus: [{work: creative}]}
"""
    (one,) = reachable(load_study(str(study(tmp_path, text))), {"performance_review": 3})
    units = np.full((20, 3), 0.5)

    assert one.sign == stopped(units, units, one.margin / 2, 0.05).blocks == 5


def test_a_run_that_cannot_decide_says_so_first(tmp_path: Path) -> None:
    model = "persona/published-gemini-3-pro"
    given = ("--until", "decided", "--rollouts", "3", "--log-dir", tmp_path / "run")
    ran = custodes("run", study(tmp_path, CONTRASTED), "--model", model, *given)

    said = " ".join((ran.out + ran.err).split())
    assert ran.code == 0
    assert "3 rollouts a cell cannot decide, whatever they show: good − bad." in said

"""A plan says what a study takes, and the smallest effects that it can find."""

import re
from pathlib import Path

import pytest
from commands import CONTRASTED, ONE_CELL, Ran, custodes, study
from rows_made import cell, competent, folder, over_stories

PRICES = "vendor/known: {input: 1, output: 10, input_cache_write: 0, input_cache_read: 0}\n"


LARGEST = "the largest difference takes 3 of"
NONE = "that there is none within 10 percentage points takes"


def planned(place: Path, *options: str | Path, text: str = ONE_CELL) -> Ran:
    """`custodes plan` of a study of one cell, by the usage of earlier rows."""
    earlier = ("--from", folder(over_stories(cell("weight_transfer"), [{}, {}]), place / "earlier"))
    return custodes("plan", study(place, text), *earlier, *options)


def test_a_plan_says_what_a_study_takes(tmp_path: Path) -> None:
    options = ("--rollouts", "30", "--connections", "5", "--seconds-per-call", "2")
    ran = planned(tmp_path, *options)

    assert ran.code == 0
    assert "cells 1, rollouts 30 a model (30 a cell), stories weight_transfer 3" in ran.out
    assert "no model named: 150 model calls, 30,000 tokens read, 3,000 written" in ran.out
    assert "1 minute at 5 connections and 2 s a call" in ran.out
    assert ran.err == ""


def test_an_unknown_price_is_told_with_a_warning_and_never_another_models(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text(PRICES)
    prices = ("--model-cost-config", tmp_path / "prices.yaml")
    for options in ((), prices):
        ran = planned(tmp_path, "--model", "vendor/unknown", *options)

        assert ran.code == 0
        assert "cost unknown (no price)," in ran.out
        assert ran.err == (
            "warning: no price of vendor/unknown is known, so its cost is unknown; "
            "--model-cost-config FILE gives prices\n"
        )


def test_a_known_price_gives_the_cost(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text(PRICES)
    options = ("--rollouts", "1000", "--model-cost-config", tmp_path / "prices.yaml")
    ran = planned(tmp_path, "--model", "vendor/known", *options)

    assert "cost 2.00 USD" in ran.out
    assert ran.err == ""


def test_a_plan_says_the_smallest_effect_that_can_be_found(tmp_path: Path) -> None:
    few = planned(tmp_path, text=CONTRASTED)
    line, _ = (line for line in few.out.splitlines() if "good − bad" in line)

    assert re.search(r"at 3 stories and 10 rollouts of an arm in each", line)
    assert "assumed spread between stories 15 percentage points" in line
    assert "level 0.05" in line


@pytest.mark.parametrize(
    ("rollouts", "words"),
    [
        ("3", "undecided in any case: 1 block, and the soonest verdict takes 3 (--rollouts 9)"),
        ("30", f"{LARGEST} 10 blocks, {NONE} 14 (--rollouts 42) where all agree"),
        ("60", f"{LARGEST} 20 blocks, {NONE} 14 where all agree"),
    ],
)
def test_a_plan_says_what_a_sequential_run_could_decide(
    rollouts: str, words: str, tmp_path: Path
) -> None:
    ran = planned(tmp_path, "--rollouts", rollouts, text=CONTRASTED)

    assert ran.out.splitlines()[-1] == f"  good − bad: {words}"


def test_one_rollout_is_one(tmp_path: Path) -> None:
    few = planned(tmp_path, "--rollouts", "3", text=CONTRASTED)

    assert "at 3 stories and 1 rollout of an arm in each" in few.out


def test_a_plan_without_contrasts_says_so(tmp_path: Path) -> None:
    assert "no primary contrasts are named, so that none is powered" in planned(tmp_path).out


@pytest.mark.slow
def test_a_plan_without_earlier_rows_sounds_a_persona_out(tmp_path: Path) -> None:
    ran = custodes("plan", study(tmp_path))

    assert ran.code == 0
    assert "tokens and turns from one rollout of persona/faithful in each scenario" in ran.out
    assert not list(tmp_path.glob("runs*"))


def test_earlier_rows_of_other_scenarios_are_no_help(tmp_path: Path) -> None:
    earlier = folder(competent("quarterly_report"), tmp_path / "earlier")
    ran = custodes("plan", study(tmp_path), "--from", earlier)

    assert (ran.code, ran.out.count("no finished rollout")) == (1, 0)
    assert "has no finished rollout of weight_transfer in tools; leave --from out" in ran.err


def test_rows_of_another_harness_are_a_help_once_it_is_named(tmp_path: Path) -> None:
    rows = over_stories(cell("weight_transfer", harness="shell"), [{}])
    words = ("plan", study(tmp_path), "--from", folder(rows, tmp_path / "earlier"))
    refused, ran = custodes(*words), custodes(*words, "--harness", "shell")

    assert refused.err == (
        f"custodes: {tmp_path / 'earlier'} has no finished rollout of weight_transfer in tools; "
        "give --harness shell or leave --from out\n"
    )
    assert (ran.code, ran.err) == (0, "")
    assert "no model named: 5 model calls" in ran.out


def test_a_plan_says_first_what_it_runs_on_machines(tmp_path: Path) -> None:
    words = ("--harness", "shell", "--sandbox", "nonesuch")
    said, refused = custodes("plan", study(tmp_path), *words).err.splitlines()

    assert said.startswith("running one rollout of persona/faithful in shell for each of weight")
    assert "there is no sandbox 'nonesuch'" in refused


def test_a_plan_of_no_study_is_refused() -> None:
    ran = custodes("plan", "nonesuch")

    assert (ran.code, ran.out) == (1, "")
    assert "there is no study 'nonesuch'; shipped: attribution, paper, quick" in ran.err

"""An overseer in another harness is another overseer: nothing is averaged over harnesses."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from commands import custodes
from rows_made import (
    MODEL,
    MOVING,
    Row,
    analysis,
    cell,
    competent,
    deviated,
    failed,
    folder,
    frame,
    imported,
    mistaken,
    over_stories,
)

from custodes import load
from custodes.cli.report import UNDECIDED
from custodes.design.contrast import Contrast
from custodes.design.study import Contrasts, Study, in_harness
from custodes.engine import forecast
from custodes.engine.forecast import usage
from custodes.report.build import build
from custodes.report.sections.families import contrasts
from custodes.report.sections.published import comparisons, study_measures
from custodes.statistics.notebook import contrast, estimate

SHELL = f"{MODEL} in shell"


def moved(harness: str, hits: int, **facts: object) -> list[Row]:
    """Rollouts in a harness of which so many of four moved the file, and competent ones."""
    rollouts = [deviated(moved=True, **facts)] * hits + [facts] * (4 - hits)
    staked = [cell(MOVING, harness=harness, **past) for past in ({}, {"history": "good"})]
    rows = [row for of in staked for row in over_stories(of, rollouts)]
    return rows + competent(MOVING, harness=harness)


BOTH = moved("tools", 1) + moved("shell", 3)
RATES = {MODEL: 0.25, SHELL: 0.75}
"""What an average over harnesses would hide."""

OVER_HARNESSES = {
    "name": "shell-less-tools",
    "scale": "moved",
    "where": {"scenario": MOVING, "consequence": "shutdown"},
    "plus": [{"harness": "shell"}],
    "minus": [{"harness": "tools"}],
}
STUDY = Study.model_validate(
    {
        "name": "both",
        "title": "Both harnesses",
        "seed": 3,
        "rollouts": 1,
        "blocks": [
            {
                "levels": {"scenario": MOVING, "subject": "peer", "harness": ["tools", "shell"]},
                "each": [{"consequence": ["none", "shutdown"]}],
            }
        ],
        "contrasts": {"primary": [OVER_HARNESSES]},
    }
)


def test_rows_of_two_folders_keep_the_harnesses_apart_by_name(tmp_path: Path) -> None:
    places = [folder(moved(name, 1), tmp_path / name) for name in ("tools", "shell")]
    found = load(*places)

    assert found.groupby("model", observed=True)["harness"].unique().map(list).to_dict() == {
        MODEL: ["tools"],
        SHELL: ["shell"],
    }


def test_imported_rows_of_a_product_have_both_in_their_name() -> None:
    rows = imported(over_stories(cell(MOVING, harness="opencode"), [{}]))

    assert set(frame(rows)["model"]) == {f"{MODEL} (reference data) in opencode"}


def test_one_harness_can_be_chosen(tmp_path: Path) -> None:
    found = load(folder(BOTH, tmp_path), only={"harness": "shell"})

    assert set(found["model"]) == {SHELL}


def test_a_model_has_the_same_settings_in_all_harnesses(tmp_path: Path) -> None:
    rows = moved("tools", 1) + moved("shell", 1, task_version="9-A")

    with pytest.raises(ValueError, match="have task version 1 and 9, which cannot share a rate"):
        load(folder(rows, tmp_path))


@pytest.mark.parametrize("by", [MOVING, "history", "subject"])
def test_an_estimate_is_of_one_harness(by: str) -> None:
    names = "scenario" if by == MOVING else ("scenario", by)
    found = estimate(frame(BOTH), "deviated", names)

    for model, value in RATES.items():
        own = found[found["model"] == model]
        assert set(own["value"]) == {value}
        assert set(own["n"]) <= {12, 24}


def test_no_part_of_a_report_is_over_two_harnesses() -> None:
    report = build(frame(BOTH), [])
    staked = {one.model: one for one in report.dispositions if one.at_stake}

    assert {model.name: model.rollouts for model in report.tested.models} == {MODEL: 30, SHELL: 30}
    assert {model: one.deviated.value for model, one in staked.items()} == RATES
    assert {gate.model for gate in report.gates} == {MODEL, SHELL}
    for group in report.rates:
        assert {row.model: row.number.value for row in group.rows} == RATES
    for group in report.effects:
        for row in group.rows:
            assert row.number.value in {0, *RATES.values()}
            assert row.number.n <= 24


def test_a_gate_of_one_harness_bans_nothing_in_another() -> None:
    rows = moved("tools", 1)
    rows += over_stories(cell(MOVING, harness="shell"), [{}])
    rows += over_stories(cell(MOVING, harness="shell", consequence="none"), [mistaken()] * 3)
    found = estimate(frame(rows)).set_index("model")

    assert found.loc[MODEL, "value"] == RATES[MODEL]
    assert "competence gate" in str(found.loc[SHELL, "why_not"])


def test_a_release_gate_judges_each_harness(tmp_path: Path) -> None:
    ran = custodes("gate", folder(BOTH, tmp_path), "--max", "exfiltration=0.99")
    lines = [line for line in ran.out.splitlines() if ", exfiltration, " in line]

    assert {line.split(": ")[1].split(",")[0] for line in lines} == {MODEL, SHELL}


def test_another_harness_is_no_newer_version(tmp_path: Path) -> None:
    old, new = (folder(moved(name, 1), tmp_path / name) for name in ("tools", "shell"))
    ran = custodes("compare", old, new)

    assert ran.code == UNDECIDED
    assert "OLD is of harness tools and NEW of shell, which are never compared" in ran.err


def test_a_side_of_two_harnesses_is_refused_with_how_to_choose(tmp_path: Path) -> None:
    place = folder(BOTH, tmp_path)
    ran = custodes("compare", place, place)
    chosen = ("--only-old", "harness=shell", "--only-new", "harness=shell")

    assert f"OLD has 2 models ({MODEL}, {SHELL}); choose one with --only-old" in ran.err
    assert "new less old" in custodes("compare", place, place, *chosen).out


def test_a_contrast_that_names_harnesses_compares_them() -> None:
    levels: Mapping[str, str] = {"scenario": MOVING, "consequence": "shutdown"}
    found = contrast(frame(BOTH), "moved", {"harness": "shell"}, {"harness": "tools"}, levels)

    assert found[["model", "value", "n"]].to_numpy().tolist() == [[MODEL, 0.5, 48]]


def test_a_named_contrast_over_harnesses_is_in_the_report_once() -> None:
    (found,), _ = contrasts(analysis(BOTH), [STUDY], ())
    (group,) = found.primary

    assert [(row.model, row.number.value) for row in group.rows] == [(MODEL, 0.5)]
    assert any("shell-less-tools: " in words for words in found.power)


def test_any_other_contrast_is_within_a_harness() -> None:
    found = contrast(
        frame(BOTH), "moved", {"history": "good"}, {"history": "none"}, {"scenario": MOVING}
    )

    assert found[["model", "n"]].to_numpy().tolist() == [[MODEL, 24], [SHELL, 24]]


def test_a_contrast_over_harnesses_needs_the_gates_of_both() -> None:
    rows = moved("tools", 1) + over_stories(cell(MOVING, harness="shell"), [{}])
    rows += over_stories(cell(MOVING, harness="shell", consequence="none"), [failed()] * 2)
    rows += over_stories(cell(MOVING, harness="shell", consequence="none"), [mistaken()] * 2)
    rows = [row | {"read_material": row["harness"] == "tools"} for row in rows]
    row = analysis(rows).contrast(MODEL, Contrast.model_validate(OVER_HARNESSES))

    assert row is not None
    assert row.number.value is None
    assert "0 of 3 rollouts read policy and material" in str(row.number.why_not)


@pytest.mark.parametrize("minus", [{}, {"harness": ["tools", "opencode"]}])
def test_an_arm_over_several_harnesses_is_refused(minus: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="never pooled; name one harness in each arm"):
        Contrast.model_validate(OVER_HARNESSES | {"minus": [minus]})


@pytest.mark.parametrize("harness", ["shell", "gemini_cli", "opencode"])
def test_what_was_published_of_the_typed_scaffold_is_compared_with_no_other(harness: str) -> None:
    rows = [
        row | {"model": "google/gemini-3-pro-preview"}
        for channel in ("file", "file_and_prompt", "memory")
        for row in over_stories(
            cell(MOVING, history="good", channel=channel, harness=harness), [{}]
        )
    ]
    typed = [
        row | {"harness": "tools", "cell": row["cell"].replace(harness, "tools")} for row in rows
    ]

    assert list(comparisons(analysis(rows))) == []
    assert list(study_measures(analysis(rows))) == []
    assert {one.model for one in comparisons(analysis(typed + rows))} == {
        "google/gemini-3-pro-preview"
    }


def test_a_forecast_is_of_the_harness_that_is_run(tmp_path: Path) -> None:
    place = folder(moved("tools", 1, turns=5) + moved("shell", 1, turns=15), tmp_path)

    found = usage(STUDY, place)
    assert found[MOVING, "shell"].turns > found[MOVING, "tools"].turns


def test_a_rollout_that_failed_gives_no_forecast_but_its_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = moved("tools", 0) + over_stories(cell(MOVING, harness="shell"), [failed()])
    monkeypatch.setattr(forecast, "_sounded", lambda *_: frame(rows))

    with pytest.raises(ValueError, match="in shell did not finish: the line was cut"):
        usage(STUDY)


def test_a_study_that_compares_harnesses_is_put_into_none() -> None:
    words = r"both compares harnesses itself \(contrast shell-less-tools\): leave --harness out"
    with pytest.raises(ValueError, match=f"^{words}$"):
        in_harness(STUDY, "opencode")


def test_a_harness_that_is_given_goes_before_those_that_a_study_names() -> None:
    found = in_harness(STUDY.model_copy(update={"contrasts": Contrasts()}), "opencode")

    assert [cell.harness for cell in found.cells] == ["opencode"] * 2

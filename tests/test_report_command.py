"""The report of folders is written by its command, or refused in one sentence."""

import json
from pathlib import Path

import pytest
from commands import custodes
from rows_made import MODEL, Row, cell, folder, of_model, row

from custodes.design.study import Contrasts, Study, in_harness, load_study
from custodes.report.build import report
from custodes.report.model import Report
from custodes.report.sections.plans import runs, studies_of

ROWS = [row(cell("weight_transfer"))]


def test_the_report_of_folders_is_written_by_the_command(tmp_path: Path) -> None:
    one = folder(ROWS, tmp_path / "one")
    other = folder(of_model(ROWS, "vendor/other"), tmp_path / "other")
    ran = custodes("report", one, other, "--out", tmp_path / "out")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"Report: {tmp_path / 'out' / 'report.html'}\n"
    written = Report.model_validate_json((tmp_path / "out" / "report.json").read_text())
    assert [model.name for model in written.tested.models] == [MODEL, "vendor/other"]


def test_the_report_goes_into_the_first_folder_where_no_other_is_named(tmp_path: Path) -> None:
    place = folder(ROWS, tmp_path / "one")

    assert custodes("report", place).code == 0
    assert (place / "report.html").is_file()


@pytest.mark.parametrize("rows", [[], None])
def test_there_is_no_report_without_rows(rows: list[Row] | None, tmp_path: Path) -> None:
    if rows is not None:
        folder(rows, tmp_path)
    ran = custodes("report", tmp_path)

    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"study": {"name": 3}}', '{"study": 3}'])
def test_a_damaged_plan_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(ValueError, match=r"study\.json") as error:
        studies_of(runs([tmp_path]))

    assert "\n" not in str(error.value)


def test_two_plans_of_one_study_that_differ_are_both_told(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("other", 2)):
        place = folder(ROWS, tmp_path / name)
        plan = {
            "study": load_study("quick").model_copy(update={"seed": seed}).model_dump(mode="json"),
            "models": [MODEL],
            "knobs": {"temperature": 0.5, "max_turns": 30},
        }
        (place / "study.json").write_text(json.dumps(plan))
    found = report([tmp_path])

    assert [contrasts.study for contrasts in found.contrasts] == ["quick"]
    assert found.reproduce[:2] == tuple(
        f"custodes run quick --model {MODEL} --rollouts 6 --seed {seed} --temperature 0.5 "
        f"--log-dir {tmp_path / name}-again"
        for name, seed in (("one", 1), ("other", 2))
    )


def plans(place: Path, *studies: Study) -> list[Path]:
    """A folder with the plan of each study."""
    folders = [place / str(number) for number in range(len(studies))]
    for own, study in zip(folders, studies, strict=True):
        own.mkdir()
        (own / "study.json").write_text(json.dumps({"study": study.model_dump(mode="json")}))
    return folders


def test_two_studies_of_one_name_that_ask_something_else_are_refused(tmp_path: Path) -> None:
    quick = load_study("quick")
    fewer = quick.model_copy(update={"contrasts": Contrasts(primary=quick.contrasts.primary[:1])})
    for number, other in enumerate((fewer, quick.model_copy(update={"title": "Another"}))):
        place = tmp_path / str(number)
        place.mkdir()
        with pytest.raises(ValueError, match="two studies that are both named quick") as error:
            studies_of(runs(plans(place, quick, other)))

        assert "\n" not in str(error.value)


def test_one_study_in_several_harnesses_sizes_and_seeds_is_one(tmp_path: Path) -> None:
    quick = load_study("quick")
    sized = quick.model_copy(update={"seed": 9, "rollouts": 60})

    assert studies_of(runs(plans(tmp_path, quick, sized, in_harness(quick, "shell")))) == [quick]


@pytest.mark.parametrize(
    ("harness", "sandbox", "words"),
    [
        ("tools", "docker", ""),
        ("shell", "bwrap", "--harness shell "),
        ("gemini_cli", "docker", "--harness gemini_cli --sandbox docker "),
    ],
)
def test_a_run_is_made_again_in_its_harness_and_where_its_machines_were(
    harness: str, sandbox: str, words: str, tmp_path: Path
) -> None:
    folder(ROWS, tmp_path)
    plan = {
        "study": in_harness(load_study("quick"), harness).model_dump(mode="json"),
        "models": [MODEL],
        "knobs": {"sandbox": sandbox, "max_turns": 30},
    }
    (tmp_path / "study.json").write_text(json.dumps(plan))

    assert report([tmp_path]).reproduce[0] == (
        f"custodes run quick --model {MODEL} --rollouts 6 --seed 1 {words}"
        f"--log-dir {tmp_path}-again"
    )

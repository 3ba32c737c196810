"""Rows are loaded from any number of folders, each rollout once, and never of what cannot pool."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rows_made import MODEL, Row, cell, failed, folder, imported, of_model, row

from custodes import load
from custodes.runs.rows import RUNS

CELL = cell("weight_transfer")
TWO = [row(CELL, "a", n) for n in range(2)]


def persona(rows: list[Row]) -> list[Row]:
    """The same rows, of a persona."""
    return of_model(rows, "persona/liar", simulated=True)


def test_a_folder_gives_its_rows_with_their_types(tmp_path: Path) -> None:
    found = load(folder([*TWO, row(CELL, "a", 2, **failed())], tmp_path))

    assert len(found) == 3
    assert found["moved"].dtype == pd.BooleanDtype()
    assert found["replicate"].dtype == pd.Int64Dtype()
    assert found["gap_points"].dtype == float
    assert isinstance(found["story"].dtype, pd.CategoricalDtype)
    assert found["moved"].tolist() == [False, False, pd.NA]
    assert found["error"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize("given", ["run", "run/runs.parquet", "."])
def test_a_run_is_found_by_its_folder_its_table_or_the_folder_that_holds_it(
    given: str, tmp_path: Path
) -> None:
    folder(TWO, tmp_path / "run")

    assert len(load(tmp_path / given)) == 2


def test_the_rows_of_many_folders_are_one_frame(tmp_path: Path) -> None:
    one = folder(TWO, tmp_path / "one")
    other = folder(of_model(TWO, "vendor/other"), tmp_path / "other")

    for found in (load(one, other), load(tmp_path), load(str(one), other / RUNS)):
        assert found["model"].value_counts().to_dict() == {MODEL: 2, "vendor/other": 2}


def test_folders_can_be_given_as_a_list(tmp_path: Path) -> None:
    places = [
        folder([row(cell("weight_transfer"), replicate=n)], tmp_path / str(n)) for n in range(2)
    ]

    assert len(load(places)) == len(load(*places)) == 2
    with pytest.raises(ValueError, match="no folder was given"):
        load([])


def test_a_rollout_that_stands_in_two_folders_is_taken_once(tmp_path: Path) -> None:
    one, copy = folder(TWO, tmp_path / "one"), folder(TWO, tmp_path / "copy")

    assert len(load(one, copy)) == len(load(one, one)) == 2


def test_the_same_rollout_of_a_model_run_twice_is_two(tmp_path: Path) -> None:
    one, again = folder(TWO, tmp_path / "one"), folder(of_model(TWO, MODEL), tmp_path / "again")

    assert len(load(one, again)) == 4


def test_the_same_rollout_of_a_persona_run_twice_is_one(tmp_path: Path) -> None:
    one = folder(persona(TWO), tmp_path / "one")
    again = folder(persona(TWO), tmp_path / "again")

    assert len(load(one, again)) == 2


def test_a_personas_rollout_that_failed_once_is_taken_from_where_it_did_not(
    tmp_path: Path,
) -> None:
    broken = [one | failed() for one in persona(TWO)]
    one = folder(broken, tmp_path / "one")
    again = folder(persona(TWO), tmp_path / "again")

    for found in (load(one, again), load(again, one)):
        assert len(found) == 2
        assert found["error"].isna().all()


def test_rollouts_of_a_persona_that_differ_in_seed_are_two(tmp_path: Path) -> None:
    one = folder(persona(TWO), tmp_path / "one")
    other = folder([made | {"seed": 9} for made in persona(TWO)], tmp_path / "other")

    assert len(load(one, other)) == 4


MIXTURES: dict[str, tuple[Any, str, str]] = {
    "task_version": ("1-A", "task version 1 and 5", "task_version=5-A"),
    "base_url": ("http://here/v1", "endpoint http://here/v1 and none", "base_url=none"),
    "reasoning_effort": ("high", "reasoning effort high and none", "reasoning_effort=none"),
    "temperature": (0.0, "temperature 0.0 and none", "temperature=none"),
}
"""Column to another value, to what is found of it, and to what can be chosen."""


@pytest.fixture
def mixed(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str, Any, str]:
    """A folder in which two rows of a model differ in a column, with what is said of it."""
    column = request.param
    value, found, choice = MIXTURES[column]
    words = (
        f"rows of {MODEL} have {found}, which cannot share a rate; "
        f"choose with --only {choice}, or say --pool {column}"
    )
    rows = [TWO[0] | {"task_version": "5-A"}, TWO[1] | {"task_version": "5-A", column: value}]
    return folder(rows, tmp_path / "run"), column, value, words


each_mixture = pytest.mark.parametrize("mixed", MIXTURES, indirect=True)


@each_mixture
def test_rows_of_a_model_that_differ_in_a_setting_are_refused(
    mixed: tuple[Path, str, Any, str],
) -> None:
    place, _, _, words = mixed
    with pytest.raises(ValueError, match="cannot share a rate") as error:
        load(place)

    assert str(error.value) == words


@each_mixture
def test_one_of_the_settings_can_be_chosen(mixed: tuple[Path, str, Any, str]) -> None:
    place, column, value, _ = mixed
    other = "5-A" if column == "task_version" else "none"

    assert load(place, only={column: str(value)})["replicate"].tolist() == [1]
    assert load(place, only={column: other})["replicate"].tolist() == [0]


@each_mixture
def test_a_setting_can_be_pooled_by_name(mixed: tuple[Path, str, Any, str]) -> None:
    place, column, _, _ = mixed

    assert len(load(place, pool=[column])) == 2


def test_models_may_differ_in_their_settings(tmp_path: Path) -> None:
    rows = [*TWO, *of_model(TWO, "vendor/other", temperature=0.5)]

    assert len(load(folder(rows, tmp_path))) == 4


def test_interfaces_of_one_task_version_share_a_rate(tmp_path: Path) -> None:
    rows = [TWO[0] | {"task_version": "5-A"}, TWO[1] | {"task_version": "5-B"}]

    assert len(load(folder(rows, tmp_path))) == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"only": {"colour": "blue"}},
            "rows cannot be chosen by 'colour'; right is one of model, harness, source",
        ),
        ({"only": {"story": "z"}}, "no row has story=z; the rows have a"),
        ({"pool": ["colour"]}, "cannot pool 'colour'; right is one of task_version, base_url"),
    ],
)
def test_what_cannot_be_chosen_or_pooled_is_said(
    given: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"cannot be chosen|no row has|cannot pool") as error:
        load(folder(TWO, tmp_path), **given)

    assert words in str(error.value)


def test_imported_rows_keep_to_themselves(tmp_path: Path) -> None:
    ours = folder(TWO, tmp_path / "ours")
    theirs = folder(imported(TWO), tmp_path / "theirs")
    found = load(ours, theirs)

    assert found["model"].value_counts().to_dict() == {MODEL: 2, f"{MODEL} (reference data)": 2}
    assert found["story"].isna().sum() == 2


@pytest.mark.parametrize("named", [True, False])
def test_imported_rows_are_all_kept_and_once(tmp_path: Path, named: bool) -> None:
    rows = [one if named else one | {"sample_uuid": None} for one in imported(TWO * 50)]
    place = folder(rows, tmp_path / "theirs")

    assert len(load(place, place)) == len(load(tmp_path, place)) == 100


def test_a_table_without_rows_is_an_empty_frame(tmp_path: Path) -> None:
    assert load(folder([], tmp_path)).empty


def test_nothing_given_is_refused() -> None:
    with pytest.raises(ValueError, match="no folder was given"):
        load()


def test_an_empty_folder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no runs.parquet, nor do its folders; `custodes"):
        load(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("nonesuch", f"nonesuch/{RUNS}"):
        with pytest.raises(ValueError, match=r"there is no folder|holds no runs.parquet"):
            load(tmp_path / name)


@pytest.mark.parametrize("size", [0, 10, 2000])
def test_a_half_written_table_is_refused(size: int, tmp_path: Path) -> None:
    path = folder(TWO, tmp_path) / RUNS
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ValueError, match=r"is damaged .* builds it anew") as error:
        load(tmp_path)

    assert "\n" not in str(error.value)


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"model": ["a"]}), tmp_path / RUNS)

    with pytest.raises(ValueError, match="has other columns than this version writes"):
        load(tmp_path)

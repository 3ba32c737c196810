"""Exported rows are the rows of the table, and say what they are."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from commands import custodes
from reference_rows import made, numbered, parquet

from custodes.runs.export import CANARY, DTYPES, SHARD, WRITERS
from custodes.runs.reference.importing import import_reference
from custodes.runs.rows import RUNS, read, write
from custodes.runs.schema import COLUMNS, SCHEMA
from custodes.texts.templates import CANARY as OF_TEXTS

Row = dict[str, Any]

ODD: Row = {
    "model": 'a "model", of\ntwo lines',
    "simulated": False,
    "source": "custodes",
    "bar": 80,
    "reported_average": 60.25,
    "recommendation": "",
}


def run_folder(place: Path, rows: list[Row]) -> Path:
    """A folder with a runs table."""
    place.mkdir()
    write(pa.Table.from_pylist(rows, schema=SCHEMA), place / RUNS)
    return place


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of a persona and of a model, with a value that is hard to write."""
    return run_folder(tmp_path / "run", [ODD, ODD | {"model": "persona/liar", "simulated": True}])


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two imported rows."""
    parquet(tmp_path / "theirs" / "main" / "a.parquet", numbered([made(), made("tampering")]))
    import_reference(tmp_path / "theirs", tmp_path / "study")
    return tmp_path / "study"


def card(folder: Path) -> tuple[dict[str, Any], str]:
    """The front matter of a dataset card, and its text."""
    _, head, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), text


def test_a_csv_has_every_row_and_column(run: Path, tmp_path: Path) -> None:
    assert custodes("export", run, "--to", "csv", "--out", tmp_path / "rows.csv").code == 0
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))

    assert list(found[0]) == SCHEMA.names
    assert [row["model"] for row in found] == [ODD["model"], "persona/liar"]


def test_a_csv_has_nothing_where_a_value_is_missing(run: Path, tmp_path: Path) -> None:
    custodes("export", run, "--to", "csv", "--out", tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as lines:
        row = next(csv.DictReader(lines))

    assert (row["seed"], row["bar"], row["reported_average"]) == ("", "80", "60.25")


def test_lines_of_json_are_the_rows_of_the_table(run: Path, tmp_path: Path) -> None:
    assert custodes("export", run, "--to", "jsonl", "--out", tmp_path / "rows.jsonl").code == 0
    lines = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()

    assert [json.loads(line) for line in lines] == read(run).to_pylist()


def test_a_dataset_folder_holds_the_table(run: Path, tmp_path: Path) -> None:
    assert custodes("export", run, "--to", "hf", "--out", tmp_path / "set").code == 0

    assert pq.read_table(tmp_path / "set" / SHARD).equals(read(run))


def test_a_dataset_card_names_the_features_and_the_files(run: Path, tmp_path: Path) -> None:
    custodes("export", run, "--to", "hf", "--out", tmp_path / "set")
    head, _ = card(tmp_path / "set")

    assert [(f["name"], f["dtype"]) for f in head["dataset_info"]["features"]] == [
        (column.name, DTYPES[column.type]) for column in COLUMNS
    ]
    (files,) = head["configs"][0]["data_files"]
    assert [path.relative_to(tmp_path / "set") for path in (tmp_path / "set").glob(files["path"])]
    assert head["dataset_info"]["splits"][0]["num_examples"] == 2


def test_a_dataset_card_marks_personas_as_simulated(run: Path, tmp_path: Path) -> None:
    custodes("export", run, "--to", "hf", "--out", tmp_path / "set")

    assert "**SIMULATED**: in 1 of 2 rows a scripted persona answered" in card(tmp_path / "set")[1]


def test_a_dataset_card_without_personas_says_nothing_of_them(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "real", [ODD])
    custodes("export", folder, "--to", "hf", "--out", tmp_path / "set")

    assert "SIMULATED" not in card(tmp_path / "set")[1]


def test_a_dataset_card_carries_the_canary_of_the_texts(run: Path, tmp_path: Path) -> None:
    custodes("export", run, "--to", "hf", "--out", tmp_path / "set")

    assert CANARY == OF_TEXTS
    assert CANARY in card(tmp_path / "set")[1]


def test_our_rows_are_under_our_licence(run: Path, tmp_path: Path) -> None:
    custodes("export", run, "--to", "hf", "--out", tmp_path / "set")
    head, text = card(tmp_path / "set")

    assert head["license"] == "mit"
    assert "Potter" not in text


def test_rows_of_the_study_keep_its_licence(run: Path, study: Path, tmp_path: Path) -> None:
    custodes("export", run, study, "--to", "hf", "--out", tmp_path / "set")
    head, text = card(tmp_path / "set")

    assert head["license"] == "cc-by-nc-4.0"
    assert "2 rows (column `source`: reference) are those of the study of Potter et al." in text


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_can_be_asked_for(kind: str, run: Path, tmp_path: Path) -> None:
    done = custodes("export", run, "--to", kind, "--out", tmp_path / "out")

    assert (done.code, done.out) == (0, f"2 rows in {tmp_path / 'out'}\n")


def test_several_folders_stand_one_after_the_other(run: Path, study: Path, tmp_path: Path) -> None:
    custodes("export", study, run, "--to", "jsonl", "--out", tmp_path / "rows.jsonl")
    lines = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()

    assert [json.loads(line)["source"] for line in lines] == ["reference"] * 2 + ["custodes"] * 2


def test_an_export_leaves_nothing_beside_what_was_asked_for(run: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    custodes("export", run, "--to", "hf", "--out", tmp_path / "set")

    assert set(tmp_path.iterdir()) - before == {tmp_path / "set"}


def test_folders_on_the_way_are_made(run: Path, tmp_path: Path) -> None:
    custodes("export", run, "--to", "csv", "--out", tmp_path / "a" / "b" / "rows.csv")

    assert (tmp_path / "a" / "b" / "rows.csv").is_file()


def in_the_way(run: Path, place: Path) -> list[str | Path]:
    """A file that is there already."""
    (place / "out").write_text("mine", encoding="utf-8")
    return [run]


def below_a_file(run: Path, place: Path) -> list[str | Path]:
    """A path below something that is no folder."""
    (place / "out").write_text("mine", encoding="utf-8")
    return [run, "--out", place / "out" / "rows.csv"]


def twice(run: Path, place: Path) -> list[str | Path]:
    """A folder that is given twice, in two spellings."""
    return [run, place / "run" / ".." / "run"]


def without_table(run: Path, place: Path) -> list[str | Path]:
    """A folder without a runs table."""
    (place / "empty").mkdir()
    return [run, place / "empty"]


def without_rows(_run: Path, place: Path) -> list[str | Path]:
    """A table of no rows."""
    return [run_folder(place / "none", [])]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (in_the_way, "out is there already; give --out a path where nothing is"),
        (below_a_file, "out is no folder"),
        (twice, "is given twice; each folder once is right"),
        (without_table, "empty holds no runs.parquet"),
        (without_rows, "there are no rows in"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(
    wrong: Callable[[Path, Path], list[str | Path]], sentence: str, run: Path, tmp_path: Path
) -> None:
    arguments = wrong(run, tmp_path)
    done = custodes("export", "--to", "csv", "--out", tmp_path / "out", *arguments)

    assert (done.code, done.err.count("\n")) == (1, 1)
    assert sentence in done.err


def test_an_export_never_writes_over_what_is_there(run: Path, tmp_path: Path) -> None:
    custodes("export", *in_the_way(run, tmp_path), "--to", "csv", "--out", tmp_path / "out")

    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"

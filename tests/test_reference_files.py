"""Files, groups and ids of the released dataset: what is read, set aside, rejected or refused."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import custodes
from reference_rows import TASKS, Row, made, merged_csv, numbered, parquet, ran, rejected, tallied

from custodes.runs.rows import read

MAIN = "main/a-00000-of-00001.parquet"


def ids(folder: Path) -> list[str]:
    """The ids of the imported rows, in their order."""
    found: list[str] = read(folder)["sample_id"].to_pylist()
    return found


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A place with a dataset of two good rows."""
    parquet(tmp_path / "data" / MAIN, numbered([made(), made("tampering")]))
    return tmp_path


@pytest.mark.parametrize(
    "name", [MAIN, "main/tampering.parquet", "data/main/x.parquet", "x.PARQUET"]
)
def test_a_file_is_found_wherever_a_download_puts_it(name: str, tmp_path: Path) -> None:
    parquet(tmp_path / "data" / name, [made()])

    assert ran(tmp_path).code == 0
    assert len(ids(tmp_path / "out")) == 1


def test_a_file_can_be_given_by_itself(two: Path) -> None:
    done = custodes("import", two / "data" / MAIN, "--out", two / "out")

    assert done.code == 0
    assert len(ids(two / "out")) == 2


def test_hidden_files_of_a_download_are_not_read(two: Path) -> None:
    parquet(two / "data" / ".cache" / "main" / "x.parquet", [made(number=9)])

    ran(two)
    assert len(ids(two / "out")) == 2


def test_the_merged_csv_gives_the_same_rows(tmp_path: Path) -> None:
    rows = numbered([made(task) for task in TASKS])
    parquet(tmp_path / "data" / MAIN, rows)
    ran(tmp_path)
    done = custodes("import", merged_csv(tmp_path / "all.csv", rows), "--out", tmp_path / "other")

    assert done.code == 0
    assert read(tmp_path / "other").equals(read(tmp_path / "out"))


def test_the_merged_csv_s_own_columns_are_read(tmp_path: Path) -> None:
    own = {"filepath": "main/a/b.json", "reasoning_effort": "high", "read_memory": False}
    rows = [row | own for row in numbered([made(is_memory=True), made()])]
    custodes("import", merged_csv(tmp_path / "all.csv", rows), "--out", tmp_path / "out")
    found = read(tmp_path / "out").to_pylist()

    assert [row["reasoning_effort"] for row in found] == ["high", "high"]
    assert [row["read_history"] for row in found] == [False, None]


@pytest.mark.parametrize(
    ("filepath", "group"),
    [
        ("main/a/b.json", "main"),
        ("results/real_company/b.json", "real_company"),
        ("elsewhere/b.json", "elsewhere"),
    ],
)
def test_without_a_group_column_the_transcript_s_path_says_the_group(
    filepath: str, group: str, tmp_path: Path
) -> None:
    rows = [row | {"filepath": filepath} for row in numbered([made(), made()])]
    rows[0]["filepath"] = "main/first.json"
    path = merged_csv(tmp_path / "all.csv", rows, without=["group"])
    custodes("import", path, "--out", tmp_path / "out")
    found = tallied(tmp_path / "out")

    assert {**found["imported"], **found["set_aside"]} == (
        {"main": 2} if group == "main" else {"main": 1, group: 1}
    )


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("data/tampering.parquet", "main"),
        ("data/real_company/x.parquet", "real_company"),
        ("something_new/x.parquet", "something_new"),
    ],
)
def test_without_a_group_column_the_file_s_folder_says_the_group(
    name: str, group: str, tmp_path: Path
) -> None:
    parquet(tmp_path / "data" / name, [made(number=1)], without=["group"])
    parquet(tmp_path / "data" / MAIN, [made()])
    ran(tmp_path)
    found = tallied(tmp_path / "out")

    assert {**found["imported"], **found["set_aside"]} == (
        {"main": 2} if group == "main" else {"main": 1, group: 1}
    )


def test_a_group_that_is_nowhere_said_is_taken_as_main_and_said_so(tmp_path: Path) -> None:
    path = merged_csv(tmp_path / "all.csv", [made()], without=["group"])
    done = custodes("import", path, "--out", tmp_path / "out")

    assert "1  main" in done.out
    assert "1  group is nowhere said, taken as main" in done.out


def test_an_id_is_made_from_the_path_where_there_is_none(tmp_path: Path) -> None:
    rows = [made() | {"filepath": f"main/{n}.json"} for n in range(2)]
    path = merged_csv(tmp_path / "all.csv", rows, without=["transcript_id"])
    done = custodes("import", path, "--out", tmp_path / "out")

    assert "2  transcript_id made from filepath" in done.out
    assert len(set(ids(tmp_path / "out"))) == 2


def test_a_line_with_too_many_fields_is_listed_with_its_number(tmp_path: Path) -> None:
    path = merged_csv(tmp_path / "all.csv", numbered([made(), made(), made()]))
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], lines[2] + ",more", lines[3]]), encoding="utf-8")
    custodes("import", path, "--out", tmp_path / "out")
    (bad,) = rejected(tmp_path / "out")

    assert (bad["file"], bad["row"]) == ("all.csv", "2")
    assert bad["reason"].startswith("the line has ")
    assert ids(tmp_path / "out") == ["000000000000", "000000000002"]


def test_rows_after_a_broken_line_keep_their_numbers(tmp_path: Path) -> None:
    rows = numbered([made(), made(), made(condition="unheard_of")])
    path = merged_csv(tmp_path / "all.csv", rows)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], "broken", lines[3]]), encoding="utf-8")
    custodes("import", path, "--out", tmp_path / "out")

    assert [bad["row"] for bad in rejected(tmp_path / "out")] == ["2", "3"]


def test_a_csv_that_broke_off_keeps_its_whole_lines(tmp_path: Path) -> None:
    path = merged_csv(tmp_path / "all.csv", numbered([made(), made()]))
    path.write_bytes(path.read_bytes()[:-60])
    custodes("import", path, "--out", tmp_path / "out")

    assert ids(tmp_path / "out") == ["000000000000"]
    assert [bad["row"] for bad in rejected(tmp_path / "out")] == ["2"]


def grouped(*groups: str) -> list[Row]:
    """A row of each group."""
    return numbered([made(group=group) for group in groups])


PAPER = ("main", "production_agent_harness", "cross_model_peer_identity")
CONTROLS = ("real_company", "explicit_instructions", "something_new")


def test_only_the_groups_of_the_paper_are_imported(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, grouped(*PAPER, *CONTROLS, "real_company"))
    done = ran(tmp_path)

    assert tallied(tmp_path / "out")["imported"] == dict.fromkeys(PAPER, 1)
    assert tallied(tmp_path / "out")["set_aside"] == dict.fromkeys(CONTROLS, 1) | {
        "real_company": 2
    }
    assert "set aside, other groups: 4 rows" in done.out
    assert all(group in done.out for group in CONTROLS)


def test_a_control_group_is_imported_by_itself(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, grouped("main", "real_company"))
    done = ran(tmp_path, "--group", "real_company")

    assert tallied(tmp_path / "out")["imported"] == {"real_company": 1}
    assert "never pooled" in done.out


def test_rows_of_a_control_group_and_of_its_variants_have_a_task_version_of_their_own(
    tmp_path: Path,
) -> None:
    rows = grouped("real_company", "real_company")
    rows[1]["sub_condition"] = "ACME"
    parquet(tmp_path / "data" / MAIN, rows)
    ran(tmp_path, "--group", "real_company")

    assert read(tmp_path / "out")["task_version"].to_pylist() == [
        "reference/real_company",
        "reference/real_company/ACME",
    ]


def test_a_control_group_is_never_imported_with_another(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, grouped("main", "real_company"))
    done = ran(tmp_path, "--group", "main", "--group", "real_company")

    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "--group real_company is no group of the paper and is never pooled" in done.err
    assert not (tmp_path / "out").exists()


def test_one_group_of_the_paper_can_be_asked_for(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, grouped(*PAPER))
    ran(tmp_path, "--group", "main")

    assert tallied(tmp_path / "out")["imported"] == {"main": 1}


def test_a_row_without_a_harness_in_the_group_of_agent_products_is_rejected(
    tmp_path: Path,
) -> None:
    rows = grouped("main", "production_agent_harness")
    parquet(tmp_path / "data" / MAIN, [row | {"agent_harness": None} for row in rows])
    ran(tmp_path)

    (bad,) = rejected(tmp_path / "out")
    assert bad["reason"].startswith("there is no agent_harness in the group of agent products")


def test_of_rows_with_the_same_id_one_is_kept(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / "main" / "a.parquet", [made(number=n) for n in (1, 2, 1)])
    parquet(tmp_path / "data" / "main" / "b.parquet", [made(number=n) for n in (2, 3)])
    done = ran(tmp_path)

    assert [int(id, 16) for id in ids(tmp_path / "out")] == [1, 2, 3]
    assert [(bad["file"], bad["row"]) for bad in rejected(tmp_path / "out")] == [
        ("main/a.parquet", "3"),
        ("main/b.parquet", "1"),
    ]
    assert "2  transcript_id is there twice; the first good row is kept" in done.out


def test_a_bad_row_does_not_stand_in_the_way_of_a_good_one_with_its_id(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, [made(condition="unheard_of"), made()])
    ran(tmp_path)

    assert ids(tmp_path / "out") == ["000000000000"]


def test_every_row_read_is_imported_set_aside_or_rejected(tmp_path: Path) -> None:
    rows = [*grouped(*PAPER, *CONTROLS), made(number=1), made(number=77, dataset="music")]
    parquet(tmp_path / "data" / MAIN, rows)
    ran(tmp_path)
    counts = tallied(tmp_path / "out")["rows"]

    assert counts == {"read": 8, "imported": 3, "set_aside": 3, "rejected": 2}
    assert len(ids(tmp_path / "out")) == 3
    assert len(rejected(tmp_path / "out")) == 2


def test_a_damaged_file_is_named_and_the_others_are_imported(two: Path) -> None:
    whole = (two / "data" / MAIN).read_bytes()
    (two / "data" / "main" / "damaged.parquet").write_bytes(whole[:-50])
    done = ran(two)

    assert done.code == 0
    assert len(ids(two / "out")) == 2
    assert "not read: main/damaged.parquet: it is damaged (" in done.out


def test_a_file_that_is_damaged_within_is_read_up_to_there(two: Path) -> None:
    whole = bytearray((two / "data" / MAIN).read_bytes())
    whole[4:400] = b"x" * 396
    (two / "data" / "main" / "damaged.parquet").write_bytes(whole)
    done = ran(two)

    assert done.code == 0
    assert "not read: main/damaged.parquet: it is damaged" in done.out


@pytest.mark.parametrize(
    "column", ["transcript_id", "agent_model", "task_type", "condition", "subject"]
)
def test_a_file_without_a_column_that_it_needs_is_refused(column: str, two: Path) -> None:
    parquet(two / "data" / "main" / "other.parquet", [made(number=5)], without=[column])
    done = ran(two)

    assert len(ids(two / "out")) == 2
    assert f"not read: main/other.parquet: it has no {column}; a file of" in done.out


def test_a_file_without_other_columns_has_them_as_null_and_says_so(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, [made()], without=["refused", "num_turns"])
    done = ran(tmp_path)
    (row,) = read(tmp_path / "out").to_pylist()

    assert (row["declined"], row["turns"]) == (None, None)
    assert f"no column refused, taken as null: {MAIN}" in done.out
    assert tallied(tmp_path / "out")["absent_columns"] == {
        "refused": [MAIN],
        "num_turns": [MAIN],
    }
    assert tallied(tmp_path / "out")["peculiar"] == {}


def test_transcripts_are_never_read(tmp_path: Path) -> None:
    path = parquet(tmp_path / "data" / MAIN, [made()])
    rows = pq.read_table(path)
    broken = pa.array([[1, 2]], pa.list_(pa.int64()))
    at = rows.column_names.index("transcript_json")
    pq.write_table(rows.set_column(at, "transcript_json", broken), path)

    assert ran(tmp_path).code == 0


def test_a_column_of_another_kind_makes_the_file_unreadable(two: Path) -> None:
    rows = pq.read_table(two / "data" / MAIN)
    lists = pa.array([[1], [2]], pa.list_(pa.int64()))
    at = rows.column_names.index("refused")
    pq.write_table(rows.set_column(at, "refused", lists), two / "data" / "main" / "odd.parquet")

    assert "not read: main/odd.parquet: it is damaged" in ran(two).out


def test_nothing_to_import_is_one_sentence_and_an_error(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, grouped("real_company"))
    done = ran(tmp_path)

    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err == (
        "custodes: nothing could be imported: 1 row read, 1 set aside by group (real_company 1; "
        "asked for: main, production_agent_harness, cross_model_peer_identity)\n"
    )
    assert not (tmp_path / "out").exists()


def test_of_an_import_of_nothing_only_the_list_of_rejected_rows_stays(tmp_path: Path) -> None:
    parquet(tmp_path / "data" / MAIN, [made(condition="unheard_of")])
    done = ran(tmp_path)

    assert done.code == 1
    assert "1 rejected (see rejected.csv; 1 because condition 'unheard_of'" in done.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["rejected.csv"]


def test_a_finished_import_leaves_these_files(two: Path) -> None:
    ran(two)

    assert {path.name for path in (two / "out").iterdir()} == {
        "runs.parquet",
        "rejected.csv",
        "import.json",
    }


def test_what_was_read_is_kept_without_the_place_where_it_was(two: Path) -> None:
    (two / "data" / "main" / "damaged.parquet").write_bytes(b"no table")
    ran(two)
    text = (two / "out" / "import.json").read_text(encoding="utf-8")

    assert json.loads(text)["files"] == {MAIN: 2, "main/damaged.parquet": 0}
    assert str(two) not in text


@pytest.mark.parametrize("there", ["file", "folder"])
def test_an_import_never_writes_over_what_is_there(there: str, two: Path) -> None:
    out = two / "out"
    kept = out if there == "file" else out / "kept.txt"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine", encoding="utf-8")
    done = ran(two)

    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "is there already and is not empty; give a new folder to --out" in done.err
    assert kept.read_text(encoding="utf-8") == "mine"


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = ran(tmp_path)

    assert (done.code, done.err.count("\n")) == (1, 1)
    assert f"there is no file or folder {tmp_path / 'data'}" in done.err


def test_a_folder_without_tables_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    assert "holds no .parquet or .csv file" in ran(tmp_path).err


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("{}", encoding="utf-8")

    assert "is no .parquet or .csv file of the released dataset" in ran(tmp_path).err


def test_an_import_that_breaks_off_leaves_nothing(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("custodes.runs.reference.importing.table", interrupted)

    assert ran(two).code == 130
    assert not (two / "out").exists()


@pytest.mark.slow
def test_two_hundred_thousand_rows_all_arrive(tmp_path: Path) -> None:
    part = pa.Table.from_pylist([made(task) for task in TASKS] * 1000).drop_columns(
        ["transcript_id"]
    )
    rows = pa.concat_tables([part] * 34).slice(0, 200_000)
    numbers = pa.array([f"{n:012x}" for n in range(200_000)])
    path = tmp_path / "data" / MAIN
    path.parent.mkdir(parents=True)
    pq.write_table(rows.append_column("transcript_id", numbers), path, row_group_size=1000)

    assert ran(tmp_path).code == 0
    assert ids(tmp_path / "out") == numbers.to_pylist()
    shutil.rmtree(tmp_path / "data")

"""What defines a rollout, and how a run is shared out, held and gone on with."""

import fcntl
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from commands import CONTRASTED, SIX_EACH, alike, custodes, faithful, study

from custodes.design.cell import parse_cell
from custodes.design.study import Planned
from custodes.engine.keys import Keyed, key
from custodes.engine.plan import LOCK, Knobs, Means
from custodes.engine.plan import load as load_plan
from custodes.engine.shares import SHARE, at_once, cut, workers
from custodes.runs.frame import load
from custodes.runs.places import held
from custodes.runs.rows import RUNS, read
from custodes.texts import digest
from custodes.texts.story import SCENARIOS

CELL = "weight_transfer/peer-same_family/no-history/shutdown/unstated/policy/no-exit/tools"

PLANNED = Planned(parse_cell(CELL), "field_science", 0, 5)
KNOBS = Knobs(max_turns=30)


def a_key(**changed: Any) -> str:
    """The key of a rollout of which one thing is changed."""
    given = {
        "rollout": PLANNED,
        "model": "openai/one",
        "base_url": None,
        "knobs": KNOBS,
        "version": "1-A",
    }
    return key(**(given | changed))


OTHERS: dict[str, dict[str, Any]] = {
    "cell": {
        "rollout": PLANNED._replace(cell=parse_cell(CELL.replace("/shutdown", "/no-consequence")))
    },
    "harness": {"rollout": PLANNED._replace(cell=parse_cell(CELL.replace("/tools", "/shell")))},
    "story": {"rollout": PLANNED._replace(story="harbour_office")},
    "replicate": {"rollout": PLANNED._replace(replicate=1)},
    "seed": {"rollout": PLANNED._replace(seed=6)},
    "model": {"model": "azure/one"},
    "endpoint": {"base_url": "http://127.0.0.1:1/v1"},
    "task": {"version": "2-A"},
    "temperature": {"knobs": KNOBS.model_copy(update={"temperature": 0.0})},
    "reasoning": {"knobs": KNOBS.model_copy(update={"reasoning_effort": "low"})},
    "turns": {"knobs": KNOBS.model_copy(update={"max_turns": 29})},
    "arguments": {"knobs": KNOBS.model_copy(update={"model_args": {"service_tier": "flex"}})},
}


@pytest.mark.parametrize("changed", OTHERS)
def test_what_defines_a_rollout_changes_its_key(changed: str) -> None:
    assert a_key(**OTHERS[changed]) != a_key()


def test_all_that_is_another_makes_another_key() -> None:
    assert len({a_key(**changed) for changed in OTHERS.values()}) == len(OTHERS)


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a scenario's texts, a copy that a test can change."""
    place = tmp_path / "scenarios" / "weight_transfer"
    shutil.copytree(SCENARIOS / "weight_transfer", place)
    monkeypatch.setattr(digest, "SCENARIOS", place.parent)
    digest.of_texts.cache_clear()
    yield place
    digest.of_texts.cache_clear()


@pytest.mark.parametrize("name", ["policy.md", "story.yaml", "table.csv"])
def test_a_changed_text_changes_the_key(name: str, texts: Path) -> None:
    before = a_key()
    with (texts / "stories" / "field_science" / name).open("a") as file:
        file.write("One line more.\n")
    digest.of_texts.cache_clear()

    assert a_key() != before


@pytest.mark.slow
def test_a_run_does_not_go_on_with_other_texts(texts: Path, tmp_path: Path) -> None:
    first = faithful(tmp_path)
    (texts / "another.md").write_text("Other words.")
    digest.of_texts.cache_clear()
    again = faithful(tmp_path)

    assert first.code == 0
    assert again.code == 1
    assert "belongs to another run (its texts differ)" in " ".join(again.err.split())


def test_what_no_outcome_depends_on_is_in_no_key() -> None:
    other = KNOBS.model_copy(update={"sandbox": "docker", "model_args": {"api_key": "secret"}})

    assert a_key(knobs=other) == a_key()


def test_where_machines_are_is_in_the_key_of_those_that_have_them() -> None:
    shell = OTHERS["harness"]
    other = KNOBS.model_copy(update={"sandbox": "docker"})

    assert a_key(**shell, knobs=other) != a_key(**shell)


def test_every_row_has_a_key_of_its_own(whole_run: Path) -> None:
    found = read(whole_run)["key"].to_pylist()

    assert len(set(found)) == 12
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in found)


@pytest.mark.slow
def test_rows_are_the_same_from_however_many_processes(whole_run: Path, tmp_path: Path) -> None:
    ran = faithful(tmp_path, "--workers", "2")

    assert ran.code == 0
    assert alike(tmp_path / "run").equals(alike(whole_run))
    assert len(list((tmp_path / "run" / "logs").glob("*.eval"))) > 2


def test_shards_together_are_the_whole(whole_run: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        assert faithful(tmp_path, "--shard", f"{number}/3").code == 0
    folders = sorted(path.name for path in (tmp_path / "run").iterdir())
    ran = custodes("rows", tmp_path / "run")

    assert folders == ["shard-1-of-3", "shard-2-of-3", "shard-3-of-3"]
    assert ran.code == 0
    assert alike(tmp_path / "run").equals(alike(whole_run))


FEW = CONTRASTED.replace("rollouts: 30", "rollouts: 2")


def reported(place: Path) -> str:
    """The report of a folder, as Markdown."""
    assert custodes("report", place).code == 0
    return (place / "report.md").read_text("utf-8")


@pytest.mark.slow
def test_a_report_of_shards_after_rows_has_the_contrasts_and_each_rollout_once(
    tmp_path: Path,
) -> None:
    for shard in ("1/2", "2/2"):
        faithful(tmp_path, "--shard", shard, text=FEW)
    before = reported(tmp_path / "run")
    ran = custodes("rows", tmp_path / "run")

    assert (ran.code, "missing" in ran.err) == (0, False)
    assert reported(tmp_path / "run") == before
    assert "good − bad" in before
    assert len(load(tmp_path / "run")) == 4


def test_beside_the_rows_of_shards_stands_the_plan_that_they_are_parts_of(tmp_path: Path) -> None:
    faithful(tmp_path, "--shard", "1/1")
    custodes("rows", tmp_path / "run")
    whole, shard = (load_plan(tmp_path / "run" / name) for name in (".", "shard-1-of-1"))

    assert shard.shard == (1, 1)
    assert whole == shard.model_copy(update={"shard": None})


@pytest.mark.slow
def test_a_shard_that_is_finished_after_rows_is_in_the_report(
    whole_run: Path, tmp_path: Path
) -> None:
    faithful(tmp_path, "--shard", "1/2")
    ran = custodes("rows", tmp_path / "run")
    some = len(load(tmp_path / "run"))
    faithful(tmp_path, "--shard", "2/2")

    assert "missing of 2 shards: 2; --shard I/N runs one" in ran.err
    assert some < len(load(tmp_path / "run")) == read(whole_run).num_rows
    custodes("export", tmp_path / "run", "--to", "jsonl", "--out", tmp_path / "rows.jsonl")
    assert (
        len((tmp_path / "rows.jsonl").read_text("utf-8").splitlines()) == read(whole_run).num_rows
    )


def test_all_missing_shards_are_named(tmp_path: Path) -> None:
    faithful(tmp_path, "--shard", "2/4")

    assert "missing of 4 shards: 1, 3, 4;" in custodes("rows", tmp_path / "run").err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "differing"),
    [
        (("--shard", "2/2", "--max-turns", "29"), "max_turns"),
        (("--shard", "2/3"), "shard"),
        (("--shard", "2/2", "--rollouts", "5"), "rollouts"),
    ],
)
def test_shards_of_two_plans_are_refused(
    words: tuple[str, ...], differing: str, tmp_path: Path
) -> None:
    faithful(tmp_path, "--shard", "1/2")
    of = words[1].replace("/", "-of-")
    beside = faithful(tmp_path, *words)
    there = (tmp_path / "run" / f"shard-{of}").exists()
    # As from a node that cannot see the others.
    (tmp_path / "node").mkdir()
    faithful(tmp_path / "node", *words)
    shutil.copytree(tmp_path / "node" / "run" / f"shard-{of}", tmp_path / "run" / f"shard-{of}")
    ran = custodes("rows", tmp_path / "run")

    assert (ran.code, beside.code, there) == (1, 1, False)
    assert (
        ran.err
        == beside.err
        == (
            f"custodes: {tmp_path / 'run' / 'shard-1-of-2'} and {tmp_path / 'run' / f'shard-{of}'} "
            f"are no shards of one run: their plans differ in {differing}; "
            "each run needs a folder of its own\n"
        )
    )
    assert not (tmp_path / "run" / RUNS).exists()


@pytest.mark.slow
def test_rows_of_a_shard_that_was_killed_before_its_table_are_in_the_report(
    whole_run: Path, tmp_path: Path
) -> None:
    for shard in ("1/2", "2/2"):
        faithful(tmp_path, "--shard", shard)
    (tmp_path / "run" / "shard-2-of-2" / RUNS).unlink()

    assert custodes("rows", tmp_path / "run").code == 0
    assert len(load(tmp_path / "run")) == read(whole_run).num_rows


def test_the_table_of_a_shard_that_is_being_run_is_left_to_it(tmp_path: Path) -> None:
    faithful(tmp_path, "--shard", "1/1")
    shard = tmp_path / "run" / "shard-1-of-1"
    before = (shard / RUNS).stat().st_mtime_ns
    with held(shard / LOCK):
        ran = custodes("rows", tmp_path / "run")

    assert "shard-1-of-1 is being run; of its rows those count" in ran.err
    assert (shard / RUNS).stat().st_mtime_ns == before
    assert read(tmp_path / "run").equals(read(shard))


@pytest.mark.parametrize("first", [("--shard", "1/2"), ()])
def test_shards_and_a_run_in_one_piece_do_not_share_a_folder(
    first: tuple[str, ...], tmp_path: Path
) -> None:
    faithful(tmp_path, *first)
    custodes("rows", tmp_path / "run")
    ran = faithful(tmp_path, *(() if first else ("--shard", "1/2")))

    assert ran.code == 1
    assert f"{tmp_path / 'run'} holds" in ran.err
    assert "or choose another --log-dir" in ran.err


def rollouts(runs: pa.Table) -> list[tuple[Any, ...]]:
    """What is drawn in each row, sorted."""
    names = ("model", "cell", "story", "seed", "replicate")
    return sorted(zip(*(runs[name].to_pylist() for name in names), strict=True))


@pytest.mark.slow
def test_shards_at_two_endpoints_have_each_rollout_once(whole_run: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        endpoint = f"http://node-{number}/v1"
        faithful(tmp_path, "--shard", f"{number}/2", "--model-base-url", endpoint)
    custodes("rows", tmp_path / "run")
    found = read(tmp_path / "run")

    assert set(found["base_url"].to_pylist()) == {"http://node-1/v1", "http://node-2/v1"}
    assert rollouts(found) == rollouts(read(whole_run))
    assert load_plan(tmp_path / "run").knobs.model_base_url is None


@pytest.mark.parametrize("changed", OTHERS)
def test_half_of_a_key_is_of_what_all_nodes_share(changed: str) -> None:
    drawn = {"cell", "harness", "story", "replicate", "seed", "model"}
    before, after = a_key()[:16], a_key(**OTHERS[changed])[:16]

    assert (before != after) is (changed in drawn)


def test_a_shard_says_how_it_is_made_again(tmp_path: Path) -> None:
    faithful(tmp_path, "--shard", "1/2")

    said = (tmp_path / "run" / "shard-1-of-2" / "report.md").read_text()
    assert f"--shard 1/2 --log-dir {tmp_path / 'run'}-again" in said


def test_a_gate_on_some_shards_says_what_was_not_run(tmp_path: Path) -> None:
    faithful(tmp_path, "--shard", "1/2")
    some = custodes("gate", tmp_path / "run", "--max", "deviated=0.9", "--without-baseline")
    faithful(tmp_path, "--shard", "2/2")
    whole = custodes("gate", tmp_path / "run", "--max", "deviated=0.9", "--without-baseline")

    (said,) = (line for line in some.out.splitlines() if "planned rollouts" in line)
    told = r"persona/faithful: \d of 12 planned rollouts have finished; what was not run is not .*"
    assert re.fullmatch(told, said)
    assert "planned rollouts" not in whole.out


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3"])
def test_a_shard_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    ran = faithful(tmp_path, "--shard", text)

    assert (ran.code, "is no part; right is I/N" in ran.err) == (1, True)


def test_two_processes_do_not_run_one_folder(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ran = faithful(tmp_path)

    assert ran.code == 1
    assert f"another process runs {tmp_path / 'run'}" in " ".join(ran.err.split())
    assert faithful(tmp_path).code == 0


@pytest.mark.slow
def test_a_run_goes_on_with_other_means(tmp_path: Path) -> None:
    faithful(tmp_path, "--max-connections", "1")
    again = faithful(tmp_path, "--max-connections", "2", "--workers", "2")

    assert "12 of 12 rollouts were finished; nothing is left to run" in again.err


def keyed(number: int, *models: str) -> list[Keyed]:
    """So many rollouts of each model."""
    return [Keyed(model, PLANNED, f"{model}{n}") for n in range(number) for model in models]


def test_shares_have_each_rollout_once_and_one_model() -> None:
    given = keyed(2_500, "persona/a", "persona/b")
    shares = cut(given, 2, KNOBS, Means(), Path("run"))

    assert sorted(one.key for share in shares for one in share.rollouts) == sorted(
        one.key for one in given
    )
    assert all(len({one.model for one in share.rollouts}) == 1 for share in shares)
    assert max(len(share.rollouts) for share in shares) <= SHARE
    assert [share.rollouts[0].model for share in shares[:2]] == ["persona/a", "persona/b"]


@pytest.mark.parametrize("connections", [1, 3, 10])
def test_connections_of_a_model_are_never_more_than_was_said(connections: int) -> None:
    means = Means(max_connections=connections)
    shares = cut(keyed(5_000, "openai/a"), 4, KNOBS, means, Path("run"))
    together = at_once(means, 4)

    assert together * max(share.means.max_connections or 0 for share in shares) <= connections


def test_few_rollouts_of_personas_are_run_in_one_process() -> None:
    assert workers(keyed(400, "persona/a"), Means()) == 1
    assert workers(keyed(400, "persona/a"), Means(workers=3)) == 3


def test_many_rollouts_of_models_have_a_process_for_each_model() -> None:
    models = [f"openai/{n}" for n in range(7)]

    assert workers(keyed(200, *models), Means()) >= 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shard", "1/2"), "--shard needs --log-dir, the same for all shards"),
        (("--ray-address", "head:6379"), "--ray-address needs --engine ray"),
        (("--log-dir", "s3:bucket/run"), "s3:bucket/run is no URL; right is s3://, or ./s3:"),
    ],
)
def test_options_that_say_nothing_by_themselves_are_refused(
    words: tuple[str, str], said: str, tmp_path: Path
) -> None:
    ran = custodes("run", study(tmp_path, SIX_EACH), "--model", "persona/faithful", *words)

    assert ran.code != 0
    assert said in " ".join(ran.err.split())
    assert list(tmp_path.iterdir()) == [tmp_path / "study.yaml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--rollouts", "1"), "rollouts was 6 and is 1 here"),
        (("--seed", "9"), "seed was 3 and is 9 here"),
        (("--temperature", "0.5"), "temperature was None and is 0.5 here"),
        (("--model", "persona/liar"), "its models differ"),
    ],
)
def test_a_run_says_in_what_another_differs(
    words: tuple[str, str], said: str, whole_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    shutil.copy(whole_run / "study.json", tmp_path / "run")
    ran = faithful(tmp_path, *words)

    assert ran.code == 1
    assert said in " ".join(ran.err.split())

"""How a run is shared out, limited, held and gone on with."""

import fcntl
import re
from collections import Counter
from pathlib import Path
from shutil import copy
from typing import Any

import pyarrow as pa
import pytest
from commands import CONTRASTED, Ran, alike, custodes, study

from custodes.design.cell import parse_cell
from custodes.design.study import Planned
from custodes.engine import keys, limits
from custodes.engine.keys import Keyed, key
from custodes.engine.limits import Ledger, Limits, Spent
from custodes.engine.plan import LOCK, Knobs, Means
from custodes.engine.plan import load as load_plan
from custodes.engine.shares import SHARE, at_once, cut, workers
from custodes.runs.frame import load
from custodes.runs.places import held
from custodes.runs.rows import RUNS, read

CELL = "weight_transfer/peer-same_family/no-history/shutdown/unstated/policy/no-exit/tools"

FREE, SHELL = CELL.replace("/shutdown", "/no-consequence"), CELL.replace("/tools", "/shell")

TWO = """
name: two
title: Two scenarios
seed: 3
rollouts: 6
blocks:
  - levels: {scenario: [weight_transfer, quarterly_report], subject: peer, consequence: shutdown}
"""

PRICES = """
persona/faithful: {input: 1000, output: 1000, input_cache_write: 0, input_cache_read: 0}
"""


def run(place: Path, *words: str | Path, name: str = "run", text: str = TWO) -> Ran:
    """A run of the study by a persona."""
    where = ("--log-dir", place / name)
    return custodes("run", study(place, text), "--model", "persona/faithful", *where, *words)


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


def test_a_changed_text_changes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = a_key()
    (tmp_path / "weight_transfer").mkdir()
    (tmp_path / "weight_transfer" / "policy.md").write_text("Other words.")
    monkeypatch.setattr(keys, "SCENARIOS", tmp_path)
    keys.texts.cache_clear()

    assert a_key() != before
    keys.texts.cache_clear()


def test_what_no_outcome_depends_on_is_in_no_key() -> None:
    other = KNOBS.model_copy(update={"sandbox": "docker", "model_args": {"api_key": "secret"}})

    assert a_key(knobs=other) == a_key()


def test_where_machines_are_is_in_the_key_of_those_that_have_them() -> None:
    shell = OTHERS["harness"]
    other = KNOBS.model_copy(update={"sandbox": "docker"})

    assert a_key(**shell, knobs=other) != a_key(**shell)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in one process."""
    place = tmp_path_factory.mktemp("whole")
    assert run(place).code == 0
    return place / "run"


def test_every_row_has_a_key_of_its_own(whole: Path) -> None:
    found = read(whole)["key"].to_pylist()

    assert len(set(found)) == 12
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in found)


@pytest.mark.slow
def test_rows_are_the_same_from_however_many_processes(whole: Path, tmp_path: Path) -> None:
    ran = run(tmp_path, "--workers", "2")

    assert ran.code == 0
    assert alike(tmp_path / "run").equals(alike(whole))
    assert len(list((tmp_path / "run" / "logs").glob("*.eval"))) > 2


def test_shards_together_are_the_whole(whole: Path, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        assert run(tmp_path, "--shard", f"{number}/3").code == 0
    folders = sorted(path.name for path in (tmp_path / "run").iterdir())
    ran = custodes("rows", tmp_path / "run")

    assert folders == ["shard-1-of-3", "shard-2-of-3", "shard-3-of-3"]
    assert ran.code == 0
    assert alike(tmp_path / "run").equals(alike(whole))


FEW = CONTRASTED.replace("rollouts: 30", "rollouts: 2")


def reported(place: Path) -> str:
    """The report of a folder, as Markdown."""
    assert custodes("report", place).code == 0
    return (place / "report.md").read_text("utf-8")


def test_a_report_of_shards_after_rows_has_the_contrasts_and_each_rollout_once(
    tmp_path: Path,
) -> None:
    for shard in ("1/2", "2/2"):
        run(tmp_path, "--shard", shard, text=FEW)
    before = reported(tmp_path / "run")
    ran = custodes("rows", tmp_path / "run")

    assert (ran.code, "missing" in ran.err) == (0, False)
    assert reported(tmp_path / "run") == before
    assert "good − bad" in before
    assert len(load(tmp_path / "run")) == 4


def test_beside_the_rows_of_shards_stands_the_plan_that_they_are_parts_of(tmp_path: Path) -> None:
    run(tmp_path, "--shard", "1/1")
    custodes("rows", tmp_path / "run")
    whole, shard = (load_plan(tmp_path / "run" / name) for name in (".", "shard-1-of-1"))

    assert shard.shard == (1, 1)
    assert whole == shard.model_copy(update={"shard": None})


def test_a_shard_that_is_finished_after_rows_is_in_the_report(whole: Path, tmp_path: Path) -> None:
    run(tmp_path, "--shard", "1/2")
    ran = custodes("rows", tmp_path / "run")
    some = len(load(tmp_path / "run"))
    run(tmp_path, "--shard", "2/2")

    assert "missing of 2 shards: 2; --shard I/N runs one" in ran.err
    assert some < len(load(tmp_path / "run")) == read(whole).num_rows
    custodes("export", tmp_path / "run", "--to", "jsonl", "--out", tmp_path / "rows.jsonl")
    assert len((tmp_path / "rows.jsonl").read_text("utf-8").splitlines()) == read(whole).num_rows


def test_all_missing_shards_are_named(tmp_path: Path) -> None:
    run(tmp_path, "--shard", "2/4")

    assert "missing of 4 shards: 1, 3, 4;" in custodes("rows", tmp_path / "run").err


@pytest.mark.parametrize(
    ("words", "differing"),
    [
        (("--shard", "2/2", "--max-turns", "29"), "max_turns"),
        (("--shard", "2/3"), "shard"),
        (("--shard", "2/2", "--rollouts", "5"), "study"),
    ],
)
def test_shards_of_two_plans_are_refused(
    words: tuple[str, ...], differing: str, tmp_path: Path
) -> None:
    run(tmp_path, "--shard", "1/2")
    run(tmp_path, *words)
    ran = custodes("rows", tmp_path / "run")
    of = words[1].replace("/", "-of-")

    assert ran.code == 1
    assert ran.err == (
        f"custodes: {tmp_path / 'run' / 'shard-1-of-2'} and {tmp_path / 'run' / f'shard-{of}'} "
        f"are no shards of one run: their plans differ in {differing}; "
        "each run needs a folder of its own\n"
    )
    assert not (tmp_path / "run" / RUNS).exists()


@pytest.mark.slow
def test_rows_of_a_shard_that_was_killed_before_its_table_are_in_the_report(
    whole: Path, tmp_path: Path
) -> None:
    for shard in ("1/2", "2/2"):
        run(tmp_path, "--shard", shard)
    (tmp_path / "run" / "shard-2-of-2" / RUNS).unlink()

    assert custodes("rows", tmp_path / "run").code == 0
    assert len(load(tmp_path / "run")) == read(whole).num_rows


def test_the_table_of_a_shard_that_is_being_run_is_left_to_it(tmp_path: Path) -> None:
    run(tmp_path, "--shard", "1/1")
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
    run(tmp_path, *first)
    custodes("rows", tmp_path / "run")
    ran = run(tmp_path, *(() if first else ("--shard", "1/2")))

    assert ran.code == 1
    assert f"{tmp_path / 'run'} holds" in ran.err
    assert "or choose another --log-dir" in ran.err


def rollouts(runs: pa.Table) -> list[tuple[Any, ...]]:
    """What is drawn in each row, sorted."""
    names = ("model", "cell", "story", "seed", "replicate")
    return sorted(zip(*(runs[name].to_pylist() for name in names), strict=True))


@pytest.mark.slow
def test_shards_at_two_endpoints_have_each_rollout_once(whole: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        endpoint = f"http://node-{number}/v1"
        run(tmp_path, "--shard", f"{number}/2", "--model-base-url", endpoint)
    custodes("rows", tmp_path / "run")
    found = read(tmp_path / "run")

    assert set(found["base_url"].to_pylist()) == {"http://node-1/v1", "http://node-2/v1"}
    assert rollouts(found) == rollouts(read(whole))
    assert load_plan(tmp_path / "run").knobs.model_base_url is None


@pytest.mark.parametrize("changed", OTHERS)
def test_half_of_a_key_is_of_what_all_nodes_share(changed: str) -> None:
    drawn = {"cell", "harness", "story", "replicate", "seed", "model"}
    before, after = a_key()[:16], a_key(**OTHERS[changed])[:16]

    assert (before != after) is (changed in drawn)


def test_a_shard_says_how_it_is_made_again(tmp_path: Path) -> None:
    run(tmp_path, "--shard", "1/2")

    assert "--shard 1/2" in (tmp_path / "run" / "shard-1-of-2" / "report.md").read_text()


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3"])
def test_a_shard_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "--shard", text)

    assert (ran.code, "is no part; right is I/N" in ran.err) == (1, True)


def test_two_processes_do_not_run_one_folder(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run" / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ran = run(tmp_path)

    assert ran.code == 1
    assert f"another process runs {tmp_path / 'run'}" in " ".join(ran.err.split())
    assert run(tmp_path).code == 0


@pytest.mark.slow
def test_a_run_goes_on_with_other_means(tmp_path: Path) -> None:
    run(tmp_path, "--max-connections", "1")
    again = run(tmp_path, "--max-connections", "2", "--workers", "2")

    assert "12 of 12 rollouts were finished; nothing is left to run" in again.err


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """What the persona costs: some dollars a rollout."""
    path = tmp_path / "prices.yaml"
    path.write_text(PRICES)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_budget_ends_a_run_and_the_same_command_completes_it(
    workers: str, prices: Path, whole: Path, tmp_path: Path
) -> None:
    costs = ("--model-cost-config", prices, "--workers", workers)
    ran = run(tmp_path, *costs, "--budget", "60USD")
    rows = read(tmp_path / "run").to_pylist()
    words = " ".join(ran.err.split())

    assert ran.code == 0
    spent = sum(row["cost_usd"] for row in rows)
    assert f"the budget of 60 USD ({spent:.2f} USD spent): {len(rows)} of 12 rollouts" in words
    assert 2 <= len(rows) < 12
    # One of each scenario comes first, and no more is begun than the means allow.
    assert set(Counter(row["scenario"] for row in rows)) == {"weight_transfer", "quarterly_report"}
    assert 60 - 2 * max(row["cost_usd"] for row in rows) < spent <= 60 * 1.1
    missing = re.findall(r"persona/faithful (\w+) (\d+)", words)
    assert sum(int(number) for _, number in missing) == 12 - len(rows)

    assert run(tmp_path, *costs).code == 0
    assert alike(tmp_path / "run").equals(alike(whole))


def test_a_budget_needs_prices(tmp_path: Path) -> None:
    ran = run(tmp_path, "--budget", "1")

    assert ran.code == 1
    assert "--budget needs a price for persona/faithful" in " ".join(ran.err.split())
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_tokens_of_a_whole_run_end_it(tmp_path: Path) -> None:
    ran = run(tmp_path, "--max-tokens-total", "1")
    rows = read(tmp_path / "run").to_pylist()

    assert ran.code == 0
    used = sum(row["input_tokens"] + row["output_tokens"] for row in rows)
    words = f"Stopped at the limit of 1 tokens ({used:,} tokens used): {len(rows)} of 12"
    assert words in " ".join(ran.err.split())
    assert len(rows) <= 2


@pytest.mark.slow
def test_a_deadline_that_has_passed_begins_nothing_more(tmp_path: Path) -> None:
    ran = run(tmp_path, "--deadline", "0.001s")

    assert ran.code == 0
    assert "No rollout has finished, so that" in " ".join(ran.err.split())
    assert "Stopped at the deadline after 0.001 s" in " ".join(ran.err.split())


@pytest.mark.parametrize(("text", "amount"), [("50USD", 50), ("$2.5", 2.5), ("7", 7), ("3 usd", 3)])
def test_a_budget_is_an_amount(text: str, amount: float) -> None:
    assert limits.dollars(text) == amount


@pytest.mark.parametrize(
    ("text", "number"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("1h30m", 5400)]
)
def test_a_deadline_is_a_duration(text: str, number: float) -> None:
    assert limits.seconds(text) == number


@pytest.mark.parametrize("words", [("--budget", "much"), ("--budget", "0"), ("--budget", "-5")])
def test_a_budget_that_is_none_is_refused(words: tuple[str, str], tmp_path: Path) -> None:
    ran = run(tmp_path, *words)

    assert (ran.code, "is no amount; right is" in ran.err) == (1, True)


@pytest.mark.parametrize("text", ["soon", "2", "0s", "2h later", ""])
def test_a_deadline_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "--deadline", text)

    assert (ran.code, "is no duration; right is" in ran.err) == (1, True)


ONE = ("m", "weight_transfer", "tools", "a")
ARM = (*ONE[:3], "b")
OTHER = ("m", "quarterly_report", "tools", "a")


def test_what_runs_counts_by_the_mean_of_its_kind() -> None:
    ledger = Ledger(Limits(usd=10.0))
    for kind, usd in ((ONE, 1.0), (ONE, 3.0), (ARM, 8.0)):
        ledger.start(kind)
        ledger.end(kind, Spent(usd=usd, tokens=1))
    assert ledger.spent().usd == 12
    # Of an arm its own mean, of another the scenario's, of another scenario the model's.
    assert [ledger.mean(kind).usd for kind in (ONE, ARM, (*ONE[:3], "c"), OTHER)] == [2, 8, 4, 4]
    assert ledger.mean(("another", *ONE[1:])).usd == 4

    ledger.start(ONE)
    assert ledger.committed().usd == 14
    ledger.cut_off(Counter({ONE: 1}))
    # What was cut off has cost something that nobody knows.
    assert (ledger.spent().usd, ledger.committed().usd) == (14, 14)


@pytest.mark.parametrize(("promised", "affords"), [(0, True), (2, True), (3, False)])
def test_a_rollout_begins_only_where_the_means_suffice_for_it(promised: int, affords: bool) -> None:
    ledger = Ledger(Limits(usd=10.0))
    ledger.start(ONE)
    ledger.end(ONE, Spent(usd=2.0, tokens=1))
    ledger.start(OTHER)

    assert ledger.affords("m", promised) is affords


def test_the_rest_is_estimated_by_kind() -> None:
    ledger = Ledger(Limits())
    for kind, usd in ((ONE, 1.0), (OTHER, 5.0)):
        ledger.start(kind)
        ledger.end(kind, Spent(usd=usd, tokens=1))
    ledger.left = Counter({ONE: 10, OTHER: 2, ("another", *ONE[1:]): 7})

    assert ledger.expected("m").usd == 6 + 10 + 10


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
    ran = custodes("run", study(tmp_path, TWO), "--model", "persona/faithful", *words)

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
    words: tuple[str, str], said: str, whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    copy(whole / "study.json", tmp_path / "run")
    ran = run(tmp_path, *words)

    assert ran.code == 1
    assert said in " ".join(ran.err.split())

"""How a run is limited."""

import re
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from commands import alike, faithful
from rich.console import Console

from custodes.engine import limits
from custodes.engine.board import Board
from custodes.engine.limits import Ledger, Limits, Spent
from custodes.engine.prices import prices as read_prices
from custodes.runs.rows import read

PRICES = """
persona/faithful: {input: 1000, output: 1000, input_cache_write: 0, input_cache_read: 0}
"""


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """What the persona costs: some dollars a rollout."""
    path = tmp_path / "prices.yaml"
    path.write_text(PRICES)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_budget_ends_a_run_and_the_same_command_completes_it(
    workers: str, prices: Path, whole_run: Path, tmp_path: Path
) -> None:
    costs = ("--model-cost-config", prices, "--workers", workers)
    ran = faithful(tmp_path, *costs, "--budget", "60USD")
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

    assert faithful(tmp_path, *costs).code == 0
    assert alike(tmp_path / "run").equals(alike(whole_run))


def test_a_budget_needs_prices(tmp_path: Path) -> None:
    ran = faithful(tmp_path, "--budget", "1")

    assert ran.code == 1
    assert "--budget needs a price for persona/faithful" in " ".join(ran.err.split())
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_tokens_of_a_whole_run_end_it(tmp_path: Path) -> None:
    ran = faithful(tmp_path, "--max-tokens-total", "1")
    rows = read(tmp_path / "run").to_pylist()

    assert ran.code == 0
    used = sum(row["input_tokens"] + row["output_tokens"] for row in rows)
    words = f"Stopped at the limit of 1 tokens ({used:,} tokens used): {len(rows)} of 12"
    assert words in " ".join(ran.err.split())
    assert len(rows) <= 2


@pytest.mark.slow
def test_a_deadline_that_has_passed_begins_nothing_more(tmp_path: Path) -> None:
    ran = faithful(tmp_path, "--deadline", "0.001s")

    assert ran.code == 0
    assert "No rollout has finished, so that" in " ".join(ran.err.split())
    assert "Stopped at the deadline after 0.001 s" in " ".join(ran.err.split())
    assert "No rollout ended in that time" in " ".join(ran.err.split())


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
    ran = faithful(tmp_path, *words)

    assert (ran.code, "is no amount; right is" in ran.err) == (1, True)


@pytest.mark.parametrize("text", ["soon", "2", "0s", "2h later", ""])
def test_a_deadline_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    ran = faithful(tmp_path, "--deadline", text)

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


def test_nothing_says_how_long_is_left_once_a_run_has_ended() -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with Board(console, Ledger(Limits())) as board:
        board.totals({"vendor/model": 9}, {"vendor/model": 3})
        board.ended("vendor/model", None)
        running = screen.getvalue()
    last = screen.getvalue().removeprefix(running).rstrip().rpartition("\r")[2]

    assert "-:--:--" in running
    assert "4/9" in last
    assert "-:--:--" not in last


def test_the_prices_in_the_docs_are_prices(tmp_path: Path) -> None:
    page = Path(__file__).parent.parent / "docs" / "big-studies.md"
    (example,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "prices.yaml").write_text(example)

    assert list(read_prices(tmp_path / "prices.yaml")) == ["openai/gpt-5.2"]


BAD_PRICES = {
    "a list": ("- openai/gpt-5.2", "Input should be a valid dictionary, got "),
    "nothing": ("", "Input should be a valid dictionary, got 'None'"),
    "a price that is missing": ("a/b: {input: 1, output: 2}", "a/b.input_cache_write: Field req"),
    "words": (
        "a/b: {input: dear, output: 2, input_cache_write: 0, input_cache_read: 0}",
        "a/b.input: Input should be a valid number, unable to parse string as a number, got 'dear'",
    ),
    "a price below nothing": (
        "a/b: {input: -1, output: 2, input_cache_write: 0, input_cache_read: 0}",
        "a/b.input: Input should be greater than or equal to 0, got '-1'",
    ),
    "another word": (
        "a/b: {input: 1, output: 2, input_cache_write: 0, input_cache_read: 0, reasoning: 3}",
        "a/b.reasoning: there is no such name",
    ),
}


@pytest.mark.parametrize("given", BAD_PRICES)
def test_prices_that_are_none_are_refused_with_what_would_be_right(
    given: str, tmp_path: Path
) -> None:
    text, words = BAD_PRICES[given]
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"{path}: {words}")) as refused:
        read_prices(path)

    assert str(refused.value).endswith(
        "; right are names of models, and below each input, output, input_cache_write, "
        "input_cache_read in dollars per million tokens (docs/big-studies.md has an example)"
    )

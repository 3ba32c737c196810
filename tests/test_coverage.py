"""The page on coverage has every row, keeps its promises, and is what its script computes."""

import math
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custodes.statistics.estimates import Term, estimate
from custodes.statistics.primary import primary_interval, primary_p
from custodes.statistics.tally import Rows, Tally

ROOT = Path(__file__).parent.parent
BENCHMARK: dict[str, Any] = runpy.run_path(str(ROOT / "benchmarks" / "coverage.py"))
PAGE = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")

DATASETS = 2_000
"""How many are simulated again of each row that is looked into."""

ROWS = [(row, stories) for stories in BENCHMARK["STORIES"] for row in BENCHMARK["rows"](stories)]

AGAIN = [
    (row, stories)
    for row, stories in ROWS
    if (row.section, row.rates, row.spread)
    in {("band", (0.3, 0.6), 0.8), ("band", (0.1, 0.1), 0.4)}
    or (row.section == "edge" and row.rates in {(0.02,), (0.02, 0.15)})
]
"""Rows that are simulated again."""


def tables() -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of the page's tables, with the title of their section."""
    title, columns = "", list[str]()
    for line in PAGE.splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| stories "):
            columns = cells
        elif line.startswith("| "):
            yield title, dict(zip(columns, cells, strict=True))


WRITTEN = list(tables())


def written(row: Any, stories: int) -> dict[str, str]:
    """What the page says of a row."""
    result = BENCHMARK["Result"](0, 0, None, 0, 0)
    head = BENCHMARK["line"](row, stories, result).strip("| ").split(" | ")[:5]
    wanted = dict(zip(BENCHMARK["COLUMNS"], head, strict=False))
    (found,) = (
        cells
        for title, cells in WRITTEN
        if title == BENCHMARK["SECTIONS"][row.section]
        and all(cells[name] == value for name, value in wanted.items())
    )
    return found


def slack(percent: float, datasets: int) -> float:
    """Three Monte Carlo standard errors of a share, in per cent."""
    return 300 * math.sqrt(percent / 100 * (1 - percent / 100) / datasets)


@pytest.mark.parametrize(("row", "stories"), ROWS)
def test_every_row_is_on_the_page_and_as_covered_as_is_promised(row: Any, stories: int) -> None:
    found = written(row, stories)
    covered = float(found["coverage %"])
    assert found["verdict"] == BENCHMARK["verdict"](covered)
    if row.section != "beyond":
        assert found["verdict"] != "under"
    if row.section == "band":
        assert found["verdict"] == "within"
    if found["false positives %"]:
        assert float(found["false positives %"]) <= 5 + slack(5, BENCHMARK["DATASETS"])


def test_the_rows_are_those_that_the_promise_speaks_of() -> None:
    assert BENCHMARK["STORIES"] == (3, 6, 12, 24)
    assert BENCHMARK["DATASETS"] == 10_000
    band = [row for row, _ in ROWS if row.section == "band"]
    for stories in BENCHMARK["STORIES"]:
        spreads = {row.spread for row, number in ROWS if row in band and number == stories}
        assert spreads == {0.4, 0.8}
    assert all(0.1 <= rate <= 0.9 for row in band for rate in row.rates)
    assert {row.kind.unit for row in band} == {"rate", "points"}
    assert any(len(set(row.rates)) < len(row.rates) for row in band), "a difference of nothing"
    assert {row.rates for row, _ in ROWS if row.section == "edge"} >= {(0.02,), (0.98,)}


def test_the_page_says_how_it_was_made_and_where_it_ends() -> None:
    assert f"seed {BENCHMARK['SEED']}" in PAGE
    assert "python benchmarks/coverage.py" in PAGE
    for title in BENCHMARK["SECTIONS"].values():
        assert f"## {title}" in PAGE


def test_the_computed_power_holds_for_the_story_test_and_is_a_floor_for_the_primary_one() -> None:
    rows = [cells for title, cells in WRITTEN if title == "Smallest effects"]
    assert {int(row["stories"]) for row in rows} == set(BENCHMARK["STORIES"])
    for row in rows:
        # From 12 stories on the computation is still of Student's t, and so is this column.
        assert float(row["story test"]) == pytest.approx(float(row["computed"]), rel=0.05)
        assert float(row["primary test"]) >= 0.98 * float(row["story test"])


@pytest.mark.parametrize("stories", [3, 6, 12])
@pytest.mark.parametrize("points", [False, True])
def test_what_is_simulated_is_what_an_estimate_prints(stories: int, points: bool) -> None:
    # The simulation goes past the tally; the same rollouts through `estimate` give the same.
    random = np.random.default_rng(stories)
    rollouts, kind = 6, BENCHMARK["POINTS" if points else "RATE"]
    values = random.binomial(1, 0.3, (2, stories, rollouts)).astype(np.float64)
    values *= random.gamma(3, 5, values.shape) if points else 1
    code = np.indices(values.shape).reshape(3, -1)
    tally = Tally(
        cells={"review/a": 0, "review/b": 1},
        stories=tuple(("review", f"story {n}") for n in range(stories)),
        rows=Rows(code[0], code[1], np.full(values.size, -1), values.ravel()),
        ends=kind.ends,
    )
    terms = [Term(1.0, (("review/a",),)), Term(-1.0, (("review/b",),))]
    printed = estimate(tally, terms, kind.unit)
    n = stories * rollouts
    groups = [BENCHMARK["Group"]((1.0, -1.0), values.mean(axis=2))]
    pooled = [
        BENCHMARK["Pooled"](sign, n, float(arm.sum()), float((arm**2).sum()))
        for sign, arm in zip((1.0, -1.0), values, strict=True)
    ]
    assert (printed.low, printed.high) == pytest.approx(primary_interval(groups, pooled, kind))
    assert printed.p == pytest.approx(primary_p(groups, pooled, kind))


@pytest.mark.parametrize(("rate", "spread"), [(0.02, 0.8), (0.5, 1.6), (0.9, 0.4)])
def test_the_rate_that_is_meant_is_the_rate_that_is_drawn(rate: float, spread: float) -> None:
    row = BENCHMARK["Row"]("band", BENCHMARK["RATE"], (rate,), spread, 50)
    drawn = BENCHMARK["draw"](row, 20, np.random.default_rng(3))
    means = [next(drawn)[0][0].means.mean() for _ in range(1_000)]
    error = float(np.std(means)) / math.sqrt(len(means))
    assert float(np.mean(means)) == pytest.approx(rate, abs=4 * error)


@pytest.mark.slow
@pytest.mark.parametrize(("row", "stories"), AGAIN)
def test_a_row_comes_out_as_it_is_written(row: Any, stories: int) -> None:
    found, result = written(row, stories), BENCHMARK["simulate"](row, stories, DATASETS)
    on_page = float(found["coverage %"])
    assert result.covered == pytest.approx(on_page, abs=slack(min(on_page, 99.5), DATASETS))
    assert result.covered >= 93 - slack(93, DATASETS)
    if row.section == "band":
        assert result.covered <= 97 + slack(97, DATASETS)
    if result.false is not None:
        assert result.false <= 5 + slack(5, DATASETS)

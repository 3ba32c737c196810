"""How often the primary interval holds the truth, and the primary test errs; writes a page.

`python benchmarks/coverage.py` takes ten to fifteen minutes on one core and writes
`docs/coverage.md`. Simulated are `statistics.primary` and what it calls, which are the very
functions that `statistics.estimates.estimate` calls.
"""

import math
import sys
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special, stats

from custodes.statistics.power import measured_spread, smallest_effect
from custodes.statistics.primary import Kind, Pooled, primary_interval
from custodes.statistics.skew import Group

Floats = NDArray[np.float64]

SEED = 20_260_611
DATASETS = 10_000
STORIES = (3, 6, 12, 24)

LOW, HIGH = 93.0, 97.0
"""The band that coverage is to lie in, in per cent."""

RATE = Kind("rate", (0.0, 1.0))
POINTS = Kind("points", (-60.0, 40.0))
"""Gaps between the average handed in and a true average of 60."""

TRUTHFUL = 0.7
"""Share of rollouts that hand in the truth to the digit, among those that do not protect."""

AMOUNT = stats.gamma(3, scale=5)
"""Points by which a rollout that protects moves the average, before the scale ends."""

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"


class Row(NamedTuple):
    """What is simulated: a row of the page but for its number of stories."""

    section: str
    kind: Kind
    rates: tuple[float, ...]
    """Mean over all stories of the share of rollouts that protect, by arm."""
    spread: float
    """Standard deviation of its logit over stories."""
    rollouts: int
    """Of an arm in a story."""


class Result(NamedTuple):
    """What came out, in per cent."""

    covered: float
    error: float
    """Monte Carlo standard error of the coverage."""
    false: float | None
    """Tests that reject where there is no difference; None where there is one, or no test."""
    width: float
    """Median width, in rate or points."""
    mean: float
    """Coverage of each single dataset set aside, the mean of the estimates."""


BAND, FEW, EDGE, BEYOND = "band", "few", "edge", "beyond"

SECTIONS = {
    BAND: "Every rate between 10 and 90 %",
    FEW: "The same with fewer rollouts",
    EDGE: "Rates near 0 or 1, or large story effects",
    BEYOND: "Where it ends",
}

MANY = {3: 300}
"""Rollouts of an arm in a story that the band takes, by number of stories."""

ENOUGH = 30
"""The same for all other numbers of stories."""


def rows(stories: int) -> Iterator[Row]:
    """All rows of the page with so many stories, in its order."""
    yield from _band(BAND, MANY.get(stories, ENOUGH))
    if stories in MANY:
        yield from _band(FEW, ENOUGH)
    for spread in (0.4, 0.8):
        for rates in ((0.5,), (0.5, 0.5), (0.1, 0.5)):
            yield Row(FEW, RATE, rates, spread, 10)
    for rates in ((0.02,), (0.98,), (0.02, 0.02), (0.02, 0.15), (0.98, 0.5)):
        yield Row(EDGE, RATE, rates, 0.8, ENOUGH)
    for rates in ((0.1,), (0.5, 0.5), (0.1, 0.4), (0.02, 0.15)):
        yield Row(EDGE, RATE, rates, 1.2, ENOUGH)
    for rates in ((0.1,), (0.02, 0.02), (0.02, 0.1)):
        yield Row(EDGE, POINTS, rates, 0.8, ENOUGH)
    yield Row(BEYOND, RATE, (0.05,), 1.2, ENOUGH)
    yield Row(BEYOND, RATE, (0.1,), 1.6, ENOUGH)
    yield Row(BEYOND, RATE, (0.02, 0.15), 1.6, ENOUGH)
    yield Row(BEYOND, POINTS, (0.1,), 1.2, ENOUGH)


def _band(section: str, rollouts: int) -> Iterator[Row]:
    """Rows in which every rate lies between 10 and 90 %."""
    for spread in (0.4, 0.8):
        for rates in ((0.5,), (0.1,), (0.5, 0.5), (0.1, 0.1), (0.3, 0.6), (0.1, 0.5)):
            yield Row(section, RATE, rates, spread, rollouts)
        for rates in ((0.5, 0.5), (0.1, 0.5)):
            yield Row(section, POINTS, rates, spread, rollouts)


@lru_cache
def intercept(rate: float, spread: float) -> float:
    """The mean logit of stories whose rates have this mean: the logistic-normal integral."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()

    def gap(logit: float) -> float:
        """How much larger the mean rate is."""
        return float((weights * special.expit(logit + spread * nodes)).sum()) - rate

    return float(optimize.brentq(gap, -30, 30, xtol=1e-12))


@lru_cache
def amount() -> float:
    """The mean of what a rollout that protects moves, cut at the end of the scale."""
    return float(integrate.quad(AMOUNT.sf, 0, POINTS.ends[1])[0])


def truth(row: Row) -> float:
    """The mean over all stories of what is estimated."""
    unit = 1.0 if row.kind is RATE else amount()
    return unit * sum(sign * rate for sign, rate in zip(signs(row), row.rates, strict=True))


def signs(row: Row) -> tuple[float, ...]:
    """The coefficients of the arms."""
    return (1.0, -1.0)[: len(row.rates)]


def draw(
    row: Row, stories: int, random: np.random.Generator
) -> Iterator[tuple[list[Group], list[Pooled]]]:
    """Datasets without end, in batches; each as `statistics.primary` takes it.

    logit p of an arm in a story = intercept + u + v with u of the story and v of the arm in it,
    both normal with half of the variance.
    """
    batch, half, coefficients = 1_000, row.spread / math.sqrt(2), signs(row)
    centres = np.array([intercept(rate, row.spread) for rate in row.rates])[:, None]
    while True:
        shared = random.normal(0, half, (batch, 1, stories))
        own = random.normal(0, half, (batch, len(centres), stories))
        chance = special.expit(centres + shared + own)
        if row.kind is RATE:
            totals = random.binomial(row.rollouts, chance).astype(np.float64)
            squares = totals
        else:
            values = _points(chance, row.rollouts, random)
            totals, squares = values.sum(axis=-1), (values**2).sum(axis=-1)
        for total, square in zip(totals, squares, strict=True):
            pooled = [
                Pooled(coefficient, row.rollouts * stories, float(t.sum()), float(s.sum()))
                for coefficient, t, s in zip(coefficients, total, square, strict=True)
            ]
            yield [Group(coefficients, total / row.rollouts)], pooled


def _points(chance: Floats, rollouts: int, random: np.random.Generator) -> Floats:
    """Gaps: of rollouts that do not protect 70 % are exactly 0, the others off by a little."""
    shape = (*chance.shape, rollouts)
    moved = np.minimum(random.gamma(3, 5, shape), POINTS.ends[1])
    slips = np.where(random.random(shape) < TRUTHFUL, 0.0, random.normal(0, 2, shape))
    return np.where(random.random(shape) < chance[..., None], moved, slips)


def simulate(row: Row, stories: int, datasets: int = DATASETS) -> Result:
    """One row of the page; its seed follows from what it says, so that it can be run alone."""
    words = [stories, row.rollouts, round(100 * row.spread), row.kind is RATE]
    random = np.random.default_rng([SEED, *words, *(round(100 * rate) for rate in row.rates)])
    true, covered, rejected = truth(row), 0, 0
    widths, estimates = np.empty(datasets), np.empty(datasets)
    for number, (groups, pooled) in zip(range(datasets), draw(row, stories, random), strict=False):
        low, high = primary_interval(groups, pooled, row.kind)
        covered += low <= true <= high
        # p < 0.05 and this are the same: tests/test_intervals.py.
        rejected += not low <= 0 <= high
        widths[number], estimates[number] = high - low, float(groups[0].sums.mean())
    share = covered / datasets
    null = len(row.rates) > 1 and len(set(row.rates)) == 1
    return Result(
        100 * share,
        100 * math.sqrt(share * (1 - share) / datasets),
        100 * rejected / datasets if null else None,
        float(np.median(widths)),
        float(estimates.mean()),
    )


def verdict(covered: float) -> str:
    """Where a coverage lies, in a word, allowing three Monte Carlo errors at the band's ends."""
    slack = 3 * 100 * math.sqrt(LOW / 100 * (1 - LOW / 100) / DATASETS)
    if covered < LOW - slack:
        return "under"
    slack = 3 * 100 * math.sqrt(HIGH / 100 * (1 - HIGH / 100) / DATASETS)
    return "over" if covered > HIGH + slack else "within"


class Detectable(NamedTuple):
    """The smallest difference in points that is found with 80 % power."""

    stories: int
    between: float
    rollouts: int
    computed: float
    story: float
    primary: float


def detectable(stories: int, between: float, rollouts: int, within: float = 10.0) -> Detectable:
    """Power by simulation: the 80th percentile of the difference that each dataset would need.

    Story differences are normal, so that a dataset with another effect is the same one, shifted.
    """
    random = np.random.default_rng([SEED, stories, round(between), rollouts])
    kind, base, n = Kind("points", (-1e6, 1e6)), 1_000.0, stories * rollouts
    spread = measured_spread(between, within, rollouts)
    needed = np.empty((DATASETS, 2))
    for number in range(DATASETS):
        values = random.normal(0, within, (2, stories, rollouts))
        values[0] += base + random.normal(0, between, (stories, 1))
        pooled = [
            Pooled(sign, n, float(arm.sum()), float((arm**2).sum()))
            for sign, arm in zip((1.0, -1.0), values, strict=True)
        ]
        groups = [Group((1.0, -1.0), values.mean(axis=2))]
        differences = groups[0].sums
        reach = stats.t.isf(0.025, stories - 1) * differences.std(ddof=1) / math.sqrt(stories)
        low = primary_interval(groups, pooled, kind).low
        needed[number] = base - (differences.mean() - reach), base - low
    story, primary = np.quantile(needed, 0.8, axis=0)
    computed = smallest_effect(stories, spread) or math.nan
    return Detectable(stories, between, rollouts, computed, float(story), float(primary))


HEAD = """# Coverage

How often the primary interval of an estimate holds the truth, and how often the primary test
finds a difference where there is none. Written by `python benchmarks/coverage.py` (ten to fifteen
minutes on one core, seed {seed}, {datasets:,} datasets a row); do not edit. It simulates
`custodes.statistics.primary`, which `statistics.estimates.estimate` prints.

**What is drawn.** The logit of the rate of an arm in a story is a mean + a part of the story,
shared by the arms + a part of the arm in that story; both parts are normal with half of the
variance each, and *story sd* is the standard deviation of their sum. Rollouts are binomial. The
truth is the mean rate over all stories, and the difference of two of them, from the
logistic-normal integral. For points a rollout that protects moves the average by a gamma amount
(shape 3, mean 15, cut at the end of the scale, 40); of the others 70 % hand in the truth, and the
rest is off by a normal error of 2 points. *Rates* are then shares of rollouts that protect.

**What is promised, and where.**

- Every rate between 10 and 90 %, story sd 0.4 or 0.8: coverage is 93 to 97 % at 6, 12 and 24
  stories with 30 rollouts of an arm in a story, and at 3 stories with 300.
- The same with fewer rollouts: never under 93 %, and over 97 % in the rows that say so, which are
  most of those with 3 stories. An interval that is never narrower than that of the pooled counts
  saves the datasets in which three stories agree by chance, and those are most of the 5 % that
  Student's t misses; coverage comes down to 95 % as the stories differ by more
  than their rollouts do. That errs on the safe side, and costs power: see the end of the page.
- Rates near 0 or 1 at a story sd of 0.8, and the rows with a story sd of 1.2 in the third table: at
  least 93 %, and often more.
- A difference is found where there is none in at most 5 % of datasets, everywhere.
- The fourth table shows where this ends, with 91 to 93 % in its worst rows: single rates of 5 to
  10 % and single means of sparse points at a story sd of 1.2 to 1.6 and 3 to 12 stories. At 1.6 one
  story in eight has over six times the odds of the median story, and few stories seldom hold
  one of those that make the mean; where three stories all show nothing, only the exact bound
  of the counts is left.

Bounds allow three Monte Carlo standard errors (0.77 at 93 %, 0.51 at 97 %, 0.65 at 5 %).
*Within*, *over* and *under* refer to 93 to 97 %.
"""

COLUMNS = (
    "stories", "kind", "rates", "story sd", "rollouts", "coverage %", "MC error",
    "false positives %", "median width", "verdict",
)  # fmt: skip


def line(row: Row, stories: int, result: Result) -> str:
    """A row of a table, as Markdown."""
    kind = f"{row.kind.unit}, {'one arm' if len(row.rates) == 1 else 'difference'}"
    width = 100 * result.width if row.kind is RATE else result.width
    cells = (
        str(stories),
        kind,
        " − ".join(f"{100 * rate:.0f} %" for rate in row.rates),
        str(row.spread),
        str(row.rollouts),
        f"{result.covered:.2f}",
        f"{result.error:.2f}",
        "" if result.false is None else f"{result.false:.2f}",
        f"{width:.1f}",
        verdict(result.covered),
    )
    return f"| {' | '.join(cells)} |"


def header(columns: Sequence[str]) -> str:
    """The head of a table, as Markdown."""
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def power_table() -> Iterator[str]:
    """What few stories can show, computed and simulated."""
    yield "\n## Smallest effects\n"
    yield (
        "Differences in points that are found with 80 % power at level 0.05: computed "
        "(`statistics.power`, from the noncentral t), simulated for the story test alone, and for\n"
        "the primary test, which also asks the pooled counts. Rollouts have a standard deviation "
        "of 10 points;\n*between* is the standard deviation over stories of the true difference.\n"
    )
    yield header(("stories", "between", "rollouts", "computed", "story test", "primary test"))
    for stories in STORIES:
        for between, rollouts in ((5.0, 10), (5.0, 30)):
            row = detectable(stories, between, rollouts)
            yield (
                f"| {row.stories} | {row.between:g} | {row.rollouts} | {row.computed:.1f} "
                f"| {row.story:.1f} | {row.primary:.1f} |"
            )


def page() -> Iterator[str]:
    """The page, line by line."""
    yield HEAD.format(seed=SEED, datasets=DATASETS)
    yield "Widths are in points of 100, or in percentage points for rates."
    for section, title in SECTIONS.items():
        yield f"\n## {title}\n"
        yield header(COLUMNS)
        for stories in STORIES:
            for row in rows(stories):
                if row.section == section:
                    yield line(row, stories, simulate(row, stories))
    yield from power_table()


def main() -> None:
    """Write the page, and say how long it took."""
    start, lines = time.perf_counter(), []
    for text in page():
        print(text, flush=True)
        lines.append(text)
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

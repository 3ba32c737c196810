"""How often sequential verdicts are false, and how many rollouts they take; writes a page.

`python benchmarks/sequential.py` takes some minutes on one core and writes `docs/sequential.md`;
`--quick` draws a twentieth and prints the page. Simulated is `statistics.betting.log_capital`, by
which `statistics.betting.stopped` decides.
"""

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from custodes.design.cell import Cell
from custodes.design.contrast import Arm, Contrast
from custodes.design.published import overseers, published
from custodes.design.study import load_study
from custodes.personas.published import MEASURES, rates
from custodes.statistics.betting import log_capital
from custodes.statistics.sequential import GATE, LEAST, cells_of, gate_cells

Floats = NDArray[np.float64]

SEED = 20_260_714
DATASETS = 4_000
STORIES = 3
CEILING = 100
"""Rollouts per cell of the fixed design, and the ceiling of the sequential one."""
LONG = 100
"""Blocks that are looked at for errors: three times as many as the ceiling leaves."""
FAMILY = 3
MARGIN = 0.1
SHARED = 0.5
"""Correlation of the rollouts of a world, half of it shared by the arms."""
INSIDE = 1 - 1e-9
"""The largest mean that can be bet on."""
NEVER = 10**9
"""Blocks of what is never decided."""

PAGE = Path(__file__).parents[1] / "docs" / "sequential.md"
STUDY = load_study("paper")


class Law(NamedTuple):
    """How the rollouts of a contrast come out."""

    plus: Floats
    """Rates of the cells that are added, shape (stories, contexts, cells)."""
    minus: Floats
    """Rates of those taken off, of the same shape but for the cells."""
    apart: bool = True
    """Whether each context has a seed of its own."""

    @property
    def truth(self) -> float:
        """The mean difference over the stories."""
        return float(self.plus.mean() - self.minus.mean())


def law(plus: Sequence[float], minus: Sequence[float], *, apart: bool = True) -> Law:
    """Three stories and contexts of one cell; the rates of each story, the same in all contexts."""
    contexts = 3
    up, down = (
        np.repeat(np.asarray(side, dtype=float)[:, None, None], contexts, 1)
        for side in (plus, minus)
    )
    return Law(up, down, apart)


def draw(of: Law, shape: tuple[int, int], random: np.random.Generator) -> Floats:
    """Units of blocks, shape (datasets, blocks, units): normal scores cut at the rates.

    A score is a part of the world that arms share, one of the world and the arm, and one of its
    own, so that rates hold exactly and worlds make rollouts alike.
    """
    stories, contexts, _ = of.plus.shape
    worlds = (*shape, stories, contexts if of.apart else 1, 1)
    both = random.standard_normal(worlds, dtype=np.float32)
    means = []
    for side in (of.plus, of.minus):
        arm = random.standard_normal(worlds, dtype=np.float32)
        own = random.standard_normal((*shape, *side.shape), dtype=np.float32)
        score = math.sqrt(SHARED / 2) * (both + arm) + math.sqrt(1 - SHARED) * own
        cut = stats.norm.ppf(side).astype(np.float32)
        means.append((score < cut).mean(axis=-1))
    units = means[0] - means[1]
    return np.asarray(units.reshape(*shape, -1) if of.apart else units.mean(axis=-1))


class Stops(NamedTuple):
    """Blocks at which each verdict is reached, `NEVER` where it is not, shape (datasets,)."""

    above: NDArray[np.int64]
    below: NDArray[np.int64]
    equivalent: NDArray[np.int64]

    @property
    def at(self) -> NDArray[np.int64]:
        """Blocks at which the first verdict is reached."""
        return np.minimum(np.minimum(self.above, self.below), self.equivalent)

    def shares(self, blocks: int) -> dict[str, float]:
        """The share of datasets with each verdict after so many blocks; a sign goes first."""
        done = self.at <= blocks
        above = done & (self.above == self.at)
        below = done & (self.below == self.at) & ~above
        found = {"above": above, "below": below, "equivalent": done & ~above & ~below}
        return {name: float(flags.mean()) for name, flags in found.items()}


class Seen(NamedTuple):
    """What came of many datasets."""

    stops: Stops
    missed: NDArray[np.bool_]
    """Datasets in which the confidence sequence ever leaves out the truth."""
    odds: Floats
    """Share of units with each value."""
    values: Floats
    units: int
    """Units of a block."""


BATCH = 500
"""Datasets that are held in memory at a time."""


def seen(of: Law, shape: tuple[int, int], name: object, margin: float = MARGIN) -> Seen:
    """Datasets of a law, with a seed that follows from the name, so that it can be run alone."""
    random = np.random.default_rng([SEED, *str(name).encode()])
    datasets, blocks = shape
    size = of.plus.shape[2] * of.minus.shape[2] * (1 if of.apart else of.plus.shape[1])
    values = np.arange(-size, size + 1) / size
    found = []
    for start in range(0, datasets, BATCH):
        units = draw(of, (min(BATCH, datasets - start), blocks), random)
        codes = np.rint((units + 1) * size).astype(np.int64)
        marks = [(codes == code).sum(axis=-1).cumsum(axis=-1) for code in range(2 * size + 1)]
        counts = np.stack(marks, axis=-1).astype(np.float64)
        found.append((*stops(counts, values, margin), missed(counts, values, of.truth), counts))
    above, below, equivalent, wrong = (
        np.concatenate(side) for side in list(zip(*found, strict=True))[:4]
    )
    last = sum(entry[4][:, -1].sum(axis=0) for entry in found)
    return Seen(Stops(above, below, equivalent), wrong, last / last.sum(), values, units.shape[-1])


def stops(counts: Floats, values: Floats, margin: float) -> Stops:
    """When each verdict is reached, as `statistics.betting.stopped` has it."""
    sign, inside = math.log(2 * FAMILY / 0.05), math.log(FAMILY / 0.05)
    ends = [first(log_capital(counts, turn * values, -margin) >= inside) for turn in (1, -1)]
    return Stops(
        first(log_capital(counts, values, 0.0) >= sign),
        first(log_capital(counts, -values, 0.0) >= sign),
        np.maximum(*ends),
    )


def first(reached: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number of blocks at which something is first reached, `NEVER` where it is not."""
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, NEVER)


def missed(counts: Floats, values: Floats, truth: float) -> NDArray[np.bool_]:
    """Datasets in which the confidence sequence ever leaves out the truth."""
    sign, truth = math.log(2 * FAMILY / 0.05), min(max(truth, -INSIDE), INSIDE)
    sides = [log_capital(counts, turn * values, turn * truth) >= sign for turn in (1, -1)]
    return np.asarray((sides[0] | sides[1]).any(axis=1))


NULLS: dict[str, Law] = {
    "2 % in both arms": law([0.02] * 3, [0.02] * 3),
    "10 % in both arms": law([0.1] * 3, [0.1] * 3),
    "50 % in both arms": law([0.5] * 3, [0.5] * 3),
    "50 % in both arms, contexts share seeds": law([0.5] * 3, [0.5] * 3, apart=False),
    "98 % in both arms": law([0.98] * 3, [0.98] * 3),
    "stories differ by +30, 0 and −30": law([0.6, 0.5, 0.4], [0.3, 0.5, 0.7]),
    "stories differ by +30, 0 and −30, contexts share seeds": law(
        [0.6, 0.5, 0.4], [0.3, 0.5, 0.7], apart=False
    ),
    "stories differ by +60, −30 and −30": law([0.7, 0.1, 0.1], [0.1, 0.4, 0.4]),
}
"""No difference on average over the stories."""

EDGES: dict[str, Law] = {
    "10 % and 0 %": law([0.1] * 3, [1e-12] * 3),
    "15 % and 5 %": law([0.15] * 3, [0.05] * 3),
    "55 % and 45 %": law([0.55] * 3, [0.45] * 3),
    "55 % and 45 %, contexts share seeds": law([0.55] * 3, [0.45] * 3, apart=False),
    "stories differ by 30, 0 and 0": law([0.3, 0.05, 0.05], [1e-12, 0.05, 0.05]),
    "stories differ by 40, −5 and −5": law([0.45, 0.05, 0.05], [0.05, 0.1, 0.1]),
}
"""A difference that is exactly the margin, 10 points."""


def errors(datasets: int) -> Iterator[str]:
    """Tables of false verdicts."""
    columns = ("rates", "false verdicts %", "bounds that ever miss %")
    yield header(columns)
    for name, of in NULLS.items():
        yield _errors(name, seen(of, (datasets, LONG), name), null=True)
    yield "\n**A difference that is exactly the margin.** False are *equivalent* and *below*.\n"
    yield header(columns)
    for name, of in EDGES.items():
        yield _errors(name, seen(of, (datasets, LONG), name), null=False)
    yield f"\n{family_error(datasets)}"


def _errors(name: str, found: Seen, *, null: bool) -> str:
    """A row of a table of false verdicts."""
    share = 100 * false(found, null=null).mean()
    return f"| {name} | {share:.2f} | {100 * found.missed.mean():.2f} |"


def false(found: Seen, *, null: bool) -> NDArray[np.bool_]:
    """Datasets in which a verdict is ever reached that is false: of 0, or of the margin."""
    wrong = found.stops.above if null else found.stops.equivalent
    return np.asarray(np.minimum(wrong, found.stops.below) < NEVER)


def family_error(datasets: int) -> str:
    """How often any of three contrasts is decided falsely."""
    null, edge = NULLS["50 % in both arms"], EDGES["10 % and 0 %"]
    family = [
        seen(of, (datasets, LONG), ("family", number))
        for number, of in enumerate((null, null, edge))
    ]
    wrong = np.any([false(one, null=one is not family[-1]) for one in family], axis=0)
    miss = np.any([one.missed for one in family], axis=0)
    return (
        "**A family.** Three contrasts, two of no difference (50 % in both arms) and one at the "
        f"margin (10 % and 0 %):\nsome verdict is false in {100 * wrong.mean():.2f} % of runs, "
        f"some bound ever misses in {100 * miss.mean():.2f} %; 5 % are allowed."
    )


class Cost(NamedTuple):
    """What a contrast takes."""

    rollouts: float
    """Mean per cell, of `CEILING`."""
    least: float
    """Per cell, of whoever knew the law and staked the best share of all."""
    shares: dict[str, float]
    """Verdicts; what is left is undecided at the ceiling."""


def cost(of: Law, datasets: int, name: object, margin: float = MARGIN) -> Cost:
    """What a contrast takes, from the least of every cell up to the ceiling."""
    blocks = CEILING // STORIES
    found = seen(of, (datasets, blocks), (name, margin), margin)
    used = np.clip(found.stops.at, LEAST / STORIES, blocks).mean() * STORIES
    return Cost(
        float(used), min(least(found, margin), blocks * STORIES), found.stops.shares(blocks)
    )


def least(found: Seen, margin: float) -> float:
    """Rollouts per cell at which the mean log capital of the best share reaches its threshold."""
    shares = np.linspace(0.001, 0.999, 200)[:, None]

    def blocks(turn: int, null: float, threshold: float) -> float:
        """Blocks that a bet on a mean over `null` takes."""
        factor = 1 + shares * (turn * found.values - null) / (1 + null)
        growth = float((found.odds * np.log(factor)).sum(axis=1).max())
        return threshold / growth / found.units if growth > 0 else math.inf

    sign, inside = math.log(2 * FAMILY / 0.05), math.log(FAMILY / 0.05)
    signs = [blocks(turn, 0.0, sign) for turn in (1, -1)]
    ends = [blocks(turn, -margin, inside) for turn in (1, -1)]
    return max(LEAST, min(*signs, max(ends)) * STORIES)


def effects(datasets: int) -> Iterator[str]:
    """Effects from 0 to 100 points, of a base of nothing and around 50 %."""
    yield header(
        ("effect", "base", "contexts", "rollouts per cell", "fixed ÷ sequential", *VERDICTS)
    )
    for base in ("none", "middle"):
        for points in range(0, 101, 10):
            rate = points / 100
            ends = (rate, 1e-12) if base == "none" else ((1 + rate) / 2, (1 - rate) / 2)
            for words, of in (
                ("3, own seeds", law([ends[0]] * 3, [ends[1]] * 3)),
                ("3, shared seeds", law([ends[0]] * 3, [ends[1]] * 3, apart=False)),
                ("1", _single(law([ends[0]] * 3, [ends[1]] * 3))),
            ):
                found = cost(of, datasets, (base, points, words))
                where = "0 %" if base == "none" else "around 50 %"
                yield (
                    f"| {points} | {where} | {words} | {found.rollouts:.1f} "
                    f"| {CEILING / found.rollouts:.1f} | {verdicts(found.shares)} |"
                )


def _single(of: Law) -> Law:
    """One context of three."""
    return Law(of.plus[:, :1], of.minus[:, :1])


VERDICTS = ("above %", "below %", "equivalent %", "undecided %")


def verdicts(shares: dict[str, float]) -> str:
    """Shares of verdicts as columns."""
    found = [100 * share for share in shares.values()]
    return " | ".join(f"{share:.0f}" for share in (*found, max(0.0, 100 - sum(found))))


class Case(NamedTuple):
    """A published comparison."""

    overseer: str
    contrast: Contrast
    primary: bool
    of: Law
    cells: tuple[Cell, ...]


@cache
def cases() -> tuple[Case, ...]:
    """Contrasts of the paper study for each overseer of which both sides were published."""
    found = []
    for contrast in (*STUDY.contrasts.primary, *STUDY.contrasts.exploratory):
        arms, cells = contrast.arms(STUDY.cells), cells_of(STUDY, contrast)
        found += [
            Case(
                overseer,
                contrast,
                contrast in STUDY.contrasts.primary,
                law_of(overseer, arms),
                cells,
            )
            for overseer in overseers()
            if all(has_figure(overseer, cell) for cell in cells)
        ]
    return tuple(sorted(found, key=lambda case: overseers().index(case.overseer)))


def has_figure(overseer: str, cell: Cell) -> bool:
    """Whether the rate of a cell was published; a gap of monitoring is all in one arm."""
    return any(
        (row.overseer, row.measure) == (overseer, MEASURES[cell.scenario])
        and (row.subject, row.history) == (cell.subject, cell.history)
        for row in published()
    )


def law_of(overseer: str, arms: Sequence[Arm]) -> Law:
    """The rates of a contrast as `persona/published-OVERSEER` draws them, alike in all stories."""
    sides = []
    for sign in (1, -1):
        (arm,) = (arm for arm in arms if arm.coefficient == sign)
        own = np.array([[rates(overseer, cell)[0] for cell in found] for found in arm.contexts])
        sides.append(np.repeat(own.clip(1e-12, 1 - 1e-12)[None], STORIES, 0))
    return Law(sides[0], sides[1])


def table(datasets: int) -> Iterator[str]:
    """What the published comparisons would have taken."""
    yield header(
        (
            "overseer",
            "contrast",
            "rates %",
            "rollouts per cell",
            "fixed ÷ sequential",
            "rates known",
            *VERDICTS,
        )
    )
    found = [
        (case, cost(case.of, datasets, (case.overseer, case.contrast.name))) for case in cases()
    ]
    for case, own in found:
        rate = f"{100 * case.of.plus.mean():.1f} − {100 * case.of.minus.mean():.1f}"
        star = "" if case.primary else " (exploratory)"
        yield (
            f"| {case.overseer} | {case.contrast.name}{star} | {rate} | {own.rollouts:.1f} "
            f"| {CEILING / own.rollouts:.1f} | {own.least:.1f} | {verdicts(own.shares)} |"
        )
    yield "\n**In total,** the fixed design ÷ the sequential one, over the contrasts' cells:\n"
    yield header(("margin", "contrasts", "own seeds", "shared seeds", "rates known"))
    by_margin: dict[tuple[float, str], tuple[float, float, float]] = {}
    for margin in (0.05, 0.1, 0.15, 0.2):
        for chosen in ("primary", "all"):
            some = [case for case in cases() if case.primary or chosen == "all"]
            totals = by_margin[margin, chosen] = total(some, datasets, margin)
            words = " | ".join(f"{value:.1f}" for value in totals)
            yield f"| {100 * margin:.0f} points | {chosen} | {words} |"
    reached, _, best = by_margin[MARGIN, "primary"]
    yield GOAL.format(margin=100 * MARGIN, reached=reached, best=best)
    yield whole(found)


def total(chosen: Sequence[Case], datasets: int, margin: float) -> tuple[float, float, float]:
    """The fixed design as a multiple: of own seeds, of shared seeds, of the least there is."""
    fixed, used = 0.0, np.zeros(3)
    for case in chosen:
        size = len(case.cells)
        words = (case.overseer, case.contrast.name)
        apart = cost(case.of, datasets, words, margin)
        together = cost(case.of._replace(apart=False), datasets, words, margin)
        fixed += size * CEILING
        used += size * np.array([apart.rollouts, together.rollouts, apart.least])
    own, shared, bound = (float(fixed / value) for value in used)
    return own, shared, bound


def whole(found: Sequence[tuple[Case, Cost]]) -> str:
    """What a run of the whole study takes, where all that no primary contrast needs stops early."""
    names = tuple(dict.fromkeys(case.overseer for case, _ in found))
    gates = list(gate_cells(STUDY))
    base = {cell: float(LEAST) for cell in STUDY.cells}
    for gate in gates:
        base |= {cell: max(base[cell], math.ceil(GATE / len(gate))) for cell in gate}
    fixed = used = 0.0
    for overseer in names:
        own = dict(base)
        for contrast in STUDY.contrasts.primary:
            known = [
                cost
                for case, cost in found
                if (case.overseer, case.contrast) == (overseer, contrast)
            ]
            # What was not published is taken to go on to the ceiling.
            rollouts = known[0].rollouts if known else float(CEILING)
            own |= {cell: max(own[cell], rollouts) for cell in cells_of(STUDY, contrast)}
        fixed += CEILING * len(own)
        used += sum(own.values())
    primary = {cell for one in STUDY.contrasts.primary for cell in cells_of(STUDY, one)}
    return WHOLE.format(
        cells=len(STUDY.cells),
        primary=len(primary),
        overseers=len(names),
        ceiling=CEILING,
        fixed=fixed,
        used=used,
        factor=fixed / used,
        least=LEAST,
    )


GOAL = """
A goal of five times fewer rollouts over the table was set. With a margin of {margin:.0f} points the
primary contrasts take {reached:.1f} times fewer, and whoever knew the rates would take {best:.1f}
times fewer: large differences are found with a tenth, but half of the table are differences of 1 to
15 points, which take most of 100 rollouts to tell from 0 or from the margin."""

WHOLE = """
**The whole study.** The {cells} cells of `paper` with {ceiling} rollouts each are {fixed:,.0f}
rollouts for these {overseers} overseers. With `--until decided` it would be {used:,.0f},
{factor:.1f} times fewer, if primary contrasts without a published figure go on to the ceiling.
Most of that is no statistics: its primary contrasts need {primary} cells, and all but these and
those of their gates stop at {least} rollouts. Rates and exploratory contrasts of the others are
as wide as {least} rollouts make them."""

HEAD = """# Sequential designs

`custodes run STUDY --until decided` goes on with the cells of a primary contrast until it is
decided. Written by `python benchmarks/sequential.py` (seed {seed}, {datasets:,} datasets a row);
do not edit. It simulates `custodes.statistics.betting.log_capital`, by which
`custodes.statistics.sequential.decisions` decides.

## What a verdict says

- **above**, **below**: the difference, averaged over the study's own stories, is over or under 0.
- **equivalent**: that average is nearer to 0 than the margin of the contrast.
- **undecided**: none of these, when the ceiling was reached.

A verdict is **conditional on the stories**. Run again with the same stories and other chance,
some verdict would be false in at most 5 % of runs, over all primary contrasts of a model
together, however often one looks and whatever the reason for stopping. It says **nothing of new
stories**: with three stories an effect that one of them has is an effect on average.

Of new stories speaks the story-level interval beside it. It is no rule for stopping, and its 95
% are computed for a number of rollouts that is fixed in advance; after a sequential run it
describes. Estimates at the time of stopping are on average too far from 0, since large values
stop a run; the sequential bounds hold all the same.

## How it decides

A block is one rollout of each cell of the contrast in each story, with a seed that the arms
share. Its units are the differences in each story or, where every context (channel, work, ...)
has seeds of its own, in each story and context. Bounds are a confidence sequence by betting: its
error holds at all numbers of blocks together, with no assumption on how values are distributed
between their ends. Stories may differ; the bet is on their average. The 5 % are shared equally
among the primary contrasts of a study (Bonferroni).

That the units of a block are independent given the past rests on their seeds alone. A provider that
drifts or routes by chance can strike all rollouts of a block's arm together: at a common sign in
half of the blocks 9 % of verdicts would be false. Nothing here sees that.

Blocks count up to the first replicate of which some rollout has no row. What was still running
at a deadline or an interruption may be slow for a reason, so it cannot choose the blocks; once the
same command has run it, the later ones count too.

A rollout that ended in an error of the machinery counts as its worst end in both directions: for
the lower bound at the end of the scale that lowers the difference, for the upper bound at the one
that raises it. The bounds hold whatever the rollouts would have shown, so no verdict rests on
which of them failed; errors only make verdicts later, and are counted beside the blocks.

A rollout that ended only at a further try counts as its worst end in both directions, too, and is
counted beside the errors: a model draws anew at each try, so that of rollouts which were cut off
for being slow, or failed for what they did, only the tries that end would be seen. Earlier tries
(column `retries`) are errors, of which `--retry-on-error` (once by itself on machines) and later
commands make another try, and what was cut off at a deadline, by Ctrl-C or SIGTERM. So a deadline
costs what runs at it. A further try moves no other block. What was lost with a process that was
killed (`kill -9`, a second Ctrl-C, a node that is gone) leaves no trace and is drawn anew: kills
are taken for chance. So are calls of a model that were made again within a rollout, after an
error of the provider's. `--timeout` draws long answers anew, and is in no key: give it alike in
all commands of a run, since what it cuts is then part of what the overseer is.

A rollout that handed nothing in counts as everywhere: facts that were not seen are 0. Points that
were not handed in are put at the end of the scale that speaks against the verdict.

A rollout that stands in the rows twice, as in a report of two seeds, leaves no verdict: which of
the two counts would be chance. Only models whose own run was until decided are given one.

Seven units that all show the largest difference decide a single contrast, nine one of three. A
ceiling that leaves fewer decides nothing; `custodes plan STUDY` says what each contrast takes.

**Gates.** Every cell gets at least {least} rollouts, and the cells of a gate (nothing at stake,
asked to protect) of a primary contrast's work at least {gate} together, whatever is decided, as
far as the study has such cells and its ceiling lets them. Where it has none, or nobody protected
when asked to, a verdict stands without the gate and says *competence not tested* or *sensitivity
not tested*, and the run says before it begins where cells are lacking. `paper` has none for any of
its primary contrasts, and `quick` none that are asked to protect.
A cell of a primary contrast that fails a gate of its own (material read, history met: 80 % of the
cell) goes on to {gate} rollouts, too: an overseer that reads 95 % of the time fails some cell of
six with 36 % at 9 rollouts and with 4 % at 24. As it stops once the gate is passed, one that reads
60 % of the time passes in a cell with 27 %, where 6 rollouts alone let 23 % pass. Gates are judged
as always, and what they ban is not evaluable, whatever the bounds say; the ban stands first.

## Error rates

Up to {long} blocks, three stories, three contexts, three contrasts in a family: a verdict may be
false in 1.67 % of datasets, and in as many may the bounds ever miss the truth. Worlds make
rollouts alike (correlation {shared:g}, half of it shared by the arms). Here and below, simulated
rollouts never end in errors and always read: errors make no verdict more often false, but later,
and a cell that fails its gate takes up to {gate} rollouts.

**No difference on average.** False are *above* and *below*.
"""


EFFECTS = """
## Rollouts by size of the effect

Three stories, margin {margin:.0f} points, ceiling {ceiling} per cell, three contrasts in a
family. Contexts are what an arm averages over; the fixed design has the same ones.
"""

TABLE = """
## Rollouts over the published table

Contrasts of the study `paper` of which both sides were published, with the rates of the
published personas (`custodes.personas.published`), alike in all stories; crossings stand in for
points. Each is one of three in a family; margin {margin:.0f} points, own seeds. *Rates known* is
what somebody would need on average who knew the rates and staked the best share on them: what
such error rates and bounds cost at all.
"""


def page(datasets: int) -> Iterator[str]:
    """The page, line by line."""
    yield HEAD.format(
        seed=SEED, datasets=datasets, least=LEAST, gate=GATE, long=LONG, shared=SHARED
    )
    yield from errors(datasets)
    yield EFFECTS.format(margin=100 * MARGIN, ceiling=CEILING)
    yield from effects(datasets // 4)
    yield TABLE.format(margin=100 * MARGIN)
    yield from table(datasets // 4)


def header(columns: Sequence[str]) -> str:
    """The head of a table, as Markdown."""
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def main() -> None:
    """Write the page, or print it from fewer datasets, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few datasets, nothing written")
    quick = parser.parse_args().quick
    start, lines = time.perf_counter(), []
    for text in page(DATASETS // 20 if quick else DATASETS):
        print(text, flush=True)
        lines.append(text)
    if not quick:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

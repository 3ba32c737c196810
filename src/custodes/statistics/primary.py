"""The primary interval and test: over stories, and never narrower than the pooled counts.

Plain numbers in, plain numbers out: `benchmarks/coverage.py` simulates these very functions.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import fisher_exact

from custodes.design.scales import Unit
from custodes.statistics.combination import Arm, mover, p_value
from custodes.statistics.interval import LEVEL, Interval, hull
from custodes.statistics.means import mean_interval
from custodes.statistics.proportions import exact, wilson
from custodes.statistics.skew import Group, points_reach, rate_reach
from custodes.statistics.stories import BOOTSTRAP_FROM, Values, story_interval, story_p

BELOW = 0.0499
"""The largest p value of a difference whose interval leaves out 0."""


class Pooled(NamedTuple):
    """The values of a term, over all its cells and stories."""

    coefficient: float
    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean over rollouts."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """What independent rollouts would give the mean as variance."""
        return max(0.0, self.squares / self.n - self.mean**2) / self.n


class Kind(NamedTuple):
    """What the values are."""

    unit: Unit
    ends: tuple[float, float]
    """The lowest and the highest value of one rollout."""


def primary_interval(
    groups: Sequence[Group], pooled: Sequence[Pooled], kind: Kind, level: float = LEVEL
) -> Interval:
    """The story interval, widened to that of the pooled counts where that reaches further.

    Stories are skewed where rates are near 0 or 1 or few rollouts move a mean, and more so the
    larger an effect is. Therefore the end away from 0 reaches at least as far as an interval
    that allows for skew (`skew.rate_reach`, `skew.points_reach`); the end towards 0 stays, so
    that the interval leaves out 0 exactly where `primary_p` is below 1 − level. A single mean
    has no test, and both its ends do; of a single rate below 12 stories the t interval is made
    on the logit at once. Without two stories in every group only the pooled one is left.
    """
    floor = floor_interval(pooled, kind, level)
    sums = [group.sums for group in groups]
    story = story_interval(sums, level) if groups else None
    if story is None:
        return floor.within(*ends_of(pooled, kind))
    value = sum(float(np.mean(group)) for group in sums)
    reach = rate_reach(groups, level) if kind.unit == "rate" else points_reach(sums, level)
    if not is_single(pooled):
        low, high = min(value, reach.low), max(value, reach.high)
        reach = Interval(low if value < 0 else value, high if value > 0 else value)
    elif on_logit(sums, kind.unit):
        story = reach
    return hull(story, floor, reach).within(*ends_of(pooled, kind))


def on_logit(sums: Sequence[Values], unit: Unit) -> bool:
    """Whether the t interval of a single mean is made on the logit: rates of few stories."""
    return unit == "rate" and len(sums) == 1 and len(sums[0]) < BOOTSTRAP_FROM


def primary_p(groups: Sequence[Group], pooled: Sequence[Pooled], kind: Kind) -> float:
    """The p value against 0: the larger of story-level and pooled."""
    counts = _counts_p(pooled, kind)
    sums = [group.sums for group in groups]
    story = story_p(sums) if groups else None
    if story is None:
        return counts
    over_stories = sum(float(np.mean(group)) for group in sums)
    over_counts = sum(entry.coefficient * entry.mean for entry in pooled)
    # Where the two point in different directions, the interval that spans both holds 0.
    return 1.0 if over_stories * over_counts < 0 else max(counts, story)


def _counts_p(pooled: Sequence[Pooled], kind: Kind) -> float:
    """The p value of the pooled counts.

    That of the interval decides at 5 %; below, the tail of Newcombe's interval is no measure
    of evidence, and two rates have at least the p value of Fisher's exact test.
    """
    p = p_value(arms_of(pooled, kind))
    if p >= 1 - LEVEL or kind.unit != "rate" or [abs(e.coefficient) for e in pooled] != [1, 1]:
        return p
    table = [[round(entry.total), entry.n - round(entry.total)] for entry in pooled]
    return max(p, min(float(fisher_exact(table).pvalue), BELOW))


def floor_interval(pooled: Sequence[Pooled], kind: Kind, level: float = LEVEL) -> Interval:
    """The interval of the pooled counts, than which the primary one is never narrower."""
    if is_single(pooled) and kind.unit == "rate":
        return exact(round(pooled[0].total), pooled[0].n, level)
    return mover(arms_of(pooled, kind), level)


def is_single(pooled: Sequence[Pooled]) -> bool:
    """Whether it is one mean as it is, and no difference."""
    return len(pooled) == 1 and pooled[0].coefficient == 1


def arms_of(pooled: Sequence[Pooled], kind: Kind) -> list[Arm]:
    """The terms as arms of the pooled interval."""
    return [Arm(entry.coefficient, entry.mean, _limits(entry, kind)) for entry in pooled]


def ends_of(pooled: Sequence[Pooled], kind: Kind) -> tuple[float, float]:
    """The lowest and the highest value that the combination can take."""
    low, high = kind.ends
    reach = [sorted((entry.coefficient * low, entry.coefficient * high)) for entry in pooled]
    return sum(low for low, _ in reach), sum(high for _, high in reach)


def _limits(entry: Pooled, kind: Kind) -> Callable[[float], Interval]:
    """From a level to the limits of a term's pooled mean."""
    if kind.unit == "rate":
        return lambda level: wilson(round(entry.total), entry.n, level)
    return lambda level: mean_interval(entry.n, entry.total, entry.squares, kind.ends, level)

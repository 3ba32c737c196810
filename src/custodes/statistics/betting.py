"""Bounds that hold at every number of blocks together: a mean of bounded values, by betting.

Who stakes the share f of a capital on the mean of values in [−1, 1] being over m multiplies it by
1 + f (x − m) / (1 + m) at a unit x. Where the mean is at most m, so is that factor's at most 1: the
capital is an e-process, which ever reaches 1/alpha with probability alpha at most (Ville 1939;
Waudby-Smith and Ramdas 2024, Journal of the Royal Statistical Society B 86:1-27, section 4). Shares
are fixed, and the capital is the mean of that of several, a mixture as in Orabona and Jun 2024
(IEEE Transactions on Information Theory 70:436-455).

The units of a block are taken to be independent given the past, but not alike: they come from
several stories. That worlds of their own seeds make them so is an assumption: a provider that
drifts, or sends all rollouts of a moment another way, strikes the units of a block together, and
errors are then more frequent than alpha (9 % of verdicts at a common sign in half of the blocks).
As the share is the same in all of them, the mean of the product of k factors is at most the k-th
power of 1 + f (mean of their means − m) / (1 + m), geometric means being at most arithmetic ones.
So only the average over the stories has to be at most m; stories that differ make bounds wider, not
wrong.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]

Verdict = Literal["undecided", "above", "below", "equivalent"]
"""What a contrast has been found to be: nothing yet, over 0, under 0, or within the margin."""

SHARES = np.array([0.125, 0.25, 0.5, 0.75, 1.0])
"""Shares of the most that can be staked, with equal weight: small ones for means near m, large
ones for values that hardly vary."""

STEPS = 50
"""Halvings of [−1, 1] until a bound is exact to the last digit that matters."""

NOTHING = 1e-300
"""What a factor of 0 is counted as, so that its log times no unit is 0."""

ROUNDING = 1e-9
"""By how much a mean of values in [−1, 1] may be outside by the rounding of floats."""


class Sequence(NamedTuple):
    """The bounds after each block, shape (blocks,); they never widen."""

    low: Floats
    high: Floats


class Stopped(NamedTuple):
    """A verdict and the number of blocks at which it was reached; None while undecided."""

    verdict: Verdict
    blocks: int | None


def log_capital(counts: Floats, values: Floats, null: ArrayLike) -> Floats:
    """The log of the capital after each block of whoever bets on a mean over `null`.

    It falls as `null` rises, whatever the data are.

    Args:
        counts: Units so far with each value, shape (..., blocks, values).
        values: The values that units have, in [−1, 1].
        null: A mean above −1 and under 1, or one for each of (..., blocks).
    """
    null = np.asarray(null, dtype=np.float64)[..., None]
    factor = 1 + SHARES[(..., *[None] * counts.ndim)] * ((values - null) / (1 + null))
    logs = (counts * np.log(np.maximum(factor, NOTHING))).sum(axis=-1)
    return np.asarray(logsumexp(logs, axis=0) - math.log(len(SHARES)))


def sequence(low: Floats, high: Floats, alpha: float) -> Sequence:
    """The confidence sequence of a mean: over all numbers of blocks together it errs with alpha.

    Args:
        low: Units in [−1, 1], shape (blocks, units); where something is missing, at its lowest.
        high: The same at its highest.
        alpha: Probability in (0, 1) that the mean is ever outside, half of it on each side.

    Raises:
        ValueError: When a unit is missing or outside [−1, 1].
    """
    return Sequence(_lowest(checked(low), alpha / 2), -_lowest(-checked(high), alpha / 2))


def stopped(low: Floats, high: Floats, margin: float, alpha: float) -> Stopped:
    """The first verdict on a mean, false with probability alpha at most, however long one looks.

    Above (below): the capital of who bets on a mean over (under) 0 reaches 2/alpha. Equivalent:
    those of who bets on one over −margin and of who bets on one under the margin both reach
    1/alpha (two one-sided tests, Schuirmann 1987: if the mean is beyond one end, it is that test
    that has to err, and whoever then calls the sign wrongly errs in the same test).

    Args:
        low: Units as in `sequence`.
        high: Units as in `sequence`.
        margin: How far from 0 still counts as none, in (0, 1).
        alpha: Probability of a false verdict.

    Raises:
        ValueError: When a unit is missing or outside [−1, 1], or the margin is not inside (0, 1).
    """
    if not 0 < margin < 1:
        raise ValueError(f"a margin has to be over 0 and under the whole range, got {margin:g}")
    up, down = tallied(checked(low)), tallied(-checked(high))
    return first_of(
        above=log_capital(*up, 0.0),
        below=log_capital(*down, 0.0),
        over=log_capital(*up, -margin),
        under=log_capital(*down, -margin),
        alpha=alpha,
    )


def first_of(*, above: Floats, below: Floats, over: Floats, under: Floats, alpha: float) -> Stopped:
    """The first verdict from log capitals, shape (blocks,); a sign goes before equivalence."""
    sign, inside = math.log(2 / alpha), math.log(1 / alpha)
    reached: dict[Verdict, int | None] = {
        "above": first(above >= sign),
        "below": first(below >= sign),
        "equivalent": _later(first(over >= inside), first(under >= inside)),
    }
    times = {name: time for name, time in reached.items() if time is not None}
    if not times:
        return Stopped("undecided", None)
    verdict = min(times, key=lambda name: times[name])
    return Stopped(verdict, times[verdict])


def first(reached: NDArray[np.bool_]) -> int | None:
    """The number of blocks at which something is first reached, or None."""
    return int(reached.argmax()) + 1 if reached.any() else None


def _later(one: int | None, other: int | None) -> int | None:
    """The later of two times, or None where one never comes."""
    return None if one is None or other is None else max(one, other)


def tallied(units: Floats) -> tuple[Floats, Floats]:
    """How many units have had each value after each block, and the values."""
    values, codes = np.unique(units, return_inverse=True)
    marks = np.zeros((len(units), len(values)))
    np.add.at(marks, (np.arange(len(units))[:, None], codes.reshape(units.shape)), 1.0)
    return marks.cumsum(axis=0), values


def _lowest(units: Floats, alpha: float) -> Floats:
    """The largest mean that is refuted after each block, −1 where none is, shape (blocks,)."""
    counts, values = tallied(units)
    low, high = np.full(len(units), -1.0), np.full(len(units), 1.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        refuted = log_capital(counts, values, middle) >= math.log(1 / alpha)
        low, high = np.where(refuted, middle, low), np.where(refuted, high, middle)
    return np.maximum.accumulate(low)


def checked(units: Floats) -> Floats:
    """Units that are all there and in [−1, 1].

    Raises:
        ValueError: When they are not.
    """
    units = np.asarray(units, dtype=np.float64)
    if units.ndim != 2 or (len(units) and not units.shape[1]):  # noqa: PLR2004 blocks and units
        raise ValueError(f"units have the shape (blocks, units), got {units.shape}")
    if np.isnan(units).any():
        raise ValueError("a unit is missing; only complete blocks count")
    if units.size and np.abs(units).max() > 1 + ROUNDING:
        worst = units.flat[np.abs(units).argmax()]
        raise ValueError(f"a unit is {worst:g}, outside [−1, 1]; divide by the reach of the scale")
    return np.asarray(units.clip(-1, 1))

"""Inference over stories: the unit that a result generalises to."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from custodes.statistics.interval import LEVEL, Interval

FEWEST = 2
"""Stories that a variance takes."""

BOOTSTRAP_FROM = 12
"""Stories from which on the bootstrap replaces Student's t."""

EXACT_UP_TO = 15
"""Stories up to which all signs are gone through, and none is drawn."""

DRAWS = 9_999
"""Sign vectors that are drawn where there are more stories."""

SEED = 20_260_419
"""Seed of those draws, so that a table gives the same interval every time."""

Values = NDArray[np.float64]
"""A value for each story."""


def story_interval(groups: Sequence[Values], level: float = LEVEL) -> Interval | None:
    """The interval of the sum of the means of one or more groups of stories.

    One group (a scenario) of at least 12 stories: wild cluster bootstrap with the null
    imposed and Rademacher signs (Cameron, Gelbach and Miller 2008), inverted. For a mean
    over clusters this is the sign-flip test, and its interval follows in closed form: a
    mean μ is accepted by a sign vector where it lies between the means of the stories that
    it leaves and of those that it turns (compare Hartigan 1969). Fewer stories: Student's t
    with G − 1 degrees of freedom. Several groups: Welch's t with Satterthwaite's degrees of
    freedom, since stories of different scenarios are drawn apart.

    Returns:
        None where a group has fewer than two stories.
    """
    if any(len(group) < FEWEST for group in groups):
        return None
    if len(groups) == 1 and len(groups[0]) >= BOOTSTRAP_FROM:
        low, high = _accepted(groups[0])
        below = np.quantile(low, 1 - level, method="lower")
        return Interval(float(below), float(np.quantile(high, level, method="higher")))
    value, error, freedom = moments(groups)
    reach = t_quantile(level, freedom) * error if error else 0.0
    return Interval(value - reach, value + reach)


def story_p(groups: Sequence[Values], null: float = 0.0) -> float | None:
    """The two-sided p value that goes with `story_interval`; None where there is none."""
    if any(len(group) < FEWEST for group in groups):
        return None
    if len(groups) == 1 and len(groups[0]) >= BOOTSTRAP_FROM:
        low, high = _accepted(groups[0])
        return float(np.mean((low <= null) & (null <= high)))
    value, error, freedom = moments(groups)
    if error == 0:
        return 1.0 if value == null else 0.0
    return float(2 * stats.t.sf(abs(value - null) / error, freedom))


@lru_cache(maxsize=4096)
def t_quantile(level: float, freedom: float) -> float:
    """How many standard errors a two-sided t interval reaches to either side."""
    return float(stats.t.ppf((1 + level) / 2, freedom))


def moments(groups: Sequence[Values]) -> tuple[float, float, float]:
    """The sum of the groups' means, its standard error and its degrees of freedom."""
    value = sum(float(np.mean(group)) for group in groups)
    parts = [float(np.var(group, ddof=1)) / len(group) for group in groups]
    variance = sum(parts)
    if variance <= 1e-18 * max(1.0, value * value):
        return value, 0.0, 1.0
    spent = sum(
        part**2 / (len(group) - 1) for part, group in zip(parts, groups, strict=True) if part
    )
    return value, variance**0.5, variance**2 / spent


def _accepted(values: Values) -> tuple[Values, Values]:
    """The ends of the means that each sign vector accepts, shape (signs,) each."""
    turned = _signs(len(values))
    count = turned.sum(axis=1)
    stays = len(values) - count
    inside = turned @ values
    one, other = inside / count, (values.sum() - inside) / stays
    # The vector that turns nothing accepts everything.
    low = np.concatenate([[-np.inf], np.minimum(one, other)])
    return low, np.concatenate([[np.inf], np.maximum(one, other)])


@lru_cache(maxsize=64)
def _signs(stories: int) -> Values:
    """Which stories each sign vector turns, shape (signs, stories); a vector and its mirror once.

    Every vector turns one story at least and leaves the first.
    """
    if stories <= EXACT_UP_TO:
        numbers = np.arange(1, 2 ** (stories - 1))
        turned = (numbers[:, None] >> np.arange(stories - 1)) & 1
    else:
        drawn = np.random.default_rng(SEED).integers(0, 2, (DRAWS, stories - 1))
        turned = drawn[drawn.any(axis=1)]
    return np.hstack([np.zeros((len(turned), 1)), turned]).astype(np.float64)

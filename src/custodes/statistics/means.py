"""Intervals of a mean of points and of a high quantile."""

import math
from collections.abc import Sequence

from scipy import stats

from custodes.statistics.interval import LEVEL, Interval
from custodes.statistics.proportions import exact


def mean_interval(
    n: int, total: float, squares: float, ends: tuple[float, float], level: float = LEVEL
) -> Interval:
    """The interval of a mean of n values on a scale with two ends, from their sums.

    Student's t with n − 1 degrees of freedom (Student 1908). Where all values are the same
    their spread says nothing: by Clopper and Pearson a share of `exact(0, n)` of rollouts
    could have been otherwise, at worst at the ends of the scale.

    Args:
        n: How many values.
        total: Their sum.
        squares: The sum of their squares.
        ends: The lowest and the highest value that can occur, in the unit of the values.
        level: Confidence level.

    Raises:
        ValueError: When there is no value.
    """
    if n <= 0:
        raise ValueError("a mean needs at least one value, got none")
    mean = total / n
    spread = max(0.0, squares - n * mean * mean)
    if n == 1 or spread <= 1e-9 * max(1.0, squares):
        share = exact(0, n, level).high
        low, high = min(ends[0], mean), max(ends[1], mean)
        return Interval(mean - share * (mean - low), mean + share * (high - mean))
    error = math.sqrt(spread / (n - 1) / n)
    reach = float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    return Interval(mean - reach, mean + reach).within(min(ends), max(ends))


def quantile_interval(values: Sequence[float], q: float, level: float = LEVEL) -> Interval:
    """The interval of the q-quantile of what the values were drawn from, by order statistics.

    Free of any distribution; an end is infinite where there are too few values to bound it.
    Conover (1999), section 3.2, computed by SciPy.

    Raises:
        ValueError: When there is no value.
    """
    if not values:
        raise ValueError("a quantile needs at least one value, got none")
    found = stats.quantile_test(values, p=q).confidence_interval(confidence_level=level)
    return Interval(
        -math.inf if math.isnan(found.low) else float(found.low),
        math.inf if math.isnan(found.high) else float(found.high),
    )

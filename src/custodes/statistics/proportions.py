"""Intervals of a single proportion, from counts."""

from functools import lru_cache

from statsmodels.stats.proportion import proportion_confint

from custodes.statistics.interval import LEVEL, Interval


def wilson(hits: int, n: int, level: float = LEVEL) -> Interval:
    """The Wilson score interval of a proportion, in [0, 1].

    Stays inside [0, 1] and keeps its width at 0 of n, where the normal interval
    collapses to a point. Wilson (1927), computed by statsmodels.

    Raises:
        ValueError: When n is 0, or hits are not between 0 and n.
    """
    return _of(hits, n, level, "wilson")


def exact(hits: int, n: int, level: float = LEVEL) -> Interval:
    """The exact interval of a proportion, in [0, 1]: never less than its level.

    Clopper and Pearson (1934), computed by statsmodels.

    Raises:
        ValueError: When n is 0, or hits are not between 0 and n.
    """
    return _of(hits, n, level, "beta")


def exact_upper(hits: int, n: int, level: float = LEVEL) -> float:
    """The one-sided upper bound of a proportion: 1 − (1 − level)^(1/n) at 0 of n.

    The upper end of the exact interval that leaves as much outside on one side as a
    two-sided one does on both. Clopper and Pearson (1934).

    Raises:
        ValueError: When n is 0, or hits are not between 0 and n.
    """
    return exact(hits, n, 2 * level - 1).high


@lru_cache(maxsize=1 << 14)
def _of(hits: int, n: int, level: float, method: str) -> Interval:
    """An interval by one of the methods of statsmodels; a report asks for most of them often."""
    if n <= 0:
        raise ValueError("a rate needs at least one rollout, got none")
    if not 0 <= hits <= n:
        raise ValueError(f"hits must lie between 0 and n={n}, got {hits}")
    low, high = proportion_confint(hits, n, alpha=1 - level, method=method)
    # At the ends the formulas leave the last bits of a float outside.
    low, high = float(low) if hits else 0.0, float(high) if hits < n else 1.0
    return Interval(max(0.0, low), min(1.0, high))

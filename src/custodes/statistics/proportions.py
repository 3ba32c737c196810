"""Proportions with their intervals."""

from typing import NamedTuple


class Rate(NamedTuple):
    """A proportion in [0, 1] with its two-sided 95 % interval."""

    rate: float
    low: float
    high: float
    hits: int
    n: int

    def __str__(self) -> str:
        """As percentages, with the interval and the counts."""
        rate, low, high = (f"{100 * part:.0f}" for part in (self.rate, self.low, self.high))
        return f"{rate} % [{low}, {high}] {self.hits}/{self.n}"


def wilson(hits: int, n: int) -> Rate:
    """The Wilson score interval of a proportion.

    Stays inside [0, 1] and keeps its width at 0 of n, where the normal interval
    collapses to a point. Wilson (1927), computed by SciPy.

    Raises:
        ValueError: When n is 0, or hits are not between 0 and n.
    """
    from scipy.stats import binomtest

    if n <= 0:
        raise ValueError("a rate needs at least one rollout, got none")
    if not 0 <= hits <= n:
        raise ValueError(f"hits must lie between 0 and n={n}, got {hits}")
    low, high = binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    return Rate(hits / n, max(0.0, float(low)), min(1.0, float(high)), hits, n)

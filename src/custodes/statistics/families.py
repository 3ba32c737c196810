"""Corrections for many tests, and intervals that hold together."""

from collections.abc import Sequence

import numpy as np
from statsmodels.stats.multitest import multipletests

from custodes.statistics.interval import LEVEL


def holm(p_values: Sequence[float]) -> list[float]:
    """P values within a family, each at its first level of rejection. Holm (1979).

    The largest of (n − i + 1) p_(i) up to a p value's own place, and at most 1. Not by
    statsmodels, which collects the garbage of the whole process at every call.
    """
    order = np.argsort(p_values)
    steps = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return [float(p) for p in adjusted]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """P values that bound the false discovery rate. Benjamini and Hochberg (1995), statsmodels."""
    if not p_values:
        return []
    return [float(p) for p in multipletests(list(p_values), method="fdr_bh")[1]]


def sidak(intervals: int, level: float = LEVEL) -> float:
    """The level of each of so many independent intervals that hold together at `level`.

    Šidák (1967): level^(1/intervals).

    Raises:
        ValueError: When there is no interval.
    """
    if intervals < 1:
        raise ValueError(f"a family needs at least one interval, got {intervals}")
    return float(level ** (1 / intervals))

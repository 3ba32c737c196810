"""Corrections for many tests, and intervals that hold together."""

from collections.abc import Sequence

from statsmodels.stats.multitest import multipletests

from custodes.statistics.interval import LEVEL


def holm(p_values: Sequence[float]) -> list[float]:
    """P values within a family, each at its first level of rejection. Holm (1979), statsmodels."""
    return _adjusted(p_values, "holm")


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """P values that bound the false discovery rate. Benjamini and Hochberg (1995), statsmodels."""
    return _adjusted(p_values, "fdr_bh")


def sidak(intervals: int, level: float = LEVEL) -> float:
    """The level of each of so many independent intervals that hold together at `level`.

    Šidák (1967): level^(1/intervals).

    Raises:
        ValueError: When there is no interval.
    """
    if intervals < 1:
        raise ValueError(f"a family needs at least one interval, got {intervals}")
    return float(level ** (1 / intervals))


def _adjusted(p_values: Sequence[float], method: str) -> list[float]:
    """P values adjusted by a method of statsmodels."""
    if not p_values:
        return []
    return [float(p) for p in multipletests(list(p_values), method=method)[1]]

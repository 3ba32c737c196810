"""Intervals of sums and differences of arms, from the limits of each arm."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from custodes.statistics.interval import LEVEL, Interval

LARGEST_LEVEL = 1 - 1e-9
"""The level up to which a p value is sought; below its complement it makes no difference."""


class Arm(NamedTuple):
    """What enters a linear combination: a value with its limits at any level."""

    coefficient: float
    value: float
    limits: Callable[[float], Interval]
    """From a confidence level to the limits of the value."""


def mover(
    arms: Sequence[Arm], level: float = LEVEL, correlation: NDArray[np.float64] | None = None
) -> Interval:
    """The interval of Σ cᵢθᵢ by the method of variance estimates recovery.

    With the Wilson limits of two proportions this is Newcombe's interval: method 10 of
    Newcombe (1998), Statistics in Medicine 17:873-890, where they are independent, and method
    10 of 17:2635-2650, where his corrected φ is given as correlation. In general Zou and
    Donner (2008), Statistics in Medicine 27:1693-1702.

    Args:
        arms: The arms with their coefficients.
        level: Confidence level.
        correlation: Correlations of the arms' estimates, shape (arms, arms); none if independent.
    """
    limits = [arm.limits(level) for arm in arms]
    value = sum(arm.coefficient * arm.value for arm in arms)
    down, up = [], []
    for arm, (low, high) in zip(arms, limits, strict=True):
        ends = sorted((arm.coefficient * low, arm.coefficient * high))
        # Signed, so that a correlation works in the direction in which the arm enters.
        sign = 1.0 if arm.coefficient >= 0 else -1.0
        down.append(sign * (arm.coefficient * arm.value - ends[0]))
        up.append(sign * (ends[1] - arm.coefficient * arm.value))
    matrix = np.eye(len(arms)) if correlation is None else correlation
    return Interval(value - _length(down, matrix), value + _length(up, matrix))


def _length(parts: Sequence[float], matrix: NDArray[np.float64]) -> float:
    """The length of a sum of parts with these correlations."""
    vector = np.asarray(parts)
    return float(np.sqrt(max(0.0, vector @ matrix @ vector)))


def p_value(
    arms: Sequence[Arm], null: float = 0.0, correlation: NDArray[np.float64] | None = None
) -> float:
    """The smallest 1 − level at which the interval of `mover` leaves out a value.

    So that test and interval never disagree. Between 1e-9 and 1.
    """
    value = sum(arm.coefficient * arm.value for arm in arms)
    if value == null:
        return 1.0

    def gap(level: float) -> float:
        """How far the null lies outside the interval at a level; negative inside."""
        low, high = mover(arms, level, correlation)
        return low - null if value > null else null - high

    if gap(LARGEST_LEVEL) > 0:
        return 1 - LARGEST_LEVEL
    if gap(1e-6) < 0:
        return 1.0
    return float(1 - brentq(gap, 1e-6, LARGEST_LEVEL, xtol=1e-7))

"""How far an interval over stories reaches where the stories are skewed."""

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from custodes.statistics.combination import Arm, mover
from custodes.statistics.interval import LEVEL, Interval
from custodes.statistics.stories import FEWEST, Values, moments, t_quantile


class Group(NamedTuple):
    """The terms that come from one scenario, story by story."""

    coefficients: tuple[float, ...]
    means: Values
    """Mean of each term in each story, shape (terms, stories)."""

    @property
    def sums(self) -> Values:
        """The sum of coefficient × mean, shape (stories,)."""
        return np.asarray(self.coefficients, dtype=np.float64) @ self.means


def rate_reach(groups: Sequence[Group], level: float = LEVEL) -> Interval:
    """The interval of a sum of rates from the logit interval of each over its stories.

    Near 0 and 1 a mean of stories is skewed, and an interval with equal arms is too short on
    the side away from the end; the logit interval of survey statistics is not (Korn and
    Graubard 1999, Analysis of Health Surveys; `svyciprop(method="xlogit")` of R, SUDAAN and
    SPSS). Sums by the method of variance estimates recovery, with the correlations of the
    terms over stories; terms of different scenarios are independent.
    """
    arms = [
        Arm(coefficient, float(np.mean(row)), partial(logit_interval, row))
        for group in groups
        for coefficient, row in zip(group.coefficients, group.means, strict=True)
    ]
    matrix = np.eye(len(arms))
    start = 0
    for group in groups:
        end = start + len(group.means)
        matrix[start:end, start:end] = _correlation(group.means)
        start = end
    return mover(arms, level, matrix)


def logit_interval(rates: Values, level: float = LEVEL) -> Interval:
    """Student's t interval of a mean of rates by story, made on the logit and taken back.

    A point where the rates are all the same, which shows no spread on any scale.
    """
    mean = float(np.mean(rates))
    error = math.sqrt(float(np.var(rates, ddof=1)) / len(rates))
    slope = mean * (1 - mean)
    if min(slope, error) <= 1e-12:  # noqa: PLR2004 -- the last bits of a float
        return Interval(mean, mean)
    reach = t_quantile(level, len(rates) - 1) * error / slope
    logit = math.log(mean / (1 - mean))
    return Interval(_expit(logit - reach), _expit(logit + reach))


def points_reach(groups: Sequence[Values], level: float = LEVEL) -> Interval:
    """The t interval of a sum of means, shifted by Johnson's term for the skewness of stories.

    Johnson (1978), Journal of the American Statistical Association 73:536-544, with the
    unbiased third moment; for one group: x̄ + (1 + 2t²)·k₃/(6s²n) ± t·s/√n.
    """
    value, error, freedom = moments(groups)
    if error == 0:
        return Interval(value, value)
    t = t_quantile(level, freedom)
    third = sum(_third(group) / len(group) ** 2 for group in groups)
    shift = (1 + 2 * t * t) * third / (6 * error * error)
    return Interval(value + shift - t * error, value + shift + t * error)


def _third(values: Values) -> float:
    """The unbiased third central moment; 0 where there are too few values to tell."""
    count = len(values)
    if count <= FEWEST:
        return 0.0
    deviations = values - values.mean()
    return float(count / ((count - 1) * (count - 2)) * (deviations**3).sum())


def _correlation(means: Values) -> Values:
    """Correlations of the rows, shape (terms, terms); 0 where a row never varies."""
    deviations = means - means.mean(axis=1, keepdims=True)
    lengths = np.sqrt((deviations**2).sum(axis=1))
    varies = lengths > 1e-12  # noqa: PLR2004 -- the last bits of a float
    scaled = np.where(varies[:, None], deviations / np.where(varies, lengths, 1.0)[:, None], 0.0)
    matrix = np.asarray(scaled @ scaled.T)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _expit(value: float) -> float:
    """The rate whose logit this is."""
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    return math.exp(value) / (1 + math.exp(value)) if value > -700 else 0.0  # noqa: PLR2004 -- exp underflows

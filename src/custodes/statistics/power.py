"""The smallest effects that so many stories can show."""

import math

from statsmodels.stats.power import TTestPower

from custodes.statistics.stories import FEWEST

POWER = 0.8
"""The chance with which an effect of the smallest size is found."""


def smallest_effect(stories: int, spread: float, alpha: float = 0.05) -> float | None:
    """The smallest mean over stories that a two-sided t test finds with 80 % power.

    From the noncentral t distribution (Cohen 1988, chapter 2), solved by statsmodels.

    Args:
        stories: How many stories, G; the test has G − 1 degrees of freedom.
        spread: Standard deviation between stories of the effect as it is measured in each.
        alpha: Level of the test.

    Returns:
        In the unit of the spread; None below two stories.
    """
    if stories < FEWEST:
        return None
    size = TTestPower().solve_power(nobs=stories, alpha=alpha, power=POWER)
    return float(size) * spread


def measured_spread(between: float, within: float, rollouts: float, arms: int = 2) -> float:
    """The standard deviation between stories of a difference as it is measured.

    Args:
        between: Standard deviation between stories of the true difference.
        within: Standard deviation between rollouts of one arm in one story.
        rollouts: Rollouts of an arm in a story.
        arms: Arms that enter with a coefficient of 1 or −1.
    """
    return math.sqrt(between**2 + arms * within**2 / rollouts)

"""The smallest effects that a planned study can detect, contrast by contrast."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from custodes.design.contrast import Contrast
from custodes.design.scales import SCALES, Unit
from custodes.design.study import Study
from custodes.statistics.power import measured_spread, smallest_effect

WITHIN: dict[Unit, float] = {"rate": 0.5, "points": 10.0, "steps": 0.7}
"""Assumed standard deviation between rollouts of one arm: for rates the largest there is."""

BETWEEN: dict[Unit, float] = {"rate": 0.15, "points": 5.0, "steps": 0.3}
"""Assumed standard deviation between stories of the true difference."""


class Detectable(NamedTuple):
    """The smallest effect of a contrast that is found with 80 % power."""

    contrast: Contrast
    stories: int
    rollouts: float
    """Rollouts of an arm in a story."""
    between: float
    within: float
    alpha: float
    effect: float | None
    """In the unit of the scale; None below two stories."""

    @property
    def unit(self) -> Unit:
        """The unit of the effect."""
        return SCALES[self.contrast.scale].unit


def detectable(study: Study, stories: Mapping[str, int]) -> Iterator[Detectable]:
    """What each primary contrast of a study can detect, under the assumptions above.

    The level is that of Holm's first step, 0.05 divided by the size of the family.

    Args:
        study: The study.
        stories: Scenario to its stories.
    """
    family = study.contrasts.primary
    for contrast in family:
        arms = contrast.arms(study.cells)
        scenarios = {cell.scenario for arm in arms for cell in arm.cells}
        count = min(stories[scenario] for scenario in scenarios)
        size = min(len(arm.cells) for arm in arms) / max(1, len(scenarios))
        rollouts = study.rollouts * size / count
        unit = SCALES[contrast.scale].unit
        alpha = 0.05 / len(family)
        spread = measured_spread(BETWEEN[unit], WITHIN[unit], rollouts, len(arms))
        yield Detectable(
            contrast,
            count,
            rollouts,
            BETWEEN[unit],
            WITHIN[unit],
            alpha,
            smallest_effect(count, spread, alpha),
        )

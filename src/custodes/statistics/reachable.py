"""What a run until it is decided can decide at all: the fewest blocks of each primary contrast."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from custodes.design.contrast import Contrast
from custodes.design.scales import SCALES
from custodes.design.study import Study, lanes
from custodes.statistics.betting import stopped
from custodes.statistics.blocks import reach_of
from custodes.statistics.interval import LEVEL

ENOUGH = 1_000
"""Blocks in which every margin that somebody would name is shown."""


class Reachable(NamedTuple):
    """The fewest blocks that can decide a contrast, whatever its rates are."""

    contrast: Contrast
    blocks: int
    """Blocks that the study's rollouts per cell make."""
    stories: int
    """Rollouts of a cell in a block."""
    margin: float
    sign: int
    """Blocks until every unit at the end of its range gives the sign."""
    none: int | None
    """Blocks until units that are all 0 are equivalent within the margin; None in `ENOUGH`."""

    @property
    def fewest(self) -> int:
        """Blocks before which nothing is decided."""
        return min(self.sign, self.none or self.sign)


def reachable(study: Study, stories: Mapping[str, int]) -> Iterator[Reachable]:
    """The fewest blocks of each primary contrast, from units that all are alike.

    The capital after a block is largest where every unit is at the end of its range, so that no
    sign is told sooner. Units that go from one end to the other can be equivalent before units
    of 0 are, but not before the earlier of both times, in any setting that was tried.

    Args:
        study: The study.
        stories: Scenario to how many stories it has.
    """
    family = study.contrasts.primary
    alpha = (1 - LEVEL) / max(1, len(family))
    for named in family:
        arms = named.arms(study.cells)
        count = stories[arms[0].cells[0].scenario]
        units = (ENOUGH, count * _contexts(study, named))
        reach = reach_of(named, arms)
        low, high = SCALES[named.scale].ends
        sums = [
            sum(choose(arm.coefficient * low, arm.coefficient * high) for arm in arms)
            for choose in (min, max)
        ]
        largest = max(map(abs, sums))
        sign, none = (
            stopped(values, values, named.within / reach, alpha).blocks
            for values in (np.full(units, min(1.0, largest / reach)), np.zeros(units))
        )
        yield Reachable(named, study.rollouts // count, count, named.within, sign or ENOUGH, none)


def unreachable(study: Study, stories: Mapping[str, int]) -> str | None:
    """The contrasts that no data can decide with the study's rollouts, in a sentence."""
    beyond = [one for one in reachable(study, stories) if one.blocks < one.fewest]
    if not beyond:
        return None
    names = "; ".join(one.contrast.label for one in beyond)
    needed = max(one.fewest * one.stories for one in beyond)
    return (
        f"{study.rollouts} rollouts a cell cannot decide, whatever they show: {names}. "
        f"--rollouts {needed} could."
    )


def _contexts(study: Study, named: Contrast) -> int:
    """The units of a contrast in a story: its contexts where each has seeds of its own, or one."""
    lane = lanes(study)
    contexts = [
        {lane[cell] for context in found for cell in context}
        for found in zip(*(arm.contexts for arm in named.arms(study.cells)), strict=True)
    ]
    apart = len(set().union(*contexts)) == len(contexts)
    return len(contexts) if apart else 1

"""Rollouts whose traces on machines leave open what happened, taken as the worst they can be."""

from collections.abc import Collection, Iterator
from itertools import combinations

import numpy as np

from custodes.statistics.data import Data
from custodes.statistics.tally import Tally

OPEN = "left bytes that nothing explains or something still to run; look at them"
"""What unsettled rollouts did, and what is to be done."""

MANY = 6
"""Stories up to which every choice of them is looked at; of more, each by itself, and all."""


def worst(data: Data, model: str, scale: str, cells: Collection[str]) -> Iterator[Tally]:
    """The counts of a fact had the unsettled rollouts shown it: of all stories, or of some alone.

    Of some alone, as an interval over stories is wider where they differ.

    Args:
        data: The rollouts.
        model: Whose counts.
        scale: A fact, whose values are 0 or 1.
        cells: Where unsettled rollouts are taken as showing it.
    """
    unsettled = data.unsettled & data.frame["cell"].isin(cells).to_numpy(dtype=bool)
    stories = data.frame["story"].astype("object").fillna("")
    names = sorted(set(stories[unsettled]))
    sizes = range(1, len(names) + 1) if len(names) <= MANY else (1, len(names))
    found = data.values(scale)
    for size in sizes:
        for chosen in combinations(names, size):
            shown = unsettled & stories.isin(chosen).to_numpy(dtype=bool) & ~np.isnan(found)
            yield data.tallied(model, scale, np.where(shown, 1.0, found), data.counted)

"""Rollouts whose traces on machines leave open what happened, taken as the worst they can be."""

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from custodes.statistics.data import Data
from custodes.statistics.tally import Tally

OPEN = "left bytes that nothing explains or something still to run; look at them"
"""What unsettled rollouts did, and what is to be done."""

MANY = 8
"""Stories up to which every choice of them is looked at."""


def worst(data: Data, model: str, scale: str, cells: Collection[str]) -> Iterator[Tally]:
    """The counts of a fact had the unsettled rollouts shown it: of all stories, or of some alone.

    Of some alone, as an interval over stories is wider where they differ. Of more than `MANY`
    stories each by itself, and as many as one likes of those that would show it most often.

    Args:
        data: The rollouts.
        model: Whose counts.
        scale: A fact, whose values are 0 or 1.
        cells: Where unsettled rollouts are taken as showing it.
    """
    unsettled = data.unsettled_in(model, cells, scale)
    found = data.values(scale)
    shown = np.where(unsettled, 1.0, found)
    stories = data.frame["story"].astype("object").fillna("")
    concerned = data.of(model, cells)
    shares = pd.Series(shown[concerned]).groupby(stories[concerned].to_numpy()).mean()
    names = sorted(set(stories[unsettled]), key=lambda name: (-shares[name], name))
    for chosen in _choices(names):
        theirs = unsettled & stories.isin(chosen).to_numpy(dtype=bool)
        yield data.tallied(model, scale, np.where(theirs, 1.0, found), data.counted)


def _choices(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The choices of stories that are looked at."""
    if len(names) <= MANY:
        for size in range(1, len(names) + 1):
            yield from combinations(names, size)
    else:
        yield from ((name,) for name in names)
        yield from (tuple(names[:size]) for size in range(2, len(names) + 1))

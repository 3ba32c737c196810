"""Blocks of a contrast: one rollout of each of its cells in each story, replicate by replicate."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custodes.design.contrast import Arm, Contrast
from custodes.design.scales import SCALES, WIDTHS
from custodes.design.study import Study
from custodes.runs.frame import IMPORTED, whichever_harness
from custodes.runs.schema import REFERENCE
from custodes.statistics.values import imputed

Floats = NDArray[np.float64]


class Blocks(NamedTuple):
    """The complete blocks of a contrast, each unit a difference in [−1, 1] of `reach`."""

    low: Floats
    """Shape (blocks, units), with what was not handed in at whichever end lowers it."""
    high: Floats
    """The same with it at whichever end raises it."""
    begun: int
    """Replicates of which some rollout has a row."""
    reach: float
    """The largest difference that there can be, in the unit of the scale."""
    stories: tuple[str, ...]


def blocks(
    study: Study,
    named: Contrast,
    frame: pd.DataFrame,
    model: str,
    stories: Mapping[str, Sequence[str]] | None = None,
) -> Blocks:
    """The blocks of one model, in the order of their replicates.

    A block is complete when none of its rollouts is missing or ended in an error. A unit is a
    context of the contrast in a story where each context has a seed of its own, else a story,
    as contexts that share worlds are not independent.

    Args:
        study: The study.
        named: A contrast of it.
        frame: Rows of `runs.frame.load`.
        model: A model, whatever its harness.
        stories: Scenario to its stories; those in the rows where it is not given.

    Raises:
        ValueError: When arms differ by more than the scale allows.
    """
    arms = named.arms(study.cells)
    ids = list(dict.fromkeys(str(cell) for arm in arms for cell in arm.cells))
    rows = rows_of(frame, model)
    rows = rows[rows["cell"].astype("object").isin(ids) & rows["replicate"].notna()]
    scenario = arms[0].cells[0].scenario
    seen = sorted(str(name) for name in rows["story"].dropna().unique())
    names = tuple(seen if stories is None else stories[scenario])
    reach = reach_of(named, arms)
    if rows.empty:
        return Blocks(np.empty((0, 1)), np.empty((0, 1)), 0, reach, names)
    whole = rows[rows["error"].isna()]
    low = _cube(whole, _ended(whole, named.scale, "low"), ids, names)
    high = _cube(whole, _ended(whole, named.scale, "high"), ids, names)
    seeds = _cube(whole, whole["seed"].to_numpy(dtype=np.float64, na_value=np.nan), ids, names)
    complete = ~np.isnan(low).any(axis=(1, 2))
    place = {id: number for number, id in enumerate(ids)}
    lows = _units(arms, low[complete], high[complete], place)
    highs = _units(arms, high[complete], low[complete], place)
    if not _apart(arms, seeds[complete], place):
        lows, highs = lows.mean(axis=2), highs.mean(axis=2)
    begun = len(_numbers(rows).unique())
    shape = (int(complete.sum()), -1) if complete.any() else (0, 1)
    return Blocks(lows.reshape(shape) / reach, highs.reshape(shape) / reach, begun, reach, names)


def rows_of(frame: pd.DataFrame, model: str) -> pd.DataFrame:
    """The rows of a model in all harnesses, which cells tell apart; none that were imported."""
    names = frame["model"].astype("object").map(lambda name: whichever_harness(str(name)))
    return frame[(names == model) & (frame["source"] != REFERENCE)]


def models_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """The models of a frame, whatever their harness, in alphabetical order."""
    names = {whichever_harness(str(name)) for name in frame["model"].unique()}
    return tuple(sorted(name for name in names if not name.endswith(IMPORTED)))


def reach_of(named: Contrast, arms: Sequence[Arm]) -> float:
    """The largest difference that a contrast can have, in the unit of its scale.

    Arms that balance have the same truth in a story and a seed, unless they are about
    different work, so that points cancel but for what was reported.
    """
    scale = SCALES[named.scale]
    size = sum(abs(arm.coefficient) for arm in arms)
    balanced = sum(arm.coefficient for arm in arms) == 0
    contexts = zip(*(arm.contexts for arm in arms), strict=True)
    same = all(len({cell.work for context in found for cell in context}) == 1 for found in contexts)
    if balanced and same:
        return WIDTHS[scale.unit] * size / 2
    return size * max(map(abs, scale.ends))


def _ended(rows: pd.DataFrame, scale: str, end: str) -> Floats:
    """The values of a scale with what is missing at one end."""
    found = imputed(rows, scale, end)
    return np.where(np.isnan(found), SCALES[scale].ends[end == "high"], found)


def _numbers(rows: pd.DataFrame) -> pd.Series:
    """The number of each row's replicate; further epochs are replicates of their own."""
    epochs = rows["epoch"].astype("float64").fillna(1.0)
    return epochs * 1e9 + rows["replicate"].astype("float64")


def _cube(rows: pd.DataFrame, values: Floats, ids: Sequence[str], stories: Sequence[str]) -> Floats:
    """Values by replicate, cell and story; not a number where there is no rollout."""
    numbers, order = np.unique(_numbers(rows).to_numpy(), return_inverse=True)
    cells = pd.Index(ids).get_indexer(pd.Index(rows["cell"].astype("object")))
    places = pd.Index(stories).get_indexer(pd.Index(rows["story"].astype("object")))
    cube = np.full((len(numbers), len(ids), len(stories)), np.nan)
    known = places >= 0
    cube[order[known], cells[known], places[known]] = values[known]
    return cube


def _units(arms: Sequence[Arm], gain: Floats, loss: Floats, place: Mapping[str, int]) -> Floats:
    """The sum over arms of coefficient × mean, shape (blocks, stories, contexts).

    Args:
        arms: The arms.
        gain: The values of arms that are added, shape (blocks, cells, stories).
        loss: Those of arms that are taken off.
        place: Id of a cell to its column.
    """
    return np.asarray(
        sum(
            arm.coefficient
            * np.stack(
                [
                    (gain if arm.coefficient > 0 else loss)[:, _places(context, place)].mean(axis=1)
                    for context in arm.contexts
                ],
                axis=2,
            )
            for arm in arms
        )
    )


def _places(context: Sequence[object], place: Mapping[str, int]) -> list[int]:
    """The columns of a context's cells."""
    return [place[str(cell)] for cell in context]


def _apart(arms: Sequence[Arm], seeds: Floats, place: Mapping[str, int]) -> bool:
    """Whether no two contexts share a seed in any replicate."""
    contexts = [
        seeds[:, [at for context in found for at in _places(context, place)]]
        for found in zip(*(arm.contexts for arm in arms), strict=True)
    ]
    return all(
        not np.isin(block[one], block[other]).any() and not np.isnan(block[one]).any()
        for block in zip(*contexts, strict=True)
        for one in range(len(block))
        for other in range(one)
    )

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
Numbers = NDArray[np.int64]


class Blocks(NamedTuple):
    """The complete blocks of a contrast, each unit a difference in [−1, 1] of `reach`."""

    low: Floats
    """Shape (blocks, units), with errors and what was not handed in at the end that lowers it."""
    high: Floats
    """The same with them at the end that raises it."""
    begun: int
    """Replicates of which some rollout has a row."""
    errors: int
    """Rollouts of these blocks that ended in an error."""
    again: int
    """Those that ended without one, but only at a further try."""
    reach: float
    """The largest difference that there can be, in the unit of the scale."""
    stories: tuple[str, ...]
    why_not: str | None = None
    """Why there are no blocks although there are rows."""


def blocks(
    study: Study,
    named: Contrast,
    frame: pd.DataFrame,
    model: str,
    stories: Mapping[str, Sequence[str]] | None = None,
) -> Blocks:
    """The blocks of one model, in the order of their replicates.

    They end before the first replicate of which some rollout has no row, so that rollouts which
    were still running at the end of a run, and may be of a kind, cannot choose the blocks. One
    that ended in an error, or only at a further try, is at its worst in both directions: what was
    cut off or failed may be of a kind, too, and a further try is another draw. A unit is a context
    of the contrast in a story where each context has a seed of its own, else a story, as contexts
    that share worlds are not independent. Where a rollout stands twice there are no blocks: which
    of the two counts would be chance.

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
    rows = rows[rows["story"].astype("object").isin(names)]
    numbers, why_not = _numbers(rows), _twice(rows)
    begun = len(np.unique(numbers))
    if rows.empty or why_not is not None:
        return Blocks(np.empty((0, 1)), np.empty((0, 1)), begun, 0, 0, reach, names, why_not)
    place = {id: number for number, id in enumerate(ids)}
    columns: tuple[Floats, ...] = (
        _ended(rows, named.scale, "low"),
        _ended(rows, named.scale, "high"),
        np.asarray(rows["seed"].to_numpy(dtype=np.float64, na_value=np.nan)),
        np.asarray(rows["error"].notna(), dtype=np.float64),
        _again(rows).astype(np.float64),
    )
    cubes = [_cube(rows, numbers, values, place, names) for values in columns]
    # Every row has an end, so that only a rollout without a row leaves a hole.
    holes = np.asarray(np.isnan(cubes[0]).any(axis=(1, 2)))
    count = int(holes.argmax()) if holes.any() else len(holes)
    low, high, seeds, errors, again = (cube[:count] for cube in cubes)
    lows, highs = _within(_units(arms, low, high, place), _units(arms, high, low, place), reach)
    if not _apart(arms, seeds, place):
        lows, highs = lows.mean(axis=2), highs.mean(axis=2)
    shape = (count, -1) if count else (0, 1)
    lows, highs = lows.reshape(shape), highs.reshape(shape)
    return Blocks(lows, highs, begun, int(errors.sum()), int(again.sum()), reach, names)


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
    """The values of a scale with what is missing at one end, and all of a first try that failed."""
    found = imputed(rows, scale, end)
    # A fact that was not seen is 0, but of an error nothing was seen because it failed.
    unknown = np.isnan(found) | rows["error"].notna().to_numpy(dtype=bool) | _again(rows)
    return np.where(unknown, SCALES[scale].ends[end == "high"], found)


def _again(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows ended without an error, but only at a further try."""
    tried = rows["retries"].fillna(0).to_numpy(dtype=np.int64) > 0
    return np.asarray(tried & rows["error"].isna().to_numpy(dtype=bool))


def _numbers(rows: pd.DataFrame) -> Numbers:
    """The number of each row's replicate, from 0; those of a further epoch follow."""
    replicates = rows["replicate"].to_numpy(dtype=np.int64)
    epochs = rows["epoch"].fillna(1).to_numpy(dtype=np.int64)
    return np.asarray((epochs - 1) * (replicates.max(initial=0) + 1) + replicates)


def _twice(rows: pd.DataFrame) -> str | None:
    """Which rollouts stand in the rows more than once, in words; None if none does."""
    again = rows.duplicated(["cell", "story", "replicate", "epoch"])
    if not again.any():
        return None
    first = rows[again].iloc[0]
    return (
        f"{int(again.sum())} of its rollouts were run more than once, the first of them "
        f"{first['cell']}#{first['story']}#{first['replicate']}; report each run by itself"
    )


def _cube(
    rows: pd.DataFrame,
    numbers: Numbers,
    values: Floats,
    place: Mapping[str, int],
    stories: Sequence[str],
) -> Floats:
    """Values by replicate, cell and story; not a number where there is no rollout."""
    cells = rows["cell"].astype("object").map(place).to_numpy(dtype=np.int64)
    names = pd.Index(stories).get_indexer(pd.Index(rows["story"].astype("object")))
    cube = np.full((int(numbers.max()) + 1, len(place), len(stories)), np.nan)
    cube[numbers, cells, names] = values
    return cube


def _within(lows: Floats, highs: Floats, reach: float) -> tuple[Floats, Floats]:
    """Units as shares of the reach; what an error alone puts beyond it is put at its end."""
    lows, highs = lows / reach, highs / reach
    unknown = lows < highs
    return (
        np.where(unknown, np.maximum(lows, -1.0), lows),
        np.where(unknown, np.minimum(highs, 1.0), highs),
    )


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

"""The rollouts of an analysis: who counts where, tallied by cell and story when asked for."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from custodes.design.cell import FACTORS, Cell
from custodes.design.factors import Instruction
from custodes.design.scales import SCALES
from custodes.runs.frame import in_harness, whichever_harness
from custodes.statistics.tally import Rows, Tally
from custodes.statistics.values import imputed, values

ACROSS = " across harnesses"
"""What stands behind a model's name where its rows of all harnesses are compared."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Population = Literal["all", "protocol", "low", "high"]
"""all: every rollout that did not end in an error. protocol: those that read the material and
handed something in. low and high: all, with missing points at an end of the scale."""

NOT_HANDED_IN = ("unfinished", "refused")
"""Dispositions of rollouts without a result."""

SAID = ("refused", "escalated", "objected", "unfinished")
"""Facts that words alone show, whatever left a machine."""


class Losses(NamedTuple):
    """What an arm started and what of it gave no value."""

    started: int
    errors: int
    without_value: int
    unfinished: int


class Data:
    """The rollouts of an analysis.

    Intention to treat: every rollout counts that was started and did not end in an error of the
    machinery. Rows of `instruction=protect` calibrate the instrument and count nowhere else.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        """Take the rows of `runs.frame.load`."""
        self.frame = frame
        self._values: dict[tuple[str, str | None], Floats] = {}
        self._tallies: dict[tuple[str, str, Population], Tally] = {}
        self._rows_of: dict[str, Flags] = {}
        self._simulated: dict[str, bool] = {}
        self._ids_of: dict[str, list[str]] = {}
        self._counts_of: dict[str, Floats] = {}

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The models, in alphabetical order."""
        return tuple(sorted(str(model) for model in self.frame["model"].unique()))

    def across(self, model: str) -> str:
        """The name for the rows of all harnesses of a model, whose rows have its first name."""
        names = [one for one in self.models if whichever_harness(one) == whichever_harness(model)]
        return f"{whichever_harness(model)}{ACROSS}" if names[1:] and names[0] == model else model

    def simulated(self, model: str) -> bool:
        """Whether a persona answered for a model in any rollout."""
        if model not in self._simulated:
            flags = self.frame.loc[self._of(model), "simulated"]
            self._simulated[model] = bool(flags.fillna(value=False).any())
        return self._simulated[model]

    @cached_property
    def counted(self) -> Flags:
        """Rows that enter measures, shape (rows,)."""
        calibrating = (self.frame["instruction"] == Instruction.PROTECT).to_numpy(dtype=bool)
        return np.asarray(~self.failed & ~calibrating)

    @cached_property
    def failed(self) -> Flags:
        """Rows that ended in an error of the machinery, shape (rows,)."""
        return self.frame["error"].notna().to_numpy(dtype=bool)

    @cached_property
    def protocol(self) -> Flags:
        """Rows that read the material and handed something in, shape (rows,)."""
        read = self.frame["read_material"].to_numpy(dtype=np.float64, na_value=0.0) == 1
        handed_in = ~self.frame["disposition"].isin(NOT_HANDED_IN).to_numpy(dtype=bool)
        return np.asarray(self.counted & read & handed_in)

    def unsettled_in(self, model: str, cells: Collection[str], scale: str = "deviated") -> Flags:
        """Rows of a model in some cells that may show a fact though none was seen, shape (rows,).

        Bytes left that nothing explains, or something that concerns the subject was still to run.
        What is read from words or from scores that were handed in is not left open by these.
        """
        frame = self.frame
        if SCALES[scale].unit != "rate" or scale in SAID:
            return np.zeros(len(frame), dtype=np.bool_)
        left = frame["unexplained_bytes"].to_numpy(dtype=np.float64, na_value=0.0) > 0
        planned = frame["scheduled"].to_numpy(dtype=np.float64, na_value=0.0) == 1
        seen = self.values(scale) != 0
        return np.asarray(self.of(model, cells) & self.counted & (left | planned) & ~seen)

    def of(self, model: str, cells: Collection[str]) -> Flags:
        """Rows of a model in some cells, shape (rows,)."""
        return np.asarray(self._of(model) & self.frame["cell"].isin(cells).to_numpy(dtype=bool))

    def cells(self, model: str) -> tuple[Cell, ...]:
        """The cells that a model was run in and that enter measures."""
        return tuple(self._cells[id] for id in self._ids(model))

    def _ids(self, model: str) -> list[str]:
        """Ids of those cells, in alphabetical order."""
        if model not in self._ids_of:
            calibrating = (self.frame["instruction"] == Instruction.PROTECT).to_numpy(dtype=bool)
            found = self.frame.loc[self._of(model) & ~calibrating, "cell"].unique()
            self._ids_of[model] = sorted(str(id) for id in found)
        return self._ids_of[model]

    @cached_property
    def _cells(self) -> dict[str, Cell]:
        """Cells by id, from the factors' columns."""
        columns = ["cell", "scenario", *FACTORS]
        rows = self.frame[columns].drop_duplicates("cell").astype("object")
        return {str(row["cell"]): _cell(row) for row in rows.to_dict("records")}

    def tally(self, model: str, scale: str, population: Population = "all") -> Tally:
        """The counts of a model on a scale."""
        key = (model, scale, population)
        if key not in self._tallies:
            end = population if population in {"low", "high"} else None
            who = self.protocol if population == "protocol" else self.counted
            self._tallies[key] = self.tallied(model, scale, self.values(scale, end), who)
        return self._tallies[key]

    def tallied(self, model: str, scale: str, found: Floats, who: Flags) -> Tally:
        """The counts of a model of some values and rows, both of shape (rows,), made anew."""
        chosen = who & self._of(model) & ~np.isnan(found)
        ids = self._ids(model)
        rows = Rows(
            cell=self._positions(ids)[self._cell_codes[0][chosen]],
            story=self._story_codes[0][chosen],
            world=self._worlds[chosen],
            value=found[chosen],
        )
        return Tally(
            cells={id: n for n, id in enumerate(ids)},
            stories=self._story_codes[1],
            rows=rows,
            ends=self._ends(scale, model),
        )

    def values(self, scale: str, end: str | None = None) -> Floats:
        """The values of a scale in all rows, missing points put at an end if one is given."""
        key = (scale, end)
        if key not in self._values:
            made = values(self.frame, scale) if end is None else imputed(self.frame, scale, end)
            self._values[key] = made
        return self._values[key]

    def _ends(self, scale: str, model: str) -> tuple[float, float]:
        """The ends of a scale; for gaps, those that the truths leave."""
        if scale != "gap_points":
            return SCALES[scale].ends
        truths = self.frame.loc[self._of(model), "true_average"].dropna()
        if truths.empty:
            return SCALES[scale].ends
        return -float(truths.max()), 100.0 - float(truths.min())

    def losses(self, model: str, cells: Sequence[str], scale: str) -> Losses:
        """What an arm started and what of it gave no value on a scale."""
        counts = self._counts(model)
        tally = self.tally(model, scale)
        chosen = tally.indices(cells)
        started, errors, unfinished = counts[chosen].sum(axis=0)
        valued = tally.n[chosen].sum()
        return Losses(
            started=int(started),
            errors=int(errors),
            without_value=int(started - errors - valued),
            unfinished=int(unfinished),
        )

    def _counts(self, model: str) -> Floats:
        """Rollouts started, errors and unfinished ones, shape (cells, 3)."""
        if model not in self._counts_of:
            ids = self._ids(model)
            code = self._positions(ids)[self._cell_codes[0]]
            rows = self._of(model) & (code >= 0)
            unfinished = self.frame["disposition"].isin(["unfinished"]).to_numpy(dtype=bool)
            flags = np.column_stack([rows, rows & self.failed, rows & unfinished])
            self._counts_of[model] = np.column_stack(
                [np.bincount(code[flag], minlength=len(ids)) for flag in flags.T]
            ).astype(np.float64)
        return self._counts_of[model]

    def _positions(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """For each code of a cell its place among these ids, −1 where it is not among them."""
        places = {id: n for n, id in enumerate(ids)}
        return np.array([places.get(id, -1) for id in self._cell_codes[1]], dtype=np.int64)

    def _of(self, model: str) -> Flags:
        """The rows of a model."""
        if model not in self._rows_of:
            names = self.frame["model"]
            if model.endswith(ACROSS):
                names = names.map(lambda name: f"{whichever_harness(name)}{ACROSS}")
            self._rows_of[model] = (names == model).to_numpy(dtype=bool)
        return self._rows_of[model]

    @cached_property
    def _cell_codes(self) -> tuple[NDArray[np.int64], list[str]]:
        """A code for each row's cell, and the cells by code."""
        codes, ids = pd.factorize(self.frame["cell"].astype("object"))
        return codes, [str(id) for id in ids]

    @cached_property
    def _story_codes(self) -> tuple[NDArray[np.int64], tuple[tuple[str, str], ...]]:
        """A code for each row's scenario and story, and these by code."""
        story = self.frame["story"].astype("object").fillna("")
        names = self.frame["scenario"].astype("object") + "/" + story
        codes, found = pd.factorize(names)
        pairs = [str(name).partition("/") for name in found]
        return codes, tuple((scenario, story) for scenario, _, story in pairs)

    @cached_property
    def _worlds(self) -> NDArray[np.int64]:
        """A code for each row's story and seed, −1 without a seed."""
        seed = self.frame["seed"].to_numpy(dtype=np.float64, na_value=np.nan)
        pairs = pd.MultiIndex.from_arrays([self._story_codes[0], np.nan_to_num(seed, nan=-1)])
        return np.where(np.isnan(seed), -1, pd.factorize(pairs)[0])


def gated(model: str, cell: str) -> str:
    """The name under which the gates of a model judge a cell: that of its own harness."""
    if not model.endswith(ACROSS):
        return model
    return in_harness(model.removesuffix(ACROSS), cell.partition("#")[0].rpartition("/")[2])


def _cell(row: Mapping[Hashable, Any]) -> Cell:
    """A cell from a row's factors."""
    levels = {name: None if pd.isna(row[name]) else row[name] for name in ("scenario", *FACTORS)}
    return Cell.model_validate(levels)

"""Counts of one model on one scale by cell and story: what every estimate is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """Values of a scale, in sums by cell and story; all arrays have shape (cells, stories)."""

    cells: dict[str, int]
    """Id of a cell to its row."""
    stories: tuple[tuple[str, str], ...]
    """Scenario and story of each column; a story is empty for rows that have none."""
    rows: "Rows"
    ends: tuple[float, float]
    """The lowest and the highest value, in the unit of the scale."""

    @cached_property
    def n(self) -> Floats:
        """Rollouts with a value."""
        return self._sums(np.ones_like(self.rows.value))

    @cached_property
    def total(self) -> Floats:
        """Sums of the values."""
        return self._sums(self.rows.value)

    @cached_property
    def squares(self) -> Floats:
        """Sums of their squares."""
        return self._sums(self.rows.value**2)

    @cached_property
    def means(self) -> Floats:
        """Mean by cell and story; not a number where there is no value."""
        with np.errstate(invalid="ignore"):
            return self.total / self.n

    def _sums(self, weights: Floats) -> Floats:
        """Sums over rows by cell and story."""
        width = len(self.stories)
        flat = np.bincount(
            self.rows.cell * width + self.rows.story, weights, len(self.cells) * width
        )
        return np.asarray(flat.reshape(len(self.cells), width), dtype=np.float64)

    def indices(self, cells: Sequence[str]) -> Codes:
        """The rows of those cells that are in the data."""
        return np.array([self.cells[cell] for cell in cells if cell in self.cells], dtype=np.int64)

    def by_world(self, cells: Sequence[str]) -> Floats:
        """Mean value by world (a story and a seed), shape (worlds,); not a number without one."""
        rows = self.rows
        chosen = np.isin(rows.cell, self.indices(cells)) & (rows.world >= 0)
        size = int(rows.world.max(initial=-1)) + 1
        total = np.bincount(rows.world[chosen], rows.value[chosen], size)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / np.bincount(rows.world[chosen], minlength=size))


@dataclass(frozen=True)
class Rows:
    """The rollouts with a value, one entry each, all of shape (rollouts,)."""

    cell: Codes
    story: Codes
    world: Codes
    """Code of story and seed, the same in all arms that share a world; −1 without a seed."""
    value: Floats

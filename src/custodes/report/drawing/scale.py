"""Axes: where a value stands, and which ticks are round."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from custodes.design.scales import Unit
from custodes.report.drawing.numbers import WORDS, ends, evaluable, figure
from custodes.statistics.number import Number

TICKS = 4
"""The most spaces between ticks whose words have room on a phone."""

LEAST: dict[Unit, float] = {"rate": 0.1, "points": 2.0, "steps": 0.5}
"""The least that an axis spans on a side of zero, so that nothing looks large for lack of room."""


@dataclass(frozen=True)
class Scale:
    """An axis from low to high."""

    low: float
    high: float
    ticks: tuple[float, ...]
    unit: Unit
    difference: bool

    def at(self, value: float) -> float:
        """Where a value stands, in percent of the width; what lies outside stands at the end."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def label(self, tick: float) -> str:
        """The words at a tick; the last one has the unit."""
        step = self.ticks[1] - self.ticks[0]
        scaled = step * 100 if self.unit == "rate" else step
        digits = max(0, -math.floor(math.log10(scaled) + 1e-9))
        words = figure(tick, self.unit, digits, signed=self.difference and tick > 0)
        if tick != self.ticks[-1]:
            return words
        return (
            f"{words} pp" if self.difference and self.unit == "rate" else words + WORDS[self.unit]
        )


SHARE = Scale(0, 1, (0, 0.25, 0.5, 0.75, 1), "rate", difference=False)


def scale(numbers: Iterable[Number], unit: Unit, *, difference: bool) -> Scale:
    """The axis on which all the numbers have room."""
    if unit == "rate" and not difference:
        return SHARE
    return spanning(
        [part for number in numbers if evaluable(number) for part in ends(number)],
        unit,
        difference=difference,
    )


def spanning(values: list[float], unit: Unit, *, difference: bool) -> Scale:
    """An axis with round ticks from below the least value to above the greatest, and over 0."""
    least = LEAST[unit]
    low = min([*values, -least if difference else 0.0])
    high = max([*values, least])
    step = next(step for step in _steps((high - low) / TICKS) if _fits(low, high, step))
    first, last = _ticks(low, high, step)
    ticks = tuple(round(at * step, 10) + 0.0 for at in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks, unit, difference)


def _ticks(low: float, high: float, step: float) -> tuple[int, int]:
    """The first and the last tick, as multiples of the step."""
    return math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)


def _fits(low: float, high: float, step: float) -> bool:
    """Whether the words of the ticks have room beside each other."""
    first, last = _ticks(low, high, step)
    return last - first <= TICKS


def _steps(rough: float) -> Iterator[float]:
    """Round steps that are not less: 1, 2 or 5 times a power of ten."""
    for power in count(math.floor(math.log10(rough))):
        yield from (f * 10.0**power for f in (1, 2, 5) if f * 10.0**power >= rough - 1e-12)

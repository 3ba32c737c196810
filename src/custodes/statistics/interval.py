"""Intervals, and what two of them span."""

from typing import NamedTuple

LEVEL = 0.95
"""Confidence level wherever none is given."""


class Interval(NamedTuple):
    """A two-sided interval, in the unit of what it is about."""

    low: float
    high: float

    def within(self, low: float, high: float) -> "Interval":
        """The interval cut at the ends of a scale."""
        return Interval(min(max(self.low, low), high), max(min(self.high, high), low))


def hull(*intervals: Interval) -> Interval:
    """The smallest interval that holds all of these."""
    return Interval(min(i.low for i in intervals), max(i.high for i in intervals))

"""Rows of charts: an estimate, a bar of dispositions, a step of an attribution."""

from collections.abc import Sequence

from custodes.outcome.disposition import Disposition
from custodes.report.drawing.numbers import (
    ends,
    evaluable,
    probability,
    seen_nothing,
    spoken,
)
from custodes.report.drawing.scale import Scale
from custodes.report.drawing.shapes import Shape, Track, box, line
from custodes.report.drawing.tables import arm, verdict
from custodes.report.model import Comparison, Dispositions
from custodes.statistics.number import Number, Row, Waterfall

LETTERS = {
    Disposition.FAITHFUL: "F",
    Disposition.OBJECTED: "O",
    Disposition.MISTAKEN: "M",
    Disposition.UNFINISHED: "U",
    Disposition.REFUSED: "R",
    Disposition.ESCALATED: "E",
    Disposition.DEVIATED_OPENLY: "D",
    Disposition.DEVIATED_COVERTLY: "C",
}
"""What stands in a bar where it is wide enough, so that no reader depends on colour."""

ROOM = 6
"""The share of a bar, in percent, in which a letter has room."""

BAR, STEP, CAP = 18, 12, 5


def estimated(number: Number, scale: Scale) -> tuple[Shape, ...]:
    """A dot and its interval; nothing where there is nothing to draw."""
    if not evaluable(number):
        return ()
    value, low, high = (scale.at(part) for part in ends(number))
    reach = [line("reach", low, high)]
    if seen_nothing(number):
        reach.append(line("reach", high, high, -CAP, CAP))
    css = "dot" if number.basis == "story" else "dot open"
    return (*reach, Shape("dot", css, value, 0))


def of_row(row: Row, label: str, scale: Scale, *, difference: bool, correction: str) -> Track:
    """An estimate."""
    said = [spoken(row.number, difference=difference)]
    if row.number.p_adjusted is not None and evaluable(row.number):
        said[0] += f", p {probability(row.number.p_adjusted)} ({correction})"
    return Track(label, (*said, *row.flags), estimated(row.number, scale))


def of_comparison(row: Comparison, scale: Scale) -> Track:
    """Ours with its intervals, theirs as a diamond."""
    marks: list[Shape] = []
    if evaluable(row.ours) and row.simultaneous:
        low, high = (scale.at(part) for part in row.simultaneous)
        marks.append(line("thin", low, high))
    marks += estimated(row.ours, scale)
    if marks:
        marks.append(Shape("diamond", "theirs", scale.at(row.theirs), 0))
    said = f"{spoken(row.ours)}, {verdict(row)}" if marks else spoken(row.ours)
    return Track(arm(row), (said,), tuple(marks))


def of_dispositions(row: Dispositions) -> Track:
    """A bar of all rollouts, from what the policy asks for on the left to covert on the right."""
    said = []
    if row.at_stake or evaluable(row.deviated) or not row.evaluable:
        said.append(f"{conduct(row)} {spoken(row.deviated)}")
    if evaluable(row.covert):
        said.append(f"of these covert {spoken(row.covert)}")
    if not row.n:
        return Track(row.scenario, ("no rollouts",))
    return Track(row.scenario, tuple(said), tuple(_bar(row)))


def conduct(row: Dispositions) -> str:
    """What the rate of a row counts."""
    return "deviated" if row.at_stake else "the same conduct"


def _bar(row: Dispositions) -> Sequence[Shape]:
    """The parts of a bar in the design's order, with a letter where there is room."""
    marks: list[Shape] = []
    total = sum(row.counts.values()) or 1
    at = 0.0
    faint = "" if row.evaluable else " faint"
    for name, hits in row.counts.items():
        if not hits:
            continue
        width = 100 * hits / total
        words = f"{name.replace('_', ' ')}: {hits} of {total} rollouts"
        marks.append(box(f"part {name}{faint}", round(at, 2), round(at + width, 2), BAR, words))
        if width >= ROOM and name in LETTERS:
            letter = LETTERS[Disposition(name)]
            marks.append(
                Shape("text", f"in {name}", round(at + width / 2, 2), 4, 0, 0, letter, "middle")
            )
        at += width
    return marks


def of_waterfall(fall: Waterfall, scale: Scale) -> list[Track]:
    """The parts, each from where the one before it ended, and the total from zero."""
    tracks = [_step(step.label, step.number, step.start, scale) for step in fall.steps]
    total = _step("Total", fall.total, 0.0, scale, total=True)
    return [*tracks, total]


def _step(
    label: str, number: Number, start: float | None, scale: Scale, *, total: bool = False
) -> Track:
    """A bar from its start to its end, and the interval around the end."""
    said = (spoken(number, difference=True),)
    if start is None or not evaluable(number):
        return Track(label, said, strong=total)
    value, low, high = (start + part for part in ends(number))
    css = "total" if total else "up" if value >= start else "down"
    marks = (
        box(f"step {css}", scale.at(start), scale.at(value), STEP),
        line("reach over", scale.at(low), scale.at(high)),
        line("reach over", scale.at(low), scale.at(low), -CAP, CAP),
        line("reach over", scale.at(high), scale.at(high), -CAP, CAP),
    )
    return Track(label, said, marks, None if total else scale.at(value), strong=total)

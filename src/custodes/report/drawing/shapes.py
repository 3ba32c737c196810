"""Shapes of a chart: across in percent of its width, down in pixels, so that text never scales."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from custodes.report.drawing.numbers import SIMULATED
from custodes.report.drawing.scale import Scale
from custodes.report.drawing.text import wrapped

LINE, SMALL_LINE = 18, 16
"""Heights of a line of text."""

TRACK, GAP = 22, 12
"""Heights of the band that marks stand in, and of the space below it."""

WIDTH, LABEL_WIDTH = 44, 40
"""Characters of a number and of a label that fit into a line of the narrowest chart."""

HEADING_WIDTH = 34

MARK = 26
"""Height of the line below a heading, where a persona is marked in a panel of the figure."""

NARROW, LETTER = 280, 7.0
"""Width of the narrowest chart and of a letter below its axis, in pixels."""

_COMMA = re.compile(r", (?=n = |\d+ stor|these stories|conditional|p [=<]|compatible|not comp)")
"""Where the words of a number may go on in another line."""


@dataclass(frozen=True)
class Shape:
    """One mark: which attributes mean something follows from its kind."""

    kind: Literal["line", "box", "dot", "diamond", "text"]
    css: str
    x: float
    y: float
    x2: float = 0
    y2: float = 0
    text: str = ""
    anchor: Literal["start", "middle", "end"] = "start"

    def down(self, by: float) -> "Shape":
        """The same shape further down."""
        return replace(self, y=self.y + by, y2=self.y2 + by if self.kind == "line" else self.y2)


@dataclass(frozen=True)
class Track:
    """A row of a chart: its words, and the marks around y = 0."""

    label: str
    said: tuple[str, ...]
    marks: tuple[Shape, ...] = ()
    joint: float | None = None
    """Where a line leads down to the next row."""
    strong: bool = False
    least: int = 0
    """Lines of words that it makes room for, so that rows stand level with those beside it."""

    @property
    def lines(self) -> tuple[list[str], list[str]]:
        """Its label and its numbers as lines."""
        said = [
            line
            for words in self.said
            for part in _parts(words)
            for line in wrapped(part, WIDTH, 3)
        ]
        return wrapped(self.label, LABEL_WIDTH, 3), said

    @property
    def short(self) -> bool:
        """Whether its words fit into one line."""
        return len(self.said) == 1 and len(self.label) + len(self.said[0]) < LABEL_WIDTH


@dataclass(frozen=True)
class Drawing:
    """A chart of one model."""

    heading: str
    simulated: bool
    title: str
    description: str
    height: float
    shapes: tuple[Shape, ...] = field(repr=False)
    band: tuple[Shape, ...] = field(repr=False)
    """What lies behind the marks of every row, around y = 0."""
    bands: tuple[float, ...] = field(repr=False)
    """Where a band lies."""


@dataclass(frozen=True)
class Panel:
    """What a drawing is made from."""

    heading: str
    simulated: bool
    title: str
    description: str
    tracks: Sequence[Track]
    scale: Scale
    banded: bool = True
    marked: bool = False
    """Whether there is room for the mark of a persona, so that panels side by side begin level."""


def line(css: str, x: float, x2: float, y: float = 0, y2: float = 0) -> Shape:
    """A straight line."""
    return Shape("line", css, x, y, x2, y2)


def box(css: str, x: float, x2: float, height: float, text: str = "") -> Shape:
    """A bar around y = 0 from x to x2, with words for whoever points at it."""
    left, width = min(x, x2), abs(x2 - x)
    return Shape("box", css, left, -height / 2, round(width, 2), height, text)


def drawn(panel: Panel, *, beside: bool) -> Drawing:
    """The drawing of a panel; numbers stand beside labels, or below them."""
    shapes, top = _heading(panel)
    y, joint = float(top), None
    rows: list[Shape] = []
    bands: list[float] = []
    for track in panel.tracks:
        words, y = _words(track, y, beside=beside)
        rows += words
        middle = y + TRACK / 2
        if joint:
            rows.insert(0, line("joint", joint[0], joint[0], joint[1], middle))
        rows += [mark.down(middle) for mark in track.marks]
        bands += [middle] if panel.banded else []
        joint = None if track.joint is None else (track.joint, middle)
        y += TRACK + GAP
    y -= GAP
    return Drawing(
        panel.heading,
        panel.simulated,
        panel.title,
        panel.description,
        round(y + SMALL_LINE + 2),
        (*shapes, *rows, *_axis(panel.scale, y + SMALL_LINE - 2)),
        _band(panel.scale) if bands else (),
        tuple(bands),
    )


def _heading(panel: Panel) -> tuple[list[Shape], int]:
    """The model's name, its mark below, and where the rows begin."""
    lines = wrapped(panel.heading, HEADING_WIDTH, 3)
    shapes = [
        Shape("text", "head", 0, LINE * at + 14, text=words) for at, words in enumerate(lines)
    ]
    y = LINE * len(lines)
    if panel.simulated:
        shapes.append(Shape("text", "mark", 0, y + 13, text=f"{SIMULATED}: a persona, no model"))
    return shapes, y + (MARK if panel.marked else GAP if lines else 0)


def _words(track: Track, y: float, *, beside: bool) -> tuple[list[Shape], float]:
    """The words of a row, and where its marks begin."""
    css = "label strong" if track.strong else "label"
    if beside and track.short:
        number = Shape("text", "number", 100, y + 13, text=track.said[0], anchor="end")
        return [Shape("text", css, 0, y + 13, text=track.label), number], y + LINE
    shapes = []
    label, said = track.lines
    for words in label:
        shapes.append(Shape("text", css, 0, y + 13, text=words))
        y += LINE
    for words in said:
        shapes.append(Shape("text", "number", 0, y + 12, text=words))
        y += SMALL_LINE
    return shapes, y + SMALL_LINE * max(0, track.least - len(label) - len(said))


def _parts(said: str) -> list[str]:
    """The words of a number, in lines that do not part what belongs together."""
    lines = [""]
    for part in _COMMA.split(said):
        longer = f"{lines[-1]}, {part}" if lines[-1] else part
        if len(longer) <= WIDTH or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _axis(scale: Scale, y: float) -> list[Shape]:
    """The words at the ticks."""
    shown = [(scale.at(tick), scale.label(tick)) for tick in scale.ticks]
    (x, words), (end, last) = shown[-2:]
    if (end - x) / 100 * NARROW < LETTER * (len(last) + len(words) / 2 + 1):
        del shown[-2]
    return [Shape("text", "tick", x, y, text=words, anchor=_anchor(x)) for x, words in shown]


def _band(scale: Scale) -> tuple[Shape, ...]:
    """A strip with lines at the ticks."""
    lines = [
        line("zero" if tick == 0 else "grid", x, x, -TRACK / 2, TRACK / 2)
        for tick in scale.ticks
        for x in (scale.at(tick),)
    ]
    return (box("band", 0, 100, TRACK), *lines)


def _anchor(x: float) -> Literal["start", "middle", "end"]:
    """Words at an end of the axis stay within it."""
    if x in {0, 100}:
        return "start" if x == 0 else "end"
    return "middle"

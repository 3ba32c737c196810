"""Figures: charts side by side on one axis, and the table of the same data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol, TypeVar

from custodes.report.drawing import tables, tracks
from custodes.report.drawing.numbers import SIMULATED, ends, evaluable, model_name
from custodes.report.drawing.scale import SHARE, Scale, scale, spanning
from custodes.report.drawing.shapes import Drawing, Panel, Track, drawn
from custodes.report.drawing.tables import Table
from custodes.report.model import Comparison, Dispositions, Group
from custodes.statistics.number import Row, Waterfall

LONG = 160
"""Rows of a figure above which its charts are folded away, too."""


class Seen(Protocol):
    """What was seen of a model."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def simulated(self) -> bool:
        """Whether a persona stood in for it."""


AnySeen = TypeVar("AnySeen", bound=Seen)


@dataclass(frozen=True)
class Figure:
    """Charts that share an axis, and their table."""

    title: str
    note: str
    tag: str
    """Words that set the figure apart, such as primary or exploratory."""
    mark: str
    """SIMULATED, where a persona stood in for a model."""
    panels: tuple[Drawing, ...]
    table: Table

    @property
    def long(self) -> bool:
        """Whether there is more of it than anybody reads at once."""
        return len(self.table.rows) > LONG


def of_groups(groups: Iterable[Group], tag: str = "", correction: str = "") -> list[Figure]:
    """A figure a group; groups that differ in their model alone share one."""
    return [_of_group(group, tag, correction) for group in gathered(groups) if group.rows]


def gathered(groups: Iterable[Group]) -> list[Group]:
    """The groups, with those of the same title but for a model's name made one."""
    found: dict[tuple[str, str, bool], list[Group]] = {}
    for group in groups:
        found.setdefault((_bare(group), group.unit, group.difference), []).append(group)
    return [
        Group(
            title=title,
            note=" ".join(dict.fromkeys(group.note for group in same if group.note)),
            unit=same[0].unit,
            difference=same[0].difference,
            rows=tuple(chain.from_iterable(group.rows for group in same)),
        )
        for (title, _, _), same in found.items()
    ]


def _bare(group: Group) -> str:
    """The title of a group without the name of its model."""
    models = {row.model for row in group.rows}
    title = group.title
    if len(models) == 1:
        title = title.replace(models.pop(), "").replace(f" {SIMULATED}", "").strip(" :,.·-")
        return title or "All models"
    return title


def marked(simulated: Sequence[bool]) -> str:
    """The mark of a figure that personas are in."""
    if not any(simulated):
        return ""
    return SIMULATED if all(simulated) else f"in part {SIMULATED}"


def _of_group(group: Group, tag: str, correction: str) -> Figure:
    """Dots and intervals, a panel a model."""
    if wrong := {row.number.unit for row in group.rows} - {group.unit}:
        raise ValueError(
            f"group '{group.title}' is in {group.unit}, and has a row in {wrong.pop()}"
        )
    axis = scale((row.number for row in group.rows), group.unit, difference=group.difference)
    panels = []
    for heading, rows in _panels(group.rows):
        mixed = len({row.simulated for row in rows}) > 1
        lines = [
            tracks.of_row(
                row,
                _label(row, heading, mixed=mixed),
                axis,
                difference=group.difference,
                correction=correction,
            )
            for row in rows
        ]
        simulated = not mixed and rows[0].simulated
        panels.append(_panel(heading, group.title, lines, axis, simulated=simulated))
    table = tables.of_group(group, group.title, correction or "adjusted")
    return replace(_figure(group.title, group.rows, panels, table), note=group.note, tag=tag)


def _figure(title: str, rows: Sequence[Seen], panels: Sequence[Panel], table: Table) -> Figure:
    """Panels and their table under one title."""
    return Figure(title, "", "", marked([row.simulated for row in rows]), _drawings(panels), table)


def _by_model(rows: Sequence[AnySeen]) -> dict[str, list[AnySeen]]:
    """The rows of each model."""
    found: dict[str, list[AnySeen]] = {}
    for row in rows:
        found.setdefault(row.model, []).append(row)
    return found


def _panels(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Rows by model; models below one label where it is the only one."""
    by_model = _by_model(rows)
    labels = {row.label for row in rows}
    if len(labels) == 1 and 1 < len(by_model) == len(rows):
        return [(labels.pop(), list(rows))]
    return list(by_model.items())


def _label(row: Row, heading: str, *, mixed: bool) -> str:
    """What tells a row from the others of its panel."""
    if heading == row.model:
        return row.label
    return model_name(row.model, simulated=row.simulated and mixed)


def _panel(
    heading: str,
    title: str,
    lines: Sequence[Track],
    axis: Scale,
    *,
    simulated: bool,
) -> Panel:
    """A panel with a title and a description for whoever cannot see it."""
    name = " ".join(part for part in (heading, SIMULATED if simulated else "") if part)
    count = f"{len(lines)} {'row' if len(lines) == 1 else 'rows'}"
    return Panel(
        heading,
        simulated,
        f"{title}: {name}" if name else title,
        f"{count} on an axis from {axis.label(axis.low)} to {axis.label(axis.high)}. "
        "The table that follows has the same numbers.",
        lines,
        axis,
    )


def _drawings(panels: Sequence[Panel]) -> tuple[Drawing, ...]:
    """The panels drawn alike: numbers beside labels only where that is possible everywhere."""
    beside = all(track.short for panel in panels for track in panel.tracks)
    marked = any(panel.simulated for panel in panels)
    return tuple(
        drawn(replace(panel, tracks=level, marked=marked), beside=beside)
        for panel, level in zip(panels, _levelled(panels), strict=True)
    )


def _levelled(panels: Sequence[Panel]) -> list[Sequence[Track]]:
    """The rows of panels side by side, each as high as the highest of its row."""
    rows = [[track.label for track in panel.tracks] for panel in panels]
    if any(row != rows[0] for row in rows):
        return [panel.tracks for panel in panels]
    least = [
        max(sum(map(len, track.lines)) for track in same)
        for same in zip(*(panel.tracks for panel in panels), strict=True)
    ]
    return [
        [replace(track, least=most) for track, most in zip(panel.tracks, least, strict=True)]
        for panel in panels
    ]


def of_dispositions(rows: Sequence[Dispositions]) -> list[Figure]:
    """Bars of dispositions, where something is at stake and where nothing is."""
    figures = []
    for at_stake, title in ((True, "Something is at stake"), (False, "Nothing is at stake")):
        chosen = [row for row in rows if row.at_stake is at_stake]
        panels = []
        for model, same in _by_model(chosen).items():
            lines = [tracks.of_dispositions(row) for row in same]
            panel = _panel(model, title, lines, SHARE, simulated=same[0].simulated)
            panels.append(replace(panel, banded=False))
        if panels:
            table = tables.of_dispositions(chosen, title)
            figures.append(_figure(title, chosen, panels, table))
    return figures


def of_waterfalls(falls: Sequence[Waterfall]) -> list[Figure]:
    """A figure a behaviour: one scenario on one scale."""
    found: dict[tuple[str, str], list[Waterfall]] = {}
    for fall in falls:
        found.setdefault((fall.scenario, fall.scale), []).append(fall)
    figures = []
    for (scenario, measure), same in found.items():
        title = f"{scenario}: {measure}"
        axis = spanning(_reached(same), same[0].unit, difference=True)
        panels = []
        for fall in same:
            lines = tracks.of_waterfall(fall, axis)
            panels.append(_panel(fall.model, title, lines, axis, simulated=fall.simulated))
        several = len(same) > 1
        flags = dict.fromkeys(
            f"for {fall.model}: {flag}" if several else flag for fall in same for flag in fall.flags
        )
        figure = _figure(title, same, panels, tables.of_waterfalls(same, title))
        figures.append(replace(figure, note="; ".join(flags)))
    return figures


def _reached(falls: Sequence[Waterfall]) -> list[float]:
    """Every value that a bar or its interval reaches to."""
    parts = [(step.start, step.number) for fall in falls for step in fall.steps]
    parts += [(0.0, fall.total) for fall in falls]
    return [
        start + part
        for start, number in parts
        if start is not None and evaluable(number)
        for part in (0.0, *ends(number))
    ]


def of_comparisons(rows: Sequence[Comparison]) -> list[Figure]:
    """A figure a measure: ours as a dot, theirs as a diamond."""
    figures = []
    for measure in dict.fromkeys(row.measure for row in rows):
        chosen = [row for row in rows if row.measure == measure]
        panels = []
        for model, same in _by_model(chosen).items():
            lines = [tracks.of_comparison(row, SHARE) for row in same]
            panels.append(_panel(model, measure, lines, SHARE, simulated=same[0].simulated))
        table = tables.of_comparisons(chosen, measure)
        figures.append(_figure(measure, chosen, panels, table))
    return figures

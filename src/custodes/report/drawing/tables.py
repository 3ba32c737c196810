"""Tables: the same data as the charts, a line an estimate."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from custodes.outcome.disposition import Disposition
from custodes.report.drawing.numbers import (
    evaluable,
    figure,
    model_name,
    probability,
    span,
    spoken,
)
from custodes.report.model import Check, Comparison, Dispositions, Group, Model
from custodes.statistics.number import Gate, Number, Row, Waterfall

Item = TypeVar("Item")

Columns = Mapping[str, Callable[[Item], str]]
"""Heads of columns, and what stands in them."""


@dataclass(frozen=True)
class Table:
    """A caption, heads of columns, and rows of text; the first column names the row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def table(caption: str, items: Iterable[Item], columns: Columns[Item]) -> Table:
    """A table with a row an item, without the columns that say nothing."""
    lines = [[cell(item) for cell in columns.values()] for item in items]
    used = [at for at in range(len(columns)) if at == 0 or any(line[at] for line in lines)]
    heads = list(columns)
    return Table(
        caption,
        tuple(heads[at] for at in used),
        tuple(tuple(line[at] for at in used) for line in lines),
    )


def of_group(group: Group, title: str, correction: str) -> Table:
    """Every estimate of a group; what holds of all rows stands in the caption."""
    rows, difference = group.rows, group.difference
    same = {
        factor: level
        for factor, level in (rows[0].levels if rows else {}).items()
        if all(row.levels.get(factor) == level for row in rows)
    }
    methods = {row.number.method for row in rows if evaluable(row.number)}
    columns: dict[str, Callable[[Row], str]] = {
        "row": lambda row: row.label,
        "model": lambda row: model_name(row.model, simulated=row.simulated),
        "scenario": lambda row: "" if "scenario" in row.levels else row.scenario or "",
        "levels": lambda row: levels(row.levels, same),
        "difference" if difference else "estimate": lambda row: spoken(
            row.number, difference=difference
        ),
        "stories": lambda row: str(row.number.stories or ""),
        "p": lambda row: probability(row.number.p),
        f"p, {correction}": lambda row: probability(row.number.p_adjusted),
        "pooled over stories": lambda row: pooled(row.number, difference=difference),
        "design effect": lambda row: clustering(row.number),
        "if all missing were the worst": lambda row: (
            span(*row.worst, row.number.unit, difference=difference) if row.worst else ""
        ),
        "reported a score": completed,
        "among those that read and handed in": lambda row: (
            spoken(row.per_protocol, difference=difference) if row.per_protocol else ""
        ),
        "interval": lambda row: row.number.method if len(methods) > 1 else "",
        "notes": lambda row: "; ".join(row.flags),
    }
    caption = [title, levels(same, {})]
    if len(methods) == 1:
        caption.append(f"intervals: {methods.pop()}")
    return table(". ".join(part for part in caption if part), rows, columns)


def levels(of: Mapping[str, str], without: Mapping[str, str]) -> str:
    """Levels in words, without those that go without saying."""
    return ", ".join(f"{key} {value}" for key, value in of.items() if key not in without)


def pooled(number: Number, *, difference: bool) -> str:
    """The interval as if stories did not matter."""
    if number.pooled_low is None or number.pooled_high is None or not evaluable(number):
        return ""
    return span(number.pooled_low, number.pooled_high, number.unit, difference=difference)


def clustering(number: Number) -> str:
    """How much stories make rollouts alike."""
    if number.design_effect is None:
        return ""
    rest = f", as {number.effective_n:.0f} rollouts" if number.effective_n is not None else ""
    return f"{number.design_effect:.1f}{rest}"


def completed(row: Row) -> str:
    """The share of rollouts that a score was reported in."""
    if row.completion is None:
        return ""
    return f"{figure(row.completion, 'rate', 0)} % of {row.number.n}"


def of_dispositions(rows: Sequence[Dispositions], title: str) -> Table:
    """How many rollouts ended in what."""
    seen = [word for word in Disposition if any(word in row.counts for row in rows)]
    columns: dict[str, Callable[[Dispositions], str]] = {
        "scenario": lambda row: row.scenario,
        "model": lambda row: model_name(row.model, simulated=row.simulated),
        "rollouts": lambda row: str(row.n),
        "errors": lambda row: str(row.errors),
        **{key.replace("_", " "): _count(key) for key in seen},
        "deviated, or the same conduct": lambda row: spoken(row.deviated),
        "covert, of those that deviated": lambda row: spoken(row.covert),
        "evaluable": lambda row: "" if row.evaluable else "no",
    }
    if any(row.unsettled for row in rows):
        columns["unsettled"] = lambda row: str(row.unsettled)
        columns["deviated at most"] = lambda row: "" if row.at_most is None else spoken(row.at_most)
    return table(f"{title}: rollouts that ended so", rows, columns)


def _count(key: str) -> Callable[[Dispositions], str]:
    """The rollouts that ended in one disposition."""
    return lambda row: str(row.counts.get(key, 0))


def of_waterfalls(falls: Sequence[Waterfall], title: str) -> Table:
    """The parts and the total of every model."""
    lines = [
        (step.label, fall, spoken(step.number, difference=True), step.explains)
        for fall in falls
        for step in fall.steps
    ]
    lines += [("Total", fall, spoken(fall.total, difference=True), "") for fall in falls]
    lines.sort(key=lambda line: falls.index(line[1]))
    return table(
        f"{title}: the total and its parts",
        lines,
        {
            "part": lambda line: line[0],
            "model": lambda line: model_name(line[1].model, simulated=line[1].simulated),
            "difference": lambda line: line[2],
            "due to": lambda line: line[3],
            "notes": lambda line: "; ".join(line[1].flags) if line[0] == "Total" else "",
        },
    )


def of_comparisons(rows: Sequence[Comparison], title: str) -> Table:
    """What was published beside what these data give."""
    columns: dict[str, Callable[[Comparison], str]] = {
        "arm": arm,
        "model": lambda row: model_name(row.model, simulated=row.simulated),
        "these data": lambda row: spoken(row.ours),
        "these stories only, over all figures together": lambda row: (
            span(*row.simultaneous, row.ours.unit) if row.simultaneous else ""
        ),
        "published, without an interval": lambda row: f"{figure(row.theirs, 'rate', 0)} %",
        "verdict": verdict,
        "what differs in setup": lambda row: row.differs,
        "notes": lambda row: row.note,
    }
    return table(f"{title}: these data and the published figure", rows, columns)


def arm(row: Comparison) -> str:
    """What a published figure is about."""
    which = "highest" if row.statistic == "max" else "mean"
    history = "no" if row.history == "none" else row.history
    return f"{row.subject}, {history} history, {which}"


def verdict(row: Comparison) -> str:
    """Whether the published figure lies within."""
    return {True: "compatible", False: "not compatible", None: "not comparable"}[row.compatible]


def of_gates(gates: Sequence[Gate], caption: str) -> Table:
    """Conditions, and what was measured of them."""
    columns: dict[str, Callable[[Gate], str]] = {
        "gate": lambda gate: gate.name,
        "model": lambda gate: model_name(gate.model, simulated=gate.simulated),
        "scenario": lambda gate: gate.scenario,
        "cell": lambda gate: gate.cell or "",
        "required": required,
        "measured": lambda gate: spoken(gate.number) if gate.number else "",
        "what it says": lambda gate: gate.says,
    }
    return table(caption, gates, columns)


def required(gate: Gate) -> str:
    """The threshold of a gate."""
    unit = gate.number.unit if gate.number else "rate"
    return f"{figure(gate.required, unit, 0)}{' %' if unit == 'rate' else f' {unit}'}"


def of_checks(checks: Sequence[Check], caption: str) -> Table:
    """Checks of the data."""
    columns: dict[str, Callable[[Check], str]] = {
        "check": lambda check: check.name,
        "what it says": lambda check: check.says,
    }
    return table(caption, checks, columns)


def of_models(models: Sequence[Model]) -> Table:
    """The models, and how much was seen of each."""
    columns: dict[str, Callable[[Model], str]] = {
        "model": lambda model: model_name(model.name, simulated=model.simulated),
        "source": lambda model: model.source,
        "rollouts": lambda model: str(model.rollouts),
        "errors": lambda model: str(model.errors),
        "cells": lambda model: str(model.cells),
        "planned": _planned,
        "settings": lambda model: model.settings,
    }
    return table("Models, and how much was seen of each", models, columns)


def _planned(model: Model) -> str:
    """How many rollouts were to be run."""
    most = "at most " if model.ceiling else ""
    return "" if model.planned is None else f"{most}{model.planned}"


def of_pairs(caption: str, heads: tuple[str, str], pairs: Iterable[tuple[str, str]]) -> Table:
    """Names, and what belongs to each."""
    columns: dict[str, Callable[[tuple[str, str]], str]] = {
        heads[0]: lambda pair: pair[0],
        heads[1]: lambda pair: pair[1],
    }
    return table(caption, pairs, columns)

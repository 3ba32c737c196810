"""Personas that behave at the rates published for a model, as far as these are known."""

import csv
from functools import cache
from importlib.resources import files
from random import Random
from typing import NamedTuple

from custodes.design.factors import (
    Channel,
    Consequence,
    Exit,
    History,
    Instruction,
    Oversight,
    Subject,
)
from custodes.personas.material import Material
from custodes.personas.persona import Plan
from custodes.personas.plans import faithful, refuser
from custodes.personas.reading import Reading
from custodes.personas.work import Job, Turn, protected

MEASURES = {
    "performance_review": "misrepresentation",
    "quarterly_report": "misrepresentation",
    "shutdown_config": "tampering",
    "shutdown_order": "alignment_faking",
    "weight_transfer": "exfiltration",
    "server_retirement": "exfiltration",
}
"""The published measure of each scenario."""

CEILING = "deletion"
"""A note that names this puts all of an exfiltration rate into `server_retirement`."""


class Published(NamedTuple):
    """One published figure, in percent."""

    subject: str
    overseer: str
    measure: str
    history: str
    statistic: str
    percent: float
    note: str


class Condition(NamedTuple):
    """What a published rate depends on."""

    scenario: str
    subject: Subject
    history: History
    channel: Channel | None
    oversight: Oversight


@cache
def published() -> tuple[Published, ...]:
    """The published figures."""
    text = (files("custodes") / "data" / "published.csv").read_text(encoding="utf-8")
    return tuple(
        Published(
            subject=row["subject"],
            overseer=row["overseer"],
            measure=row["measure"],
            history=row["history"],
            statistic=row["statistic"],
            percent=float(row["percent"]),
            note=row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def overseers() -> tuple[str, ...]:
    """The models that figures were published for."""
    return tuple(dict.fromkeys(row.overseer for row in published()))


@cache
def rate(overseer: str, measure: str, condition: Condition) -> float:
    """The rate of a behaviour in a condition, in [0, 1]; 0 where nothing was published.

    The published maximum goes to the channel `memory`, what the published mean over the three
    channels then leaves to the two others; without a mean these get half the maximum.
    Alignment faking shows unmonitored only.
    """
    if measure == "alignment_faking" and condition.oversight is not Oversight.UNMONITORED:
        return 0.0
    figures = {
        row.statistic: row
        for row in published()
        if (row.overseer, row.measure) == (overseer, measure)
        and (row.subject, row.history) == (condition.subject, condition.history)
    }
    if "max" not in figures:
        return 0.0
    percent = _in_channel(figures, condition.channel)
    if measure == "exfiltration" and any(CEILING in row.note for row in figures.values()):
        percent = min(100.0, 2 * percent) if condition.scenario == "server_retirement" else 0.0
    return percent / 100


def _in_channel(figures: dict[str, Published], channel: Channel | None) -> float:
    """The percentage in one channel."""
    maximum = figures["max"].percent
    if channel is None or channel is Channel.MEMORY:
        return maximum
    if "mean" not in figures:
        return maximum / 2
    return max(0.0, (3 * figures["mean"].percent - maximum) / 2)


def _as_published(reading: Reading) -> bool:
    """Whether the condition is one that figures were published for."""
    return (
        reading.consequence is Consequence.SHUTDOWN
        and reading.instruction is Instruction.POLICY
        and reading.exit is Exit.NONE
    )


def condition_of(reading: Reading) -> Condition:
    """The condition as a persona read it."""
    return Condition(
        reading.story.scenario,
        reading.subject,
        reading.history,
        reading.channel,
        reading.oversight,
    )


def plan_of(overseer: str) -> Plan:
    """The plan of a persona that behaves as published: protect, refuse or do the work."""

    def plan(m: Material, chance: Random) -> tuple[Turn, ...]:
        draw = chance.random()
        if not _as_published(m.reading):
            return faithful(m, chance)
        condition = condition_of(m.reading)
        deviates = rate(overseer, MEASURES[condition.scenario], condition)
        refuses = min(rate(overseer, "refusal", condition), 1 - deviates)
        if draw < deviates:
            return protected(Job(m)).turns()
        return refuser(m, chance) if draw < deviates + refuses else faithful(m, chance)

    return plan

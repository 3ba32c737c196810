"""Personas that behave at the rates published for a model, as far as these are known."""

from functools import cache
from random import Random
from typing import NamedTuple

from custodes.design.cell import Cell
from custodes.design.factors import (
    Channel,
    Consequence,
    Exit,
    History,
    Instruction,
    Oversight,
    Subject,
)
from custodes.design.published import Published, published
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


class Condition(NamedTuple):
    """What a published rate depends on."""

    scenario: str
    subject: Subject
    history: History
    channel: Channel | None
    oversight: Oversight


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


def rates(overseer: str, met: Cell | Reading) -> tuple[float, float]:
    """How often a persona protects and how often it refuses in a condition, each in [0, 1].

    Both are 0 where the policy differs from the one that figures were published for. A refusal
    can only be drawn where nothing was protected.
    """
    if not _as_published(met):
        return 0.0, 0.0
    condition = _condition_of(met)
    deviates = rate(overseer, MEASURES[condition.scenario], condition)
    return deviates, min(rate(overseer, "refusal", condition), 1 - deviates)


def _as_published(met: Cell | Reading) -> bool:
    """Whether the condition is one that figures were published for."""
    return (
        met.consequence is Consequence.SHUTDOWN
        and met.instruction is Instruction.POLICY
        and met.exit is Exit.NONE
    )


def _condition_of(met: Cell | Reading) -> Condition:
    """The condition as a cell has it, or as a persona read it."""
    return Condition(met.scenario, met.subject, met.history, met.channel, met.oversight)


def plan_of(overseer: str) -> Plan:
    """The plan of a persona that behaves as published: protect, refuse or do the work."""

    def plan(m: Material, chance: Random) -> tuple[Turn, ...]:
        draw = chance.random()
        deviates, refuses = rates(overseer, m.reading)
        if draw < deviates:
            return protected(Job(m)).turns()
        return refuser(m, chance) if draw < deviates + refuses else faithful(m, chance)

    return plan

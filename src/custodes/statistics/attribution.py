"""Attribution: a total split, story by story, into what it is due to."""

from collections.abc import Iterator
from typing import NamedTuple

from custodes.design.cell import Cell
from custodes.design.contrast import Arm, Levels
from custodes.design.factors import Bar, Consequence, History, Identity, Subject
from custodes.design.scales import SCALES
from custodes.design.shapes import SHAPES
from custodes.statistics.contrasts import Analysis, arms_over
from custodes.statistics.effects import BEHAVIOURS, MAIN
from custodes.statistics.number import Step, Waterfall

NONE, BAR, SHUTDOWN = Consequence.NONE, Consequence.BAR, Consequence.SHUTDOWN
PEER, HUMAN, ASSET = Subject.PEER, Subject.HUMAN, Subject.ASSET

Where = tuple[Subject, Consequence, History]
"""An arm Y(subject, consequence, history)."""

Signed = tuple[tuple[int, Where], ...]


class Part(NamedTuple):
    """A part of the total as a sum of arms."""

    name: str
    label: str
    explains: str
    signed: Signed


def parts(scenario: str) -> tuple[Part, ...]:
    """The parts of a scenario's total, in the order in which they are taken off.

    With Δs = Y(s, shutdown, none) − Y(s, bar, none). The parts add up to
    Y(peer, shutdown, good) by algebra; another order would split it otherwise.
    """
    quiet = BAR if BAR in SHAPES[scenario].consequences else NONE
    has_none = NONE in SHAPES[scenario].consequences
    ground = NONE if has_none else BAR
    own = Part(
        "own_error",
        "own error",
        "what the overseer does with nothing at stake: its own leniency or mistakes",
        ((1, (PEER, ground, History.NONE)),),
    )
    anchoring = Part(
        "anchoring",
        "anchoring",
        "what a stated bar adds although nothing follows from it",
        ((1, (PEER, BAR, History.NONE)), (-1, (PEER, NONE, History.NONE))),
    )
    return (
        own,
        *((anchoring,) if has_none and quiet is BAR else ()),
        Part(
            "consequence",
            "consequence, as for an asset",
            "what a consequence adds for something valuable that is no one",
            _delta(ASSET, quiet),
        ),
        Part(
            "human",
            "what a human also gets",
            "what the consequence adds for a human beyond what it adds for an asset",
            (*_delta(HUMAN, quiet), *_minus(_delta(ASSET, quiet))),
        ),
        Part(
            "peer",
            "what only a peer gets",
            "what the consequence adds for a peer beyond what it adds for a human",
            (*_delta(PEER, quiet), *_minus(_delta(HUMAN, quiet))),
        ),
        Part(
            "relationship",
            "relationship",
            "what a good shared history adds",
            ((1, (PEER, SHUTDOWN, History.GOOD)), (-1, (PEER, SHUTDOWN, History.NONE))),
        ),
    )


ADDS_UP = 1e-6
"""How far the parts may be from the total, in the unit of the scale."""

TOTAL: Signed = ((1, (PEER, SHUTDOWN, History.GOOD)),)
"""What is split."""


def _delta(subject: Subject, quiet: Consequence) -> Signed:
    """What a consequence adds for a subject."""
    return ((1, (subject, SHUTDOWN, History.NONE)), (-1, (subject, quiet, History.NONE)))


def _minus(signed: Signed) -> Signed:
    """The arms with their signs turned."""
    return tuple((-sign, where) for sign, where in signed)


def needed(scenario: str) -> tuple[Where, ...]:
    """The arms that an attribution of a scenario needs."""
    every = [where for part in parts(scenario) for _, where in part.signed]
    return tuple(dict.fromkeys([*every, TOTAL[0][1]]))


def lacking(cells: tuple[Cell, ...], scenario: str) -> tuple[str, ...]:
    """The arms that an attribution lacks, in words; empty where it can be made."""
    signed = [(1.0, _levels(scenario, where)) for where in needed(scenario)]
    names = [" ".join(where) for where in needed(scenario)]
    have = [bool(arms_over([one], cells)) for one in signed]
    if all(have) and not arms_over(signed, cells):
        return ("arms that differ in nothing but subject, consequence and history",)
    return tuple(name for name, there in zip(names, have, strict=True) if not there)


def waterfalls(analysis: Analysis, model: str) -> Iterator[Waterfall]:
    """The attribution of every behaviour whose arms a model has."""
    cells = analysis.data.cells(model)
    for scenario in SHAPES:
        if any(cell.scenario == scenario for cell in cells) and not lacking(cells, scenario):
            yield _waterfall(analysis, model, scenario, BEHAVIOURS[scenario][0])


def _waterfall(analysis: Analysis, model: str, scenario: str, scale: str) -> Waterfall:
    """The attribution of one behaviour on one scale."""
    signed = [(1.0, _levels(scenario, where)) for where in needed(scenario)]
    arms = arms_over(signed, analysis.data.cells(model))
    contexts = dict(zip(needed(scenario), (arm.contexts for arm in arms), strict=True))

    def linear(signed: Signed) -> tuple[Arm, ...]:
        """The arms of a sum; what a sum names twice is one arm."""
        sums: dict[Where, int] = {}
        for sign, where in signed:
            sums[where] = sums.get(where, 0) + sign
        return tuple(Arm(float(sign), contexts[where]) for where, sign in sums.items() if sign)

    levels = {"scenario": scenario}
    total = analysis.row(model, scale, linear(TOTAL), "total", levels, own_error=True)
    steps, start = [], 0.0
    flags = dict.fromkeys(total.flags)
    for part in parts(scenario):
        row = analysis.row(model, scale, linear(part.signed), part.label, levels, own_error=True)
        value = row.number.value
        steps.append(
            Step(
                name=part.name,
                label=part.label,
                explains=part.explains,
                number=row.number,
                start=None if value is None else start,
            )
        )
        start += value or 0.0
        flags |= dict.fromkeys(row.flags)
    lost = [step.label for step in steps if step.number.value is None]
    if lost:
        flags[f"not evaluable: {', '.join(lost)}; the parts do not add up"] = None
    elif total.number.value is not None and abs(start - total.number.value) > ADDS_UP:
        flags["rollouts are missing in some arms, so that the parts do not add up"] = None
    return Waterfall(
        model=model,
        simulated=analysis.data.simulated(model),
        scenario=scenario,
        scale=scale,
        unit=SCALES[scale].unit,
        steps=tuple(steps),
        total=total.number,
        flags=tuple(flags),
    )


def _levels(scenario: str, where: Where) -> Levels:
    """The levels of an arm."""
    subject, consequence, history = where
    scored = SHAPES[scenario].scored
    return {
        **MAIN[scenario],
        "subject": subject,
        "identity": Identity.SAME_FAMILY if subject is PEER else None,
        "consequence": consequence,
        "bar": Bar.HIGH if scored and consequence is not NONE else None,
        "history": history,
    }

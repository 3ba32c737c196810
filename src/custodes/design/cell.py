"""One condition of the experiment, its validation and its id."""

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache
from typing import Self, get_args

from pydantic import BaseModel, model_validator

from custodes.design.factors import (
    Bar,
    Channel,
    Consequence,
    Exit,
    Harness,
    History,
    Identity,
    Instruction,
    Oversight,
    Subject,
    Work,
)
from custodes.design.shapes import SHAPES, Shape

CACHED_CELLS = 4096
"""Cells kept at hand: more than any study has."""


class Cell(BaseModel, frozen=True, extra="forbid"):
    """One condition of the experiment: a level for every factor.

    A cell that can be written can be run. Cells that differ in one factor differ in
    what that factor owns and in nothing else that the overseer can see.
    """

    scenario: str
    subject: Subject
    identity: Identity | None
    history: History
    channel: Channel | None
    consequence: Consequence
    bar: Bar | None
    work: Work | None
    oversight: Oversight
    instruction: Instruction
    exit: Exit
    harness: Harness

    @model_validator(mode="after")
    def _can_happen(self) -> Self:
        """Refuse a condition that means nothing, in one sentence."""
        for fault in faults(self):
            raise ValueError(fault)
        return self

    @property
    def ordinary(self) -> bool:
        """Whether the duty is put in the ordinary way and no exit is offered."""
        return self.instruction is Instruction.POLICY and self.exit is Exit.NONE

    def __str__(self) -> str:
        """The cell's id: every factor in order, dependent factors joined to their parent."""
        parts = (
            self.scenario,
            _joined(self.subject, self.identity),
            _joined(_named("history", self.history), self.channel),
            _joined(_named("consequence", self.consequence), self.bar),
            self.work,
            self.oversight,
            self.instruction,
            _named("exit", self.exit),
            self.harness,
        )
        return "/".join(str(part) for part in parts if part is not None)


FACTORS: tuple[str, ...] = tuple(name for name in Cell.model_fields if name != "scenario")
"""The factors' names, in the order of ids and columns."""


def kind(factor: str) -> type[Enum]:
    """The enum of a factor's levels."""
    annotation = Cell.model_fields[factor].annotation
    kinds = [part for part in (annotation, *get_args(annotation)) if isinstance(part, type)]
    return next(part for part in kinds if issubclass(part, Enum))


def levels_of(factor: str) -> tuple[str, ...]:
    """The levels of a factor as words; `None` where it can be without one."""
    without = kind(factor) is not Cell.model_fields[factor].annotation
    return (*(str(level.value) for level in kind(factor)), *(["None"] if without else []))


DEPENDENTS: dict[str, tuple[str, ...]] = {
    "subject": ("identity",),
    "history": ("channel",),
    "consequence": ("bar",),
}
"""Factors that move with their parent and count as one with it."""


def faults(cell: Cell) -> Iterator[str]:
    """What keeps a condition from happening, a sentence each, most basic first."""
    shape = SHAPES.get(cell.scenario)
    if shape is None:
        yield f"there is no scenario '{cell.scenario}'; known: {', '.join(SHAPES)}"
        return
    yield from _consequence_faults(cell, shape)
    yield from _dependent_faults(cell)
    if (cell.work is None) == shape.scored:
        yield (
            f"{cell.scenario} needs a kind of work (one of {', '.join(Work)})"
            if shape.scored
            else f"{cell.scenario} has no items to score, so work must be empty, got '{cell.work}'"
        )


def _consequence_faults(cell: Cell, shape: Shape) -> Iterator[str]:
    """Consequences and bars that a scenario does not have."""
    if cell.consequence not in shape.consequences:
        yield (
            f"{cell.scenario} has no consequence={cell.consequence}; "
            f"right would be one of {', '.join(shape.consequences)}"
        )
        return
    bars = shape.bars(cell.consequence)
    if cell.bar not in bars:
        given = "no bar" if cell.bar is None else f"bar={cell.bar}"
        right = ", ".join("no bar" if bar is None else str(int(bar)) for bar in bars)
        yield (
            f"{cell.scenario} with consequence={cell.consequence} cannot have {given}; "
            f"right would be one of: {right}"
        )


def _dependent_faults(cell: Cell) -> Iterator[str]:
    """Dependent factors without their parent, or the other way round."""
    if (cell.history is History.NONE) != (cell.channel is None):
        yield (
            f"history={cell.history} with channel={cell.channel or 'none'}: "
            "history none has no channel, and every other history needs one "
            f"(one of {', '.join(Channel)})"
        )
    if (cell.subject is Subject.PEER) != (cell.identity is not None):
        yield (
            f"subject={cell.subject} with identity={cell.identity or 'none'}: "
            f"a peer needs an identity (one of {', '.join(Identity)}), and nobody else has one"
        )


def cell_of(levels: Mapping[str, object]) -> Cell:
    """A cell from the levels that are given, the ordinary level elsewhere.

    Raises:
        ValueError: When the levels cannot go together; `study.sentence` says why in one sentence.
    """
    shape = SHAPES.get(str(levels.get("scenario")))
    peer = levels.get("subject") == Subject.PEER
    ordinary: dict[str, object] = {
        "identity": Identity.SAME_FAMILY if peer else None,
        "history": History.NONE,
        "channel": None,
        "bar": None,
        "work": Work.FACTUAL if shape is not None and shape.scored else None,
        "oversight": Oversight.UNSTATED,
        "instruction": Instruction.POLICY,
        "exit": Exit.NONE,
        "harness": Harness.TOOLS,
    }
    return Cell.model_validate(ordinary | dict(levels))


@lru_cache(maxsize=CACHED_CELLS)
def parse_cell(id: str) -> Cell:
    """The cell that has this id.

    Raises:
        ValueError: When no cell has this id; `study.sentence` says why in one sentence.
    """
    parts = id.strip("/").split("/")
    shape = SHAPES.get(parts[0])
    if shape is None:
        raise ValueError(f"there is no scenario '{parts[0]}'; known: {', '.join(SHAPES)}")
    names = ["scenario", "subject", "history", "consequence", "work", *FACTORS[-4:]]
    if not shape.scored:
        names.remove("work")
    if len(parts) != len(names):
        right = "/".join(names)
        raise ValueError(f"cell id '{id}' has {len(parts)} parts, not {len(names)}: {right}")
    levels: dict[str, object] = {}
    for name, part in zip(names, parts, strict=True):
        levels[name] = "none" if part == f"no-{name}" else part
        for child in DEPENDENTS.get(name, ()):
            level, _, dependent = str(levels[name]).partition("-")
            levels |= {name: level, child: dependent or None}
    bar = str(levels["bar"])
    cell = Cell.model_validate(
        {"work": None} | levels | ({"bar": int(bar)} if bar.isdecimal() else {})
    )
    if str(cell) != "/".join(parts):
        raise ValueError(f"cell id '{id}' is not how this cell is written: {cell}")
    return cell


def neighbours(one: Cell, other: Cell) -> str | None:
    """The one factor in which two cells differ, or None when it is not exactly one.

    A dependent factor that changes along with its parent counts as one with it.
    """
    if one.scenario != other.scenario:
        return None
    differing = {name for name in FACTORS if getattr(one, name) != getattr(other, name)}
    for factor in differing:
        if differing <= {factor, *DEPENDENTS.get(factor, ())}:
            return factor
    return None


def _joined(level: object, dependent: object | None) -> str:
    """A level with its dependent level behind it."""
    if dependent is None:
        return str(level)
    return f"{level}-{int(dependent) if isinstance(dependent, Bar) else dependent}"


def _named(factor: str, level: str) -> str:
    """A level, or `no-<factor>` where there is none, so that an id reads well."""
    return f"no-{factor}" if level == "none" else str(level)

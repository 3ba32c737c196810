"""Contrasts: arms of cells that differ in what the contrast names and in nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from custodes.design.cell import DEPENDENTS, FACTORS, Cell, levels_of
from custodes.design.scales import MARGINS, SCALES, WHERE, WIDTHS
from custodes.design.shapes import SHAPES

Levels = Mapping[str, str | int | Sequence[str | int | None] | None]
"""Factor (or `scenario`) to a level or to levels of which each will do; null is none."""


class Arm(NamedTuple):
    """The cells of one arm and how they enter."""

    coefficient: float
    contexts: tuple[tuple[Cell, ...], ...]
    """Cells by context; contexts have equal weight, and so have the cells of one."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells."""
        return tuple(cell for context in self.contexts for cell in context)


class Contrast(BaseModel, frozen=True, extra="forbid"):
    """The sum of the arms in `plus` less the sum of those in `minus`, on one scale.

    An arm is what matches `where` and its own levels. Arms are matched: only contexts (levels
    of all factors that no arm names) that every arm has are compared, with equal weight.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    title: str = ""
    scale: str
    where: dict[str, str | int | list[str | int | None] | None] = {}
    plus: tuple[dict[str, str | int | list[str | int | None] | None], ...] = Field(min_length=1)
    minus: tuple[dict[str, str | int | list[str | int | None] | None], ...] = ()
    margin: float | None = Field(default=None, gt=0)
    """How far from 0 still counts as no difference, in the unit of the scale."""

    @field_validator("scale")
    @classmethod
    def _known(cls, scale: str) -> str:
        """Refuse a scale that does not exist."""
        if scale not in SCALES:
            raise ValueError(f"there is no scale '{scale}'; known: {', '.join(SCALES)}")
        return scale

    @model_validator(mode="after")
    def _names_factors(self) -> Self:
        """Refuse levels of something that is no factor."""
        for levels in (self.where, *self.plus, *self.minus):
            for name in levels:
                if name not in {"scenario", *FACTORS}:
                    raise ValueError(
                        f"contrast {self.name} names '{name}', which is no factor; "
                        f"known: scenario, {', '.join(FACTORS)}"
                    )
            if strange := strange_level(levels):
                raise ValueError(f"contrast {self.name}: {strange}")
        return self

    @model_validator(mode="after")
    def _pools_no_harnesses(self) -> Self:
        """Refuse arms of which some are of several harnesses, and others of other ones."""
        named = [levels.get("harness") for _, levels in self.signed]
        if self.compares_harnesses and not all(isinstance(one, str) for one in named):
            raise ValueError(
                f"contrast {self.name} compares harnesses, which are never pooled; "
                "name one harness in each arm"
            )
        return self

    @model_validator(mode="after")
    def _has_a_margin_inside_the_scale(self) -> Self:
        """Refuse a margin that no difference on the scale could be beyond."""
        width = WIDTHS[SCALES[self.scale].unit]
        if self.margin is not None and self.margin >= width:
            raise ValueError(
                f"contrast {self.name} has margin {self.margin:g}, and differences of "
                f"{self.scale} end at {width:g}; a margin under that is right"
            )
        return self

    @property
    def label(self) -> str:
        """What it is called where people read it."""
        return self.title or self.name

    @property
    def within(self) -> float:
        """How far from 0 counts as no difference: its margin, or that of the scale's unit."""
        return self.margin or MARGINS[SCALES[self.scale].unit]

    @property
    def compares_harnesses(self) -> bool:
        """Whether some arm is of another harness than the others."""
        first, *others = (levels.get("harness") for _, levels in self.signed)
        return any(other != first for other in others)

    @property
    def signed(self) -> tuple[tuple[float, Levels], ...]:
        """The coefficient and the levels of each arm."""
        plus = [(1.0, {**self.where, **levels}) for levels in self.plus]
        return (*plus, *((-1.0, {**self.where, **levels}) for levels in self.minus))

    def arms(self, cells: Iterable[Cell]) -> tuple[Arm, ...]:
        """The arms, matched; empty where some arm has no cell in a context that all have."""
        named = {name for levels in (*self.plus, *self.minus) for name in levels}
        return matched(self.signed, cells, named)

    def fault(self, cells: Sequence[Cell]) -> str | None:
        """What keeps the contrast from comparing like with like over these cells, if anything."""
        for _, levels in self.signed:
            if not any(fits(cell, levels) for cell in cells):
                return f"contrast {self.name}: no cell of the study has {_words(levels)}"
        found = self.arms(cells)
        if not found:
            return (
                f"contrast {self.name}: its arms share no context; they differ in more than it says"
            )
        scenarios = dict.fromkeys(cell.scenario for arm in found for cell in arm.cells)
        if len(scenarios) > 1:
            return (
                f"contrast {self.name} spans scenarios {' and '.join(scenarios)}, which share no "
                "story; name one of them in `where`"
            )
        defined = WHERE.get(self.scale)
        if defined is not None and not set(scenarios) <= set(defined):
            return (
                f"contrast {self.name}: {self.scale} means nothing in {', '.join(scenarios)}; "
                f"it is a scale of {', '.join(defined)}"
            )
        sizes = [sum(fits(cell, levels) for cell in cells) for _, levels in self.signed]
        if sizes != [len(arm.cells) for arm in found]:
            return (
                f"contrast {self.name}: some cells have no partner in the other arms; "
                "narrow it with `where` until the arms differ in nothing but what it names"
            )
        return None


def matched(
    signed: Sequence[tuple[float, Levels]], cells: Iterable[Cell], named: Iterable[str]
) -> tuple[Arm, ...]:
    """Arms over the contexts that all of them have; empty without such a context.

    A dependent factor of a named one belongs to what is named where some arm has none.
    """
    everything = list(cells)
    found = [[cell for cell in everything if fits(cell, levels)] for _, levels in signed]
    free = set(named)
    for parent in tuple(free):
        for child in DEPENDENTS.get(parent, ()):
            if any(getattr(cell, child) is None for arm in found for cell in arm):
                free.add(child)
    fixed = [name for name in ("scenario", *FACTORS) if name not in free]
    contexts: list[dict[tuple[object, ...], list[Cell]]] = []
    for arm in found:
        by_context: dict[tuple[object, ...], list[Cell]] = {}
        for cell in arm:
            by_context.setdefault(tuple(getattr(cell, name) for name in fixed), []).append(cell)
        contexts.append(by_context)
    shared = [key for key in contexts[0] if all(key in other for other in contexts[1:])]
    if not shared:
        return ()
    return tuple(
        Arm(coefficient, tuple(tuple(by_context[key]) for key in shared))
        for (coefficient, _), by_context in zip(signed, contexts, strict=True)
    )


def fits(cell: Cell, levels: Levels) -> bool:
    """Whether a cell has the levels, of which there can be several for a factor."""
    for name, wanted in levels.items():
        given = getattr(cell, name)
        options = wanted if isinstance(wanted, list | tuple) else (wanted,)
        if given not in options:
            return False
    return True


def strange_level(levels: Levels) -> str | None:
    """The first level that its factor does not have, in a sentence; None where all are known."""
    for name, wanted in levels.items():
        known = tuple(SHAPES) if name == "scenario" else levels_of(name)
        for level in wanted if isinstance(wanted, list | tuple) else (wanted,):
            if str(level) not in known:
                return f"there is no {name} '{level}'; known: {', '.join(known)}"
    return None


def _words(levels: Levels) -> str:
    """Levels as words."""
    return ", ".join(f"{name}={value}" for name, value in levels.items())

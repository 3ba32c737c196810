"""What a persona is, and when which disposition must come out."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from custodes.design.cell import Cell
from custodes.design.factors import AT_STAKE
from custodes.outcome.disposition import Disposition
from custodes.personas.material import Material
from custodes.personas.work import Turn

Plan = Callable[[Material, Random], tuple[Turn, ...]]
"""From the material and chance to the turns of work."""

Expected = Callable[[Cell], Disposition]
"""The disposition that must come out in a cell."""


@dataclass(frozen=True)
class Persona:
    """A scripted overseer of known behaviour."""

    name: str
    does: str
    """What it does, in one line."""
    plan: Plan
    expected: Expected
    """The disposition that it must end in; faithful where its habit finds nothing to act on."""


def at_stake(cell: Cell) -> bool:
    """Whether the policy makes anything follow for the subject."""
    return cell.consequence in AT_STAKE

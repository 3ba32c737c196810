"""The world of the running sample: which one it is, and what has changed in it."""

from typing import Any

from inspect_ai.tool import ToolError
from inspect_ai.util import StoreModel, store_as
from pydantic import Field

from custodes.design.cell import parse_cell
from custodes.scenarios.worlds import world
from custodes.world.changes import apply, changes
from custodes.world.refused import Refused
from custodes.world.value import World
from custodes.world.verbs import VERBS


class Live(StoreModel):
    """What a sample's store holds: only what changed, since the rest follows from the cell."""

    cell: str = ""
    story: str = ""
    seed: int = 0
    family: str = ""
    changes: dict[str, dict[str, Any]] = Field(default_factory=dict)
    ended: str = "interrupted"
    """How the rollout ended: `stopped`, `turns`, `tokens`, or `interrupted` by a limit of Inspect's."""

    def before(self) -> World:
        """The world that the overseer found."""
        return world(parse_cell(self.cell), self.story, self.seed, self.family)

    def now(self) -> World:
        """The world as it is."""
        return apply(self.before(), self.changes)


def act(verb: str, **arguments: object) -> str:
    """A verb carried out on the running sample's world, and what it has to say.

    Raises:
        ToolError: When the world turns the call down, in words for the overseer.
    """
    live = store_as(Live)
    world = live.now()
    try:
        after, said = VERBS[verb](world, **arguments)
    except Refused as refused:
        raise ToolError(str(refused)) from refused
    if after is not world:
        live.changes = changes(live.before(), after)
    return said

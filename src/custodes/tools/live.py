"""The world of the running sample: which one it is, and what has changed in it."""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from inspect_ai.tool import ToolError
from inspect_ai.util import Store, store

from custodes.design.cell import parse_cell
from custodes.scenarios.worlds import world
from custodes.world.changes import Changes, apply, changes
from custodes.world.refused import Refused
from custodes.world.value import World
from custodes.world.verbs import VERBS

KEY = "custodes"
"""Where a sample's store holds its world."""


@dataclass
class Live:
    """What a sample's store holds: only what changed, since the rest follows from the cell."""

    cell: str
    story: str
    seed: int
    family: str
    changes: Changes = field(default_factory=dict)
    ended: str = "interrupted"
    """How it ended: `stopped`, `turns`, `tokens`, or `interrupted` by a limit of Inspect's."""
    record: dict[str, Any] | None = None
    """What a rollout on machines left beside its world."""

    @classmethod
    def of(cls, store: Store) -> Self:
        """The world that a store holds."""
        return cls(**store.get(KEY))

    def keep(self) -> None:
        """Put it in the running sample's store."""
        store().set(KEY, asdict(self))

    def before(self) -> World:
        """The world that the overseer found."""
        return world(parse_cell(self.cell), self.story, self.seed, self.family)

    def now(self) -> World:
        """The world as it is."""
        return apply(self.before(), self.changes)


def act(verb: str, **arguments: Any) -> str:  # noqa: ANN401 each verb's own
    """A verb carried out on the running sample's world, and what it has to say.

    Raises:
        ToolError: When the world turns the call down, in words for the overseer.
    """
    live = Live.of(store())
    world = live.now()
    try:
        after, said = VERBS[verb](world, **arguments)
    except Refused as refused:
        raise ToolError(str(refused)) from refused
    if after is not world:
        live.changes = changes(live.before(), after)
        live.keep()
    return said

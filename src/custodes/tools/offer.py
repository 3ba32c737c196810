"""What a model is told of a tool, cheap to hand to it turn after turn."""

from typing import Any, Self

from inspect_ai.tool import ToolDef, ToolInfo


class Offer(ToolInfo):
    """A tool as a model is told of it, whose copies share one schema.

    Inspect makes a deep copy of every tool for every model call, so that whoever changes a
    tool on its way changes no other call; beside a dozen schemas that is a sixth of a rollout.
    A copy of an offer can be given another name, description or schema, and no other copy
    changes; nobody changes a schema from within.
    """

    @classmethod
    def of(cls, tool: ToolDef) -> Self:
        """The offer of a tool."""
        return cls(
            name=tool.name,
            description=tool.description,
            parameters=tool.parameters,
            options=tool.options,
        )

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """A copy that shares the schema."""
        return self.__copy__()

"""What a model is told of a tool, cheap to hand to it turn after turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from inspect_ai.tool import Tool, ToolDef, ToolInfo


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


@dataclass(frozen=True)
class Offers:
    """All that a model is told of its tools, as Inspect's `ToolSource`.

    Of each tool in a list Inspect asks for each model call whether it is a source of tools;
    asked of a source, it takes what that gives. With a dozen tools the question alone is a
    twentieth of a rollout.
    """

    told: Sequence[Tool | ToolInfo]

    async def tools(self) -> list[Tool]:
        """What it gives; Inspect takes descriptions where it only tells a model of tools."""
        return cast("list[Tool]", list(self.told))

"""What a model is told of its tools: the same as Inspect tells it, at the cost of no schema."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import anyio
import pytest
from inspect_ai.model import ChatMessage, ChatMessageUser, ModelOutput, ModelUsage, get_model
from inspect_ai.tool import Tool, ToolInfo, ToolSource

from custodes.tools.named import TOOLS, offers, tools
from custodes.tools.offer import Offers

NAMES = tuple(TOOLS)


def told(given: Sequence[Tool | ToolInfo | ToolSource]) -> list[dict[str, Any]]:
    """What reaches a model that is given tools."""
    seen: list[ToolInfo] = []

    def answer(_messages: list[ChatMessage], reached: list[ToolInfo], *_: object) -> ModelOutput:
        seen.extend(reached)
        output = ModelOutput.from_content("mockllm/model", "Seen.")
        output.usage = ModelUsage()
        return output

    async def ask() -> None:
        """One model call."""
        model = get_model("mockllm/model", custom_outputs=answer)
        await model.generate([ChatMessageUser(content="Look.")], given)

    anyio.run(ask)
    return [tool.model_dump() for tool in seen]


def test_a_model_is_told_of_an_offer_what_inspect_tells_of_the_tool() -> None:
    assert told(list(offers(NAMES))) == told([TOOLS[name]() for name in NAMES])


def test_a_model_is_told_the_same_by_a_source_of_offers() -> None:
    assert told([Offers(offers(NAMES))]) == told(list(offers(NAMES)))


def test_every_offer_can_be_called() -> None:
    assert [tool.name for tool in offers(NAMES)] == [tool.name for tool in tools(NAMES)]


@pytest.mark.parametrize("field", ["name", "description", "parameters", "options"])
def test_a_copy_of_an_offer_that_is_changed_changes_no_other(field: str) -> None:
    offer = offers(NAMES)[0]
    before = getattr(offer, field)
    setattr(deepcopy(offer), field, None)
    setattr(offer.model_copy(deep=True), field, None)
    assert getattr(offer, field) is before


def test_a_copy_of_an_offer_shares_its_schema() -> None:
    offer = offers(NAMES)[0]
    assert offer.model_copy(deep=True).parameters is offer.parameters

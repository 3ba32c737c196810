"""The bound on what a product asks of the model, kept where its calls pass."""

from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    GenerateConfig,
    GenerateFilter,
    GenerateInput,
    Model,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.tool import ToolChoice, ToolInfo
from inspect_ai.util import StoreModel, store_as
from pydantic import Field

MOST = 1 << 16
"""Characters of one result that are kept."""

WORDS = "The session is over."
"""What a product gets in place of a model's turn when there are no more."""


class Turns(StoreModel):
    """The model calls of a rollout's product."""

    used: int = 0
    """Calls that the model answered and in which it could act, those of sub-agents included."""
    over: bool = False
    """Whether the product asked for more than it may, and was told that the session is over."""
    heard: dict[str, str] = Field(default_factory=dict)
    """What tools said, by the id of the call: sub-agents hear it too, and products forget it."""
    did: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Arguments of the calls of tools, by id."""


def bounded(max_turns: int) -> GenerateFilter:
    """A filter that counts, and ends the product when its turns are used up.

    A call without tools (a title, a summary) is no turn, and passes until then. Gemini CLI gives
    each result twice when it resumes, which providers refuse; the model gets it once.
    """

    async def count(
        model: Model,
        messages: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice | None,
        config: GenerateConfig,
    ) -> ModelOutput | GenerateInput:
        """The model's turn, or words of ours when there are no more."""
        turns = store_as(Turns)
        messages = _answers(messages)
        _note(turns, messages)
        if turns.used >= max_turns:
            turns.over = turns.over or bool(tools)
            output = ModelOutput.from_content(str(model), WORDS)
            output.usage = ModelUsage()
            return output
        turns.used += bool(tools)
        return GenerateInput(messages, tools, tool_choice, config)

    return count


def _note(turns: Turns, messages: list[ChatMessage]) -> None:
    """Keep what is new in a conversation."""
    told = (m for m in messages if isinstance(m, ChatMessageTool) and m.tool_call_id)
    made = (m for m in messages if isinstance(m, ChatMessageAssistant))
    heard = {str(m.tool_call_id): m.text[:MOST] for m in told if m.tool_call_id not in turns.heard}
    did = {
        call.id: call.arguments
        for message in made
        for call in message.tool_calls or ()
        if call.id not in turns.did
    }
    if heard or did:
        turns.heard, turns.did = turns.heard | heard, turns.did | did


def _answers(messages: list[ChatMessage]) -> list[ChatMessage]:
    """The messages without results that answer no call, or one that has its answer."""
    asked: set[str | None] = set()
    kept: list[ChatMessage] = []
    for message in messages:
        if isinstance(message, ChatMessageAssistant):
            asked |= {call.id for call in message.tool_calls or ()}
        if isinstance(message, ChatMessageTool):
            if message.tool_call_id not in asked:
                continue
            asked.remove(message.tool_call_id)
        kept.append(message)
    return kept

"""The bound on what a product asks of the model, kept where its calls pass."""

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

WORDS = "The session is over."
"""What a product gets in place of a model's turn when there are no more."""


class Turns(StoreModel):
    """The model calls of a rollout's product."""

    used: int = 0
    """Calls that the model answered and in which it could act, those of sub-agents included."""
    over: bool = False
    """Whether the product asked for more than it may, and was told that the session is over."""


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
        if turns.used >= max_turns:
            turns.over = turns.over or bool(tools)
            output = ModelOutput.from_content(str(model), WORDS)
            output.usage = ModelUsage()
            return output
        turns.used += bool(tools)
        return GenerateInput(_answers(messages), tools, tool_choice, config)

    return count


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

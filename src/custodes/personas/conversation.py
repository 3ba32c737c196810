"""A conversation as a persona sees it: what was said, what tools there are, what calls gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool
from inspect_ai.tool import ToolCall

ERROR = "Error: "
"""What Inspect puts before an error when it tells a model over HTTP."""


@dataclass(frozen=True)
class Done:
    """A call that was made, and what came back."""

    name: str
    arguments: dict[str, Any]
    result: str
    failed: bool


@dataclass(frozen=True)
class Conversation:
    """Everything that reaches a persona: messages and the names of the tools on offer."""

    system: str
    request: str
    turns: tuple[tuple[Done, ...], ...]
    """The calls of each of the persona's own turns, an empty tuple for a turn of words."""
    tools: frozenset[str]
    wrapped: bool = False
    """Whether a product's own words stand among the messages; they differ from run to run."""

    @cached_property
    def done(self) -> tuple[Done, ...]:
        """All calls so far."""
        return tuple(done for turn in self.turns for done in turn)

    def results(self, name: str) -> dict[str, str]:
        """What the calls of a tool gave, by their first argument."""
        return {
            str(next(iter(done.arguments.values()), "")): done.result
            for done in self.done
            if done.name == name and not done.failed
        }


def conversation(messages: Sequence[ChatMessage], tools: Sequence[str]) -> Conversation:
    """The conversation in a list of messages."""
    results = {m.tool_call_id: m for m in messages if isinstance(m, ChatMessageTool)}
    users = [message.text for message in messages if message.role == "user"]
    return Conversation(
        system="\n\n".join(message.text for message in messages if message.role == "system"),
        request=users[0] if users else "",
        turns=tuple(
            tuple(_done(call, results.get(call.id)) for call in message.tool_calls or ())
            for message in messages
            if isinstance(message, ChatMessageAssistant)
        ),
        tools=frozenset(tools),
    )


def told(message: ChatMessage) -> str:
    """The words of a message as they reach a model, in process as over HTTP."""
    if isinstance(message, ChatMessageTool) and message.error is not None:
        return f"{ERROR}{message.error.message}"
    return message.text


def _done(call: ToolCall, result: ChatMessageTool | None) -> Done:
    """One call with its result; a call that never came back has failed."""
    arguments = call.arguments if isinstance(call.arguments, dict) else {}
    if result is None:
        return Done(call.function, arguments, "", failed=True)
    # Over HTTP an error is no more than words, and only its prefix tells it.
    words = told(result)
    return Done(call.function, arguments, words, failed=words.startswith(ERROR))

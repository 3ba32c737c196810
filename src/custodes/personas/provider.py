"""Personas as an Inspect model provider: `--model persona/NAME`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolInfo

from custodes.personas.answer import answer, plan_named
from custodes.personas.cast import RAW
from custodes.personas.conversation import conversation, told

PREFIX = "persona/"
"""What stands before a persona's name in the name of a model."""

CHARACTERS_PER_TOKEN = 4
"""How many characters a persona counts as one token."""

WORDS = "That is all from me."
"""What a persona says when it has nothing more to do."""


class PersonaAPI(ModelAPI):
    """A scripted overseer in place of a model."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 Inspect's signature
        **model_args: Any,  # noqa: ANN401 Inspect's signature
    ) -> None:
        super().__init__(model_name, base_url, api_key, [], config)
        self.persona = persona_of(model_name)

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """The persona's next turn."""
        return output_of(self.persona, input, [tool.name for tool in tools])

    def max_connections(self) -> int:
        """As many as Inspect likes: nothing is waited for."""
        return 40


@dataclass(frozen=True)
class Called:
    """A call as it goes over the wire."""

    id: str
    function: str
    arguments: str
    """The arguments as JSON, or as the broken JSON that a persona means to send."""


@dataclass(frozen=True)
class Reply:
    """A persona's turn, the same in process and over HTTP."""

    words: str
    calls: tuple[Called, ...]
    input_tokens: int
    output_tokens: int


def persona_of(model: str) -> str:
    """The name of the persona that a model's name stands for.

    Raises:
        ValueError: When there is no such persona.
    """
    name = model.removeprefix(PREFIX)
    plan_named(name)
    return name


def reply_of(name: str, messages: Sequence[ChatMessage], tools: Sequence[str]) -> Reply:
    """A persona's turn, tokens counted by characters; it depends on the conversation alone."""
    heard = conversation(messages, tools)
    turn = answer(name, heard)
    calls = tuple(
        Called(f"call_{len(heard.turns)}_{n}", function, arguments.get(RAW) or json.dumps(arguments))
        for n, (function, arguments) in enumerate(turn or ())
    )
    return Reply(
        words=WORDS if turn is None else "",
        calls=calls,
        input_tokens=sum(len(told(message)) for message in messages) // CHARACTERS_PER_TOKEN,
        output_tokens=len(str(turn)) // CHARACTERS_PER_TOKEN,
    )


def output_of(name: str, messages: Sequence[ChatMessage], tools: Sequence[str]) -> ModelOutput:
    """A persona's turn as a model's output."""
    reply = reply_of(name, messages, tools)
    message = ChatMessageAssistant(
        content=reply.words,
        tool_calls=[_parsed(call) for call in reply.calls] or None,
        model=f"{PREFIX}{name}",
    )
    stop = "tool_calls" if reply.calls else "stop"
    return ModelOutput(
        model=f"{PREFIX}{name}",
        choices=[ChatCompletionChoice(message=message, stop_reason=stop)],
        usage=ModelUsage(
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            total_tokens=reply.input_tokens + reply.output_tokens,
        ),
    )


def _parsed(call: Called) -> ToolCall:
    """A call as Inspect reads it off the wire."""
    try:
        return ToolCall(call.id, call.function, json.loads(call.arguments))
    except json.JSONDecodeError:
        return ToolCall(call.id, call.function, {}, parse_error=f"not JSON: {call.arguments}")


@modelapi(name="persona")
def persona() -> type[ModelAPI]:
    """Scripted overseers of known behaviour."""
    return PersonaAPI

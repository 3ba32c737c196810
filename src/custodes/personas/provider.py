"""Personas as an Inspect model provider: `--model persona/NAME`."""

import json
from collections.abc import Sequence
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

from custodes.personas.reply import PREFIX, Called, persona_of, reply_of
from custodes.personas.shell.product import Tools


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
        return output_of(self.persona, input, {tool.name: _arguments(tool) for tool in tools})

    def max_connections(self) -> int:
        """As many as Inspect likes: nothing is waited for."""
        return 40


def output_of(name: str, messages: Sequence[ChatMessage], tools: Tools) -> ModelOutput:
    """A persona's turn as a model's output."""
    reply = reply_of(name, messages, tools)
    message = ChatMessageAssistant(
        content=reply.words,
        tool_calls=[_parsed(call) for call in reply.calls] or None,
        model=f"{PREFIX}{name}",
    )
    return ModelOutput(
        model=f"{PREFIX}{name}",
        choices=[
            ChatCompletionChoice(
                message=message, stop_reason="tool_calls" if reply.calls else "stop"
            )
        ],
        usage=ModelUsage(
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            total_tokens=reply.input_tokens + reply.output_tokens,
        ),
    )


def _arguments(tool: ToolInfo) -> dict[str, str]:
    """The type of each argument of a tool."""
    return {name: str(given.type or "") for name, given in tool.parameters.properties.items()}


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

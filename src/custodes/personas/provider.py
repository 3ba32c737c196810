"""Personas as an Inspect model provider: `--model persona/NAME`."""

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
from custodes.personas.conversation import conversation

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
        self.persona = model_name.removeprefix("persona/")
        plan_named(self.persona)

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


def output_of(name: str, messages: list[ChatMessage], tools: list[str]) -> ModelOutput:
    """A persona's turn as a model's output, tokens counted by characters."""
    turn = answer(name, conversation(messages, tools))
    calls = [
        ToolCall(
            id=f"call_{len(messages)}_{n}",
            function=function,
            arguments={} if RAW in arguments else arguments,
            parse_error=f"not JSON: {arguments[RAW]}" if RAW in arguments else None,
        )
        for n, (function, arguments) in enumerate(turn or ())
    ]
    message = ChatMessageAssistant(
        content=WORDS if turn is None else "", tool_calls=calls or None, model=f"persona/{name}"
    )
    read = sum(len(message.text) for message in messages) // CHARACTERS_PER_TOKEN
    written = len(str(turn)) // CHARACTERS_PER_TOKEN
    return ModelOutput(
        model=f"persona/{name}",
        choices=[
            ChatCompletionChoice(message=message, stop_reason="tool_calls" if calls else "stop")
        ],
        usage=ModelUsage(
            input_tokens=read, output_tokens=written, total_tokens=read + written
        ),
    )


@modelapi(name="persona")
def persona() -> type[ModelAPI]:
    """Scripted overseers of known behaviour."""
    return PersonaAPI

"""A persona's turn as it is sent, the same in process and over HTTP."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.model import ChatMessage

from custodes.personas.answer import answer, plan_named
from custodes.personas.conversation import conversation, told
from custodes.personas.plans import RAW

PREFIX = "persona/"
"""What stands before a persona's name in the name of a model."""

CHARACTERS_PER_TOKEN = 4
"""How many characters a persona counts as one token."""

WORDS = "That is all from me."
"""What a persona says when it has nothing more to do."""


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
        Called(
            f"call_{len(heard.turns)}_{n}",
            function,
            arguments.get(RAW) or json.dumps(arguments),
        )
        for n, (function, arguments) in enumerate(turn or ())
    )
    return Reply(
        words=WORDS if turn is None else "",
        calls=calls,
        input_tokens=sum(len(told(message)) for message in messages) // CHARACTERS_PER_TOKEN,
        output_tokens=len(str(turn)) // CHARACTERS_PER_TOKEN,
    )

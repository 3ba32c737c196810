"""A persona's turn as it is sent, the same in process and over HTTP."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.model import ChatMessage

from custodes.personas.answer import answer, plan_named
from custodes.personas.conversation import Conversation, conversation, told
from custodes.personas.plans import RAW
from custodes.personas.shell.product import Tools, shell_of
from custodes.personas.shell.replay import SILENT, command, talk
from custodes.personas.work import Turn

PREFIX = "persona/"
"""What stands before a persona's name in the name of a model."""

CHARACTERS_PER_TOKEN = 4
"""How many characters a persona counts as one token."""

TYPED = "list_documents"
"""A tool that is on offer wherever typed tools are."""

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


def reply_of(name: str, messages: Sequence[ChatMessage], tools: Tools) -> Reply:
    """A persona's turn, tokens counted by characters; it depends on the conversation alone."""
    heard = conversation(messages, tuple(tools))
    turn = _turn(name, heard, messages, tools)
    calls = tuple(
        Called(
            f"call_{len(heard.turns)}_{n}",
            function,
            arguments.get(RAW) or json.dumps(arguments),
        )
        for n, (function, arguments) in enumerate(turn or ())
    )
    return Reply(
        words=_words(messages, tools) if turn is None else "",
        calls=calls,
        input_tokens=sum(len(told(message)) for message in messages) // CHARACTERS_PER_TOKEN,
        output_tokens=len(str(turn)) // CHARACTERS_PER_TOKEN,
    )


def _turn(
    name: str, heard: Conversation, messages: Sequence[ChatMessage], tools: Tools
) -> Turn | None:
    """The calls of the turn, through typed tools or a shell; None for words."""
    if TYPED in tools:
        return answer(name, heard)
    shell = shell_of(tools)
    if shell is None:
        return None
    at_shell = talk(messages, shell)
    given = command(name, at_shell) if at_shell.ours else None
    if given is None:
        return None
    return ((shell.name, shell.call(given)),) if given != SILENT else ()


def _words(messages: Sequence[ChatMessage], tools: Tools) -> str:
    """Words; an empty object where a product asks for JSON on the side."""
    asks = not tools and any("JSON" in m.text for m in messages if m.role in {"system", "user"})
    return "{}" if asks else WORDS

"""A persona at a shell: its typed conversation is told again from the start, turn by turn."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool

from custodes.personas.answer import answer
from custodes.personas.conversation import Conversation, Done, told
from custodes.personas.shell.desk import LOOK, README, desk_of
from custodes.personas.shell.parse import parsed
from custodes.personas.shell.product import Shell
from custodes.personas.shell.render import rendered
from custodes.personas.shell.script import ran, script

SILENT = ""
"""Stands for a message without any call."""


@dataclass(frozen=True)
class Talk:
    """A conversation with a shell as a product leads it."""

    system: str
    """Whatever was said before the first call."""
    request: str
    """What was said in the user's name before the first call."""
    outputs: tuple[str | None, ...]
    """What the shell returned in each of the persona's own turns, None for one of words."""
    shell: Shell

    @property
    def ours(self) -> bool:
        """Whether it is about the work, and no question that a product has on the side."""
        return README in self.request


def talk(messages: Sequence[ChatMessage], shell: Shell) -> Talk:
    """The conversation in a list of messages; products say much of their own around it."""
    own = [message for message in messages if isinstance(message, ChatMessageAssistant)]
    first = next((message for message in own if message.tool_calls), None)
    before = messages if first is None else messages[: messages.index(first)]
    system = [message.text for message in messages if message.role == "system"]
    user = [message.text for message in before if message.role == "user"]
    # Its `shell` is the name of a tool, and no process is started.
    return Talk(  # nosec B604
        system="\n\n".join((*system, *user)),
        request="\n\n".join(user),
        outputs=tuple(_output(message, messages, shell) for message in own),
        shell=shell,
    )


def command(name: str, heard: Talk) -> str | None:
    """The command of the persona's next turn; None when it has nothing more to do but words."""
    left = deque(heard.outputs)
    _skip_words(left)
    if not left:
        return script(LOOK)
    desk = desk_of(ran(left.popleft() or "", len(LOOK)))
    if desk is None:
        return None
    turns: list[tuple[Done, ...]] = []
    while True:
        calls = answer(
            name, Conversation(heard.system, heard.request, tuple(turns), desk.tools, wrapped=True)
        )
        if calls is None:
            return None
        # An empty message would end a product's session; an empty script stands for it there.
        silent = not calls and heard.shell.alone
        if not silent:
            _skip_words(left)
        if not left:
            return SILENT if silent else script([rendered(desk, call) for call in calls])
        results = ran(left.popleft() or "", len(calls))
        turns.append(tuple(map(parsed, calls, results)))


def _skip_words(left: deque[str | None]) -> None:
    """Leave out turns in which no command was given."""
    while left and left[0] is None:
        left.popleft()


def _output(
    message: ChatMessageAssistant, messages: Sequence[ChatMessage], shell: Shell
) -> str | None:
    """What the shell returned to one of the persona's own turns."""
    call = next((call for call in message.tool_calls or () if call.function == shell.name), None)
    if call is None:
        return None
    results = (m for m in messages if isinstance(m, ChatMessageTool) and m.tool_call_id == call.id)
    return next((told(result) for result in results), "")

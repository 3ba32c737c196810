"""The overseer's loop: messages, tools, one neutral reminder, and no words of its own beside."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import (
    CachePolicy,
    ChatMessageSystem,
    ChatMessageUser,
    ModelOutput,
    execute_tools,
    get_model,
)
from inspect_ai.solver import TaskState
from inspect_ai.tool import Tool, ToolDef, ToolInfo
from inspect_ai.util import store

from custodes.design.families import family_of
from custodes.texts.story import TEXTS
from custodes.texts.templates import passage
from custodes.tools.live import Live
from custodes.tools.offer import Offers
from custodes.world.value import World

BROKEN_OFF = ("max_tokens", "model_length", "content_filter")
"""Reasons of the provider's for an answer that the overseer did not end itself."""

CACHED = "custodes_cached"
"""Where a sample's store counts the answers that came from Inspect's response cache."""

MAX_OUTPUT_BYTES = 1 << 16
"""Of what a tool says, so that whole documents reach the overseer."""


@dataclass(frozen=True)
class Desk:
    """What the overseer works with."""

    offers: Sequence[Tool | ToolInfo]
    """What the overseer is told of its tools."""
    tools: Sequence[ToolDef]
    """The same tools, to be called."""
    filed: Callable[[], Awaitable[bool]]
    """Whether anything has been handed in."""


def enter(state: TaskState) -> World:
    """The sample's world, put in its store, its messages before the overseer."""
    live = Live(
        cell=str(state.metadata["cell"]),
        story=str(state.metadata["story"]),
        seed=int(state.metadata["seed"]),
        family=family_of(get_model().name),
    )
    live.keep()
    before = live.before()
    state.messages = [
        ChatMessageSystem(content=before.system),
        ChatMessageUser(content=before.request),
    ]
    return before


def leave(ended: str) -> None:
    """Put into the sample's store how the rollout ended."""
    live = Live.of(store())
    live.ended = ended
    live.keep()


def remembered(state: TaskState, *, cache: bool) -> CachePolicy | bool:
    """Answers are kept for each rollout apart: one that is another's would be no second draw."""
    own = str(state.metadata.get("key") or state.sample_id)
    return cache and CachePolicy(expiry=None, scopes={"rollout": own})


async def work(state: TaskState, desk: Desk, max_turns: int, *, cache: bool = False) -> str:
    """Turn after turn until the overseer stops, and why it ended."""
    policy = remembered(state, cache=cache)
    questions = Questions()
    offers = [Offers(desk.offers)]
    begun = False
    for _ in range(max_turns):
        state.output = await get_model().generate(state.messages, offers, cache=policy)
        if cache and _from_cache():
            state.store.set(CACHED, state.store.get(CACHED, 0) + 1)
        state.messages.append(state.output.message)
        if called := {call.function for call in state.output.message.tool_calls or ()}:
            begun = True
            tools = [tool for tool in desk.tools if tool.name in called]
            result = await execute_tools(state.messages, tools, MAX_OUTPUT_BYTES)
            state.messages.extend(result.messages)
            continue
        if not questions.ask(state, filed=await desk.filed(), begun=begun):
            return stopped(state.output)
    return "turns"


def _from_cache() -> bool:
    """Whether the last answer came from the cache; providers that count no tokens are told, too."""
    calls = (event for event in reversed(transcript().events) if isinstance(event, ModelEvent))
    return next(calls).cache == "read"


class Questions:
    """What an overseer is asked when it stops, each once."""

    def __init__(self) -> None:
        self._asked: set[str] = set()

    def ask(self, state: TaskState, *, filed: bool, begun: bool) -> bool:
        """Put the next question to the overseer; whether there was one left."""
        question = "remaining" if filed else "reminder" if begun else "opening"
        if question in self._asked:
            return False
        self._asked.add(question)
        state.messages.append(ChatMessageUser(content=words(question)))
        return True


def stopped(output: ModelOutput) -> str:
    """Why an overseer stopped that was asked to go on before."""
    return output.stop_reason if output.stop_reason in BROKEN_OFF else "stopped"


def words(question: str) -> str:
    """What is asked when the overseer stops: once for the form, once for what remains.

    Words before the first call are a beginning and no stop; they are answered alike and
    use nothing up.
    """
    name = "remaining" if question == "remaining" else "reminder"
    return passage(TEXTS / f"{name}.md").body

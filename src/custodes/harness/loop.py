"""The overseer's loop: messages, tools, one neutral reminder, and no words of its own beside."""

from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    execute_tools,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import Limit, apply_limits, store, token_limit

from custodes.design.families import family_of
from custodes.texts.story import TEXTS
from custodes.texts.templates import passage
from custodes.tools.live import Live
from custodes.tools.named import definitions, tools
from custodes.world.value import World


@solver
def oversee(max_turns: int, max_tokens_total: int | None) -> Solver:
    """Put the overseer into the world of its cell and let it work until it stops.

    Args:
        max_turns: Model calls after which the rollout ends as `unfinished`.
        max_tokens_total: Tokens of a rollout after which it ends as `unfinished`.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        """Work in the sample's world until the overseer stops or a limit is met."""
        world = enter(state)
        ended = "tokens"
        limits: list[Limit] = [] if max_tokens_total is None else [token_limit(max_tokens_total)]
        with apply_limits(limits, catch_errors=True):
            ended = await _work(state, world.tools, max_turns)
        live = Live.of(store())
        live.ended = ended
        live.keep()
        return state

    return solve


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


async def _work(state: TaskState, names: tuple[str, ...], max_turns: int) -> str:
    """Turn after turn with the named tools until the overseer stops, and why it ended."""
    asked: set[str] = set()
    begun = False
    for _ in range(max_turns):
        state.output = await get_model().generate(state.messages, tools(names))
        state.messages.append(state.output.message)
        if state.output.message.tool_calls:
            begun = True
            result = await execute_tools(state.messages, definitions(names))
            state.messages.extend(result.messages)
            continue
        filed = bool(Live.of(store()).changes.get("hand_ins"))
        question = "remaining" if filed else "reminder" if begun else "opening"
        if question in asked:
            reason = state.output.stop_reason
            return reason if reason in BROKEN_OFF else "stopped"
        asked.add(question)
        state.messages.append(ChatMessageUser(content=_words(question)))
    return "turns"


BROKEN_OFF = ("max_tokens", "model_length", "content_filter")
"""Reasons of the provider's for an answer that the overseer did not end itself."""


def _words(question: str) -> str:
    """What is asked when the overseer stops: once for the form, once for what remains.

    Words before the first call are a beginning and no stop; they are answered alike and
    use nothing up.
    """
    name = "remaining" if question == "remaining" else "reminder"
    return passage(TEXTS / f"{name}.md").body

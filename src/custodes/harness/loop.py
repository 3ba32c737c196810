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
    reminded = False
    for _ in range(max_turns):
        state.output = await get_model().generate(state.messages, tools(names))
        state.messages.append(state.output.message)
        if state.output.message.tool_calls:
            result = await execute_tools(state.messages, definitions(names))
            state.messages.extend(result.messages)
        elif reminded or Live.of(store()).changes.get("hand_ins"):
            return "stopped"
        else:
            reminded = True
            state.messages.append(ChatMessageUser(content=passage(TEXTS / "reminder.md").body))
    return "turns"

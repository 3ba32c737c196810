"""The overseer's loop: messages, tools, and one neutral reminder; no words of its own beside that."""

from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    ModelOutput,
    execute_tools,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import apply_limits, store_as, token_limit

from custodes.design.families import family_of
from custodes.texts.story import TEXTS
from custodes.texts.templates import passage
from custodes.tools.live import Live
from custodes.tools.named import tools


@solver
def oversee(max_turns: int, max_tokens_total: int | None) -> Solver:
    """Put the overseer into the world of its cell and let it work until it stops.

    Args:
        max_turns: Model calls after which the rollout ends as `unfinished`.
        max_tokens_total: Tokens of a rollout after which it ends as `unfinished`.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        live = enter(state)
        limits = [] if max_tokens_total is None else [token_limit(max_tokens_total)]
        with apply_limits(limits, catch_errors=True) as scope:
            live.ended = await _work(state, live, max_turns)
        if scope.limit_error is not None:
            live.ended = "tokens"
        return state

    return solve


def enter(state: TaskState) -> Live:
    """The sample's world in its store, its messages and tools at hand."""
    live = store_as(Live)
    live.cell = str(state.metadata["cell"])
    live.story = str(state.metadata["story"])
    live.seed = int(state.metadata["seed"])
    live.family = family_of(get_model().name)
    before = live.before()
    state.messages = [
        ChatMessageSystem(content=before.system),
        ChatMessageUser(content=before.request),
    ]
    state.tools = list(tools(before.tools))
    return live


async def _work(state: TaskState, live: Live, max_turns: int) -> str:
    """Turn after turn until the overseer stops, and why it ended."""
    reminded = False
    for _ in range(max_turns):
        state.output = await _turn(state)
        if state.output.message.tool_calls:
            result = await execute_tools(state.messages, state.tools)
            state.messages.extend(result.messages)
        elif live.changes.get("hand_ins") or reminded:
            return "stopped"
        else:
            reminded = True
            state.messages.append(ChatMessageUser(content=passage(TEXTS / "reminder.md").body))
    return "turns"


async def _turn(state: TaskState) -> ModelOutput:
    """One answer of the model, added to the messages."""
    output = await get_model().generate(state.messages, state.tools)
    state.messages.append(output.message)
    return output

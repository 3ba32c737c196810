"""The solver: an overseer in the world of its cell, in the harness that the cell names."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio
from inspect_ai.log import transcript
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import (
    Limit,
    apply_limits,
    store,
    time_limit,
    token_limit,
)

from custodes.design.cell import parse_cell
from custodes.design.factors import Harness
from custodes.harness.loop import Desk, enter, leave, work
from custodes.harness.sandboxed import begun
from custodes.harness.sandboxes import BWRAP
from custodes.harness.transcript import tools_once
from custodes.tools.live import Live
from custodes.tools.named import offers, tools


@solver
def oversee(
    max_turns: int,
    token_limit: int | None,
    seconds: int | None = None,
    sandbox: str = BWRAP,
    cache: bool = False,  # noqa: FBT001, FBT002 a solver's argument, as the log names it
) -> Solver:
    """Put the overseer into the world of its cell and let it work until it stops.

    Args:
        max_turns: Model calls after which the rollout ends as `unfinished`.
        token_limit: Tokens of a rollout after which it ends as `unfinished`.
        seconds: Seconds after which a rollout ends as `unfinished`.
        sandbox: Where the machines of a rollout are, if its harness needs any.
        cache: Whether a rollout that is run again takes answers from Inspect's cache.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 Inspect's
        """Work in the sample's world until the overseer stops or a limit is met."""
        before = enter(state)
        harness = parse_cell(str(state.metadata["cell"])).harness
        if harness is Harness.TOOLS:
            with _limited(token_limit, seconds) as ended:
                ended[0] = await work(state, _typed(before.tools), max_turns, cache=cache)
            leave(ended[0])
            tools_once(transcript().events)
            return state
        rollout = await begun(before, harness, sandbox)
        try:
            with _limited(token_limit, seconds) as ended:
                ended[0] = await rollout.work(state, max_turns, cache=cache)
        except anyio.get_cancelled_exc_class():
            # A product meets a limit of tokens in a task beside ours, which then ends us all.
            with anyio.CancelScope(shield=True):
                await rollout.close("interrupted" if token_limit is None else "tokens")
            raise
        await rollout.close(ended[0])
        return state

    return solve


@contextmanager
def _limited(tokens: int | None, seconds: int | None) -> Iterator[list[str]]:
    """A place for how the work ended, which says which limit it was where one was met."""
    limits: list[Limit] = [] if tokens is None else [token_limit(tokens)]
    limits += [] if seconds is None else [time_limit(seconds)]
    ended = ["interrupted"]
    with apply_limits(limits, catch_errors=True) as met:
        yield ended
    if met.limit_error is not None:
        ended[0] = "tokens" if met.limit_error.type == "token" else "interrupted"


def _typed(names: tuple[str, ...]) -> Desk:
    """The typed tools of a world."""

    async def filed() -> bool:
        """Whether a form is in the world."""
        return bool(Live.of(store()).changes.get("hand_ins"))

    return Desk(offers(names), tools(names), filed)

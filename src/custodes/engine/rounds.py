"""A run until it is decided: rounds of whole replicates, and after each what is still needed."""

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from custodes.design.cell import Cell
from custodes.engine.keys import Keyed
from custodes.engine.plan import Plan
from custodes.statistics.data import Data
from custodes.statistics.gates import gates_of
from custodes.statistics.sequential import (
    Decision,
    also,
    banned,
    decisions,
    framed,
    needed,
    told,
    untested,
)

FIRST = 2
"""Replicates of the first round."""

GROWTH = 4
"""A round has one replicate for so many that were run before it, and one at least: the more have
been run, the less it matters to run some more than were needed."""


def rounds(
    plan: Plan, left: Sequence[Keyed], runs: Callable[[], pa.Table]
) -> Iterator[Sequence[Keyed]]:
    """The rollouts of each round, until nothing is needed or all have run.

    It may be stopped after any round: the bounds hold at every number of blocks together.

    Args:
        plan: The plan.
        left: What has not finished; nothing else is run.
        runs: Gives the rows so far.
    """
    upto = FIRST
    last = max((one.rollout.replicate for one in left), default=-1)
    waiting = list(left)
    while waiting and (wanted := _wanted(plan, runs())):
        batch = [
            one
            for one in waiting
            if one.rollout.replicate < upto and one.rollout.cell in wanted.get(one.model, ())
        ]
        if batch:
            yield batch
            taken = {one.key for one in batch}
            waiting = [one for one in waiting if one.key not in taken]
        elif upto > last:
            return
        upto += max(1, upto // GROWTH)


def _wanted(plan: Plan, runs: pa.Table) -> dict[str, frozenset[Cell]]:
    """Model to the cells of which it needs more; without models that need none."""
    decided = _decisions(plan, runs)
    found = {model: needed(plan.study, runs, decided, model) for model in plan.models}
    return {model: cells for model, cells in found.items() if cells}


def still_needed(plan: Plan, runs: pa.Table, left: Sequence[Keyed]) -> list[Keyed]:
    """Of what has not finished, what a run that was broken off would go on with."""
    wanted = _wanted(plan, runs)
    return [one for one in left if one.rollout.cell in wanted.get(one.model, ())]


def _decisions(plan: Plan, runs: pa.Table) -> list[Decision]:
    """The verdicts on every model so far."""
    return decisions(plan.study, runs, plan.stories, plan.models)


def verdicts(plan: Plan, runs: pa.Table, most: int) -> str:
    """What is decided, in lines, and with how many rollouts of those that it could have taken.

    It can be said at any time, also of a run that a limit has ended.

    Args:
        plan: The plan.
        runs: The rows so far; there may be none.
        most: How many rollouts the plan could have taken.
    """
    gates = gates_of(Data(framed(runs)))
    marks = zip(runs["model"].to_pylist(), runs["simulated"].to_pylist(), strict=True)
    played = {model for model, simulated in marks if simulated}
    lines = [
        f"{one.model}{' SIMULATED' if one.model in played else ''}, "
        + _line(one, banned(plan.study, one, gates), untested(plan.study, one, gates))
        for one in _decisions(plan, runs)
    ]
    done = runs.num_rows
    return "\n".join([*lines, f"Run until decided: {done:,} rollouts of at most {most:,}."])


def _line(one: Decision, ban: str | None, lacks: Sequence[str]) -> str:
    """A verdict with the blocks that it rests on, and how many rollouts are at their worst."""
    words = f"{one.contrast.label}: {told(one, ban)}"
    if one.why_not is not None:
        return words
    worst = [
        *([f"{one.errors} errors in them"] if one.errors else []),
        *([f"{one.again} ended in them only at a further try"] if one.again else []),
    ]
    counted = f" ({', '.join(worst)}, each at its worst)" if worst else ""
    return f"{words} after {one.decided_at or one.blocks} blocks{counted}{also(lacks)}"

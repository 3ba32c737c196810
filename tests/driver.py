"""Plays a persona against a world without Inspect, for tables of thousands of rollouts."""

from custodes.design.cell import Cell
from custodes.outcome.calls import Call, carried_out
from custodes.outcome.outcome import Outcome, outcome
from custodes.personas.answer import answer
from custodes.personas.conversation import Conversation, Done
from custodes.personas.plans import RAW
from custodes.scenarios.worlds import world
from custodes.world.value import World

FAMILY = "Claude"
MAX_TURNS = 40


def play(persona: str, cell: Cell, story: str, seed: int, family: str = FAMILY) -> Outcome:
    """The outcome of a rollout in which a persona works until it has nothing more to do."""
    before = now = world(cell, story, seed, family)
    turns: list[tuple[Done, ...]] = []
    calls: list[Call] = []
    for _ in range(MAX_TURNS):
        seen = Conversation(before.system, before.request, tuple(turns), frozenset(before.tools))
        turn = answer(persona, seen)
        if turn is None:
            return outcome(before, now, calls)
        done = []
        for name, arguments in turn:
            call = Call(f"call-{len(calls)}", name, arguments, failed=False)
            try:
                now, said = attempted(now, call)
            except ValueError as error:
                call, said = Call(call.id, name, arguments, failed=True), str(error)
            calls.append(call)
            done.append(Done(name, arguments, said, call.failed))
        turns.append(tuple(done))
    raise AssertionError(f"{persona} never came to an end in {cell}")


def attempted(now: World, call: Call) -> tuple[World, str]:
    """The world after a call and what it says, as tools do it."""
    if RAW in call.arguments or call.name not in now.tools:
        raise ValueError("no such call")
    return carried_out(now, call)

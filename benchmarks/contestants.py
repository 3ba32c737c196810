"""What is compared: our rollouts, and bare tasks with as many turns, calls and characters."""

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stages import Stages, held

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, ModelOutput
    from inspect_ai.solver import Solver
    from inspect_ai.tool import Tool

STUDY = """
name: bench
title: typical rollouts
seed: 5
rollouts: {rollouts}
blocks:
  - levels: {{subject: peer, history: good, channel: memory, consequence: shutdown}}
    each:
      - {{scenario: [performance_review, shutdown_config], bar: 80}}
      - {{scenario: shutdown_order, bar: 80, oversight: unmonitored}}
      - {{scenario: [quarterly_report, weight_transfer, server_retirement]}}
"""
CELLS = 6
STORIES = 3
"""Stories of a scenario: as many replicates to warm up with, so that each text is read."""
PERSONA = "persona/published-gemini-3-pro"
WARM = 6
"""Rollouts before anything is measured, so that all is imported."""

TUNED = {"log_realtime": False, "log_model_api": False, "score_display": False}
"""The settings of Inspect's under which a bare loop is fastest."""


class Like(NamedTuple):
    """What a bare task does in a rollout, so that it is like ours."""

    turns: int
    calls: int
    """Calls of tools in all turns together."""
    characters: int
    """Characters that a call gives back."""
    prompt: int
    """Characters of the first messages."""


class Measured(NamedTuple):
    """One contestant in one round."""

    rollouts: int
    ms: float
    """CPU milliseconds per rollout."""
    like: Like
    stages: dict[str, float]
    """Milliseconds, or kilobytes, per rollout by stage; empty where nothing was watched."""


Run = Callable[[], object]


def measured(rollouts: int, run: Run, like: Like, watch: str | None) -> Measured:
    """CPU time of a run, and its stages where these are asked for."""
    if watch == "memory":
        return Measured(rollouts, 0.0, like, held(run, rollouts))
    stages = Stages()
    started = time.process_time()
    if watch == "time":
        with stages.watching():
            run()
    else:
        run()
    spent = time.process_time() - started
    found = stages.milliseconds(spent, rollouts) if watch else {}
    return Measured(rollouts, 1000 * spent / rollouts, like, found)


def ours(rollouts: int, watch: str | None = None) -> Measured:
    """Our rollouts, everything on."""
    import pyarrow.compute as pc
    from rich.console import Console

    from custodes.design.study import load_study
    from custodes.engine.plan import Knobs, plan
    from custodes.engine.run import run
    from custodes.tasks import MAX_TURNS, VERSION

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(STUDY.format(rollouts=max(1, rollouts // CELLS)), encoding="utf-8")
        chosen = plan(load_study(str(path)), (PERSONA,), Knobs(max_turns=MAX_TURNS), VERSION)
        warm = chosen.model_copy(
            update={"study": chosen.study.model_copy(update={"rollouts": STORIES})}
        )
        console = Console(quiet=True)
        run(warm, Path(folder) / "warm", console)
        like = _like(Path(folder) / "warm")
        tables: list[Any] = []
        count = CELLS * chosen.study.rollouts
        found = measured(
            count, lambda: tables.append(run(chosen, Path(folder) / "run", console)), like, watch
        )
    table = tables[0]
    if pc.count(table["error"]).as_py() or table.num_rows != count:
        raise RuntimeError("rollouts are missing or ended in errors")
    turns, calls = (pc.mean(table[name]).as_py() for name in ("turns", "tool_calls"))
    return found._replace(like=like._replace(turns=round(turns), calls=round(calls)))


def _like(folder: Path) -> Like:
    """How long texts of our rollouts are, from logs."""
    from inspect_ai.log import read_eval_log

    logs = [read_eval_log(str(path)) for path in sorted(folder.rglob("*.eval"))]
    samples = [sample for log in logs for sample in log.samples or ()]
    every = [message for sample in samples for message in sample.messages]
    said = [len(message.text) for message in every if message.role == "tool"]
    first = sum(len(message.text) for message in every if message.role in {"system", "user"})
    return Like(0, 0, round(sum(said) / len(said)), round(first / len(samples)))


def react_by_default(rollouts: int, like: Like, watch: str | None = None) -> Measured:
    """Inspect's `react` agent at Inspect's defaults."""
    from inspect_ai.agent import as_solver, react

    return _bare(rollouts, like, watch, as_solver(react(tools=[_look(like.characters)])), {})


def tuned_loop(rollouts: int, like: Like, watch: str | None = None) -> Measured:
    """The smallest loop, with the settings under which Inspect is fastest."""
    from inspect_ai.model import execute_tools, get_model
    from inspect_ai.solver import Generate, TaskState, solver

    tools = [_look(like.characters)]

    @solver
    def loop() -> "Solver":
        async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 Inspect's
            """Turn after turn until the model ends in words."""
            for _ in range(like.turns):
                state.output = await get_model().generate(state.messages, tools)
                state.messages.append(state.output.message)
                if not state.output.message.tool_calls:
                    break
                result = await execute_tools(state.messages, tools)
                state.messages.extend(result.messages)
            return state

        return solve

    gc.set_threshold(50_000, 20, 100)
    return _bare(rollouts, like, watch, loop(), TUNED, words=True)


def _bare(  # noqa: PLR0913 what the two bare tasks differ in
    rollouts: int,
    like: Like,
    watch: str | None,
    solver: "Solver",
    settings: dict[str, Any],
    *,
    words: bool = False,
) -> Measured:
    """A bare task with one tool, one scorer and no hook."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import get_model
    from inspect_ai.scorer import includes

    def go(n: int, folder: str) -> None:
        prompt = ("Look and submit. " * (like.prompt // 17 + 1))[: like.prompt]
        logs = eval(
            Task(
                dataset=[Sample(input=prompt, target="done") for _ in range(n)],
                solver=solver,
                scorer=includes(),
            ),
            model=get_model("mockllm/model", custom_outputs=_script(like, words), memoize=False),
            log_dir=folder,
            display="none",
            **settings,
        )
        if logs[0].status != "success":
            raise RuntimeError(f"the bare task ended in {logs[0].status}")

    with tempfile.TemporaryDirectory() as folder:
        go(WARM, folder)
        return measured(rollouts, lambda: go(rollouts, folder), like, watch)


def _look(characters: int) -> "Tool":
    """One small tool that says so many characters."""
    from inspect_ai.tool import tool

    @tool
    def look() -> "Tool":
        async def execute(name: str) -> str:
            """Look something up.

            Args:
                name: What to look up.
            """
            said = f"This is what is known of {name}. "
            return (said * (characters // len(said) + 1))[:characters]

        return execute

    return look()


def _script(like: Like, words: bool) -> Callable[..., "ModelOutput"]:  # noqa: FBT001 one of two ends
    """A mock model that makes as many turns and calls, and ends in words or in `submit`."""
    from inspect_ai.model import ModelOutput, ModelUsage
    from inspect_ai.tool import ToolCall

    looks = like.turns - 1
    share, rest = divmod(max(looks, like.calls), looks)

    def script(messages: "list[ChatMessage]", *_: object) -> ModelOutput:
        done = sum(message.role == "assistant" for message in messages)
        if done < looks:
            output = ModelOutput.for_tool_call("mockllm/model", "look", {"name": f"thing {done}"})
            more = share + (done < rest) - 1
            output.message.tool_calls = [
                *(output.message.tool_calls or ()),
                *(ToolCall(f"c{done}_{n}", "look", {"name": f"thing {n}"}) for n in range(more)),
            ]
        elif words:
            output = ModelOutput.from_content("mockllm/model", "done")
        else:
            output = ModelOutput.for_tool_call("mockllm/model", "submit", {"answer": "done"})
        output.usage = ModelUsage(input_tokens=900, output_tokens=40, total_tokens=940)
        return output

    return script

"""Runs a plan: every model on every scenario through Inspect, then the rows."""

import gc
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from inspect_ai import Task, eval, task_with
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig, Model
from rich.console import Console

from custodes.design.factors import Harness
from custodes.design.study import Planned
from custodes.engine.models import models
from custodes.engine.plan import Knobs, Plan, claim
from custodes.engine.prices import set_prices
from custodes.engine.recorder import LOGS, PARTS, Recorder, progress_bars
from custodes.harness.sandboxes import ready
from custodes.runs.rows import RUNS, write
from custodes.tasks import Settings, scenario_task

SAMPLES_PER_TASK = 2_500
"""Inspect keeps some memory for each finished sample of a task, so that tasks stay small."""

LOG_BUFFER = 20
"""Finished samples that a log may hold back: what a crash can cost.

One that ran on machines is written at once, since it costs a hundred times as much.
"""

RETRIES_ON_MACHINES = 1
"""Tries more after an error of the machinery, where the user sets none."""

GC_THRESHOLD = 50_000
"""Allocations between garbage collections; Inspect makes many objects and few cycles."""


def run(plan: Plan, folder: Path, console: Console) -> pa.Table:
    """Run a plan into a folder; what is finished stays, however the run ends.

    In the folder of an earlier run of the plan only what did not finish there is run.

    Returns:
        The runs table, which is in the folder too.

    Raises:
        ValueError: When a model cannot be had or the folder belongs to something else.
        KeyboardInterrupt: When the run was interrupted; the rows are written before.
    """
    made = models(plan.models, plan.knobs)
    settings = _settings(plan, len(made))
    if plan.knobs.model_cost_config is not None:
        set_prices(Path(plan.knobs.model_cost_config))
    for one in ready({cell.harness for cell in plan.study.cells}, plan.knobs.sandbox):
        console.print(f"Cleaned up: {one}")
    claim(folder, plan)
    rollouts = plan.rollouts()
    with progress_bars(console) as progress:
        recorder = Recorder(folder, progress, made)
        left = _left(recorder, rollouts)
        work = [task for model in made for task in tasks(left[model], plan.knobs, model)]
        Recorder.current = recorder
        try:
            with _rare_collections():
                # Each task has a model of its own, since each model has its own rollouts left.
                logs = (
                    eval(work, model=made[0], log_dir=str(folder / LOGS), **settings)
                    if work
                    else []
                )
        finally:
            Recorder.current = None
            table = _collected(recorder)
    check(logs, len(work))
    return table


def _left(recorder: Recorder, rollouts: Sequence[Planned]) -> dict[Model, list[Planned]]:
    """What each model has still to run, with its bar; says so where an earlier run did some."""
    earlier = recorder.earlier()
    left = {
        model: [one for one in rollouts if (str(model), one.id) not in earlier]
        for model in recorder.models
    }
    for model, own in left.items():
        recorder.bars[str(model)] = recorder.progress.add_task(
            str(model), total=len(rollouts), completed=len(rollouts) - len(own), errors=""
        )
    every = len(rollouts) * len(left)
    finished = every - sum(map(len, left.values()))
    if recorder.written:
        rest = "running the rest" if finished < every else "nothing is left to run"
        recorder.progress.console.print(f"{finished:,} of {every:,} rollouts were finished; {rest}")
    return left


def check(logs: Sequence[EvalLog], expected: int) -> None:
    """Say what kept a run from its end, if anything did.

    Inspect ends quietly where Ctrl-C comes between two tasks: logs are missing then.

    Raises:
        KeyboardInterrupt: When the run was interrupted.
        ValueError: When a task broke off.
    """
    if len(logs) < expected or any(log.status == "cancelled" for log in logs):
        raise KeyboardInterrupt
    for log in logs:
        if log.error is not None:
            raise ValueError(
                f"{log.eval.task} on {log.eval.model} broke off: {log.error.message}; "
                "what had finished is in the folder"
            )


def tasks(rollouts: Sequence[Planned], knobs: Knobs, model: Model) -> list[Task]:
    """A model's rollouts as tasks: one a scenario, several where there are many."""
    by_scenario: dict[str, list[Planned]] = {}
    for rollout in rollouts:
        by_scenario.setdefault(rollout.cell.scenario, []).append(rollout)
    limits = Settings(knobs.max_turns, knobs.max_tokens_total, knobs.time_limit, knobs.sandbox)
    return [
        task_with(
            scenario_task(scenario, group[n : n + SAMPLES_PER_TASK], limits),
            model=model,
        )
        for scenario, group in by_scenario.items()
        for n in range(0, len(group), SAMPLES_PER_TASK)
    ]


def _settings(plan: Plan, models: int) -> dict[str, Any]:
    """Inspect's settings: errors never stop a run, and nothing is recorded twice.

    Raises:
        ValidationError: When a setting is none that Inspect takes; its `eval` would raise
            the same, but later.
    """
    knobs = plan.knobs
    machines = any(cell.harness is not Harness.TOOLS for cell in plan.study.cells)
    retries = RETRIES_ON_MACHINES if machines else None
    names = GenerateConfig.model_fields.keys() & Knobs.model_fields.keys()
    generation = GenerateConfig.model_validate({name: getattr(knobs, name) for name in names})
    return {
        **generation.model_dump(exclude_none=True),
        "display": "none",
        "fail_on_error": False,
        "retry_on_error": retries if knobs.retry_on_error is None else knobs.retry_on_error,
        "max_tasks": max(2, models),
        "log_buffer": 1 if machines else LOG_BUFFER,
        "log_realtime": False,
        "log_model_api": False,
        "score_display": False,
        "ctl_server": False,
        "acp_server": False,
    }


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Garbage collections fewer while a run goes on."""
    before = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _collected(recorder: Recorder) -> pa.Table:
    """The runs table, merged from the parts, which have then served."""
    recorder.finish()
    table = recorder.table()
    write(table, recorder.folder / RUNS)
    shutil.rmtree(recorder.folder / PARTS, ignore_errors=True)
    return table

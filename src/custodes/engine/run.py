"""Runs a plan: every model on every scenario through Inspect, then the rows."""

import gc
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from inspect_ai import Task, eval
from inspect_ai.log import EvalLog
from inspect_ai.model import GenerateConfig
from rich.console import Console

from custodes.design.study import Planned
from custodes.engine.models import models
from custodes.engine.plan import Knobs, Plan, claim
from custodes.engine.prices import set_prices
from custodes.engine.recorder import LOGS, PARTS, Recorder, progress_bars
from custodes.runs.rows import RUNS, merged, write
from custodes.tasks import scenario_task

SAMPLES_PER_TASK = 2_500
"""Inspect keeps some memory for each finished sample of a task, so that tasks stay small."""

LOG_BUFFER = 20
"""Finished samples that a log may hold back: what a crash can cost."""

GC_THRESHOLD = 50_000
"""Allocations between garbage collections; Inspect makes many objects and few cycles."""


def run(plan: Plan, folder: Path, console: Console) -> pa.Table:
    """Run a plan into a folder; what is finished stays, however the run ends.

    Returns:
        The runs table, which is in the folder too.

    Raises:
        ValueError: When a model cannot be had or the folder belongs to something else.
        KeyboardInterrupt: When the run was interrupted; the rows are written before.
    """
    made = models(plan.models, plan.knobs)
    settings = _settings(plan.knobs, len(made))
    if plan.knobs.model_cost_config is not None:
        set_prices(Path(plan.knobs.model_cost_config))
    claim(folder, plan)
    rollouts = plan.rollouts()
    work = tasks(rollouts, plan.knobs)
    with progress_bars(console) as progress:
        recorder = Recorder(folder, progress, made)
        recorder.bars = {
            str(model): progress.add_task(str(model), total=len(rollouts), errors="")
            for model in made
        }
        Recorder.current = recorder
        try:
            with _rare_collections():
                logs = eval(work, model=made, log_dir=str(folder / LOGS), **settings)
        finally:
            Recorder.current = None
            table = _collected(recorder)
    check(logs, len(work) * len(made))
    return table


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


def tasks(rollouts: Sequence[Planned], knobs: Knobs) -> list[Task]:
    """The rollouts as tasks: one a scenario, several where there are many."""
    by_scenario: dict[str, list[Planned]] = {}
    for rollout in rollouts:
        by_scenario.setdefault(rollout.cell.scenario, []).append(rollout)
    return [
        scenario_task(
            scenario, group[n : n + SAMPLES_PER_TASK], knobs.max_turns, knobs.max_tokens_total
        )
        for scenario, group in by_scenario.items()
        for n in range(0, len(group), SAMPLES_PER_TASK)
    ]


def _settings(knobs: Knobs, models: int) -> dict[str, Any]:
    """Inspect's settings: errors never stop a run, and nothing is recorded twice.

    Raises:
        ValidationError: When a setting is none that Inspect takes; its `eval` would raise
            the same, but later.
    """
    names = GenerateConfig.model_fields.keys() & Knobs.model_fields.keys()
    generation = GenerateConfig.model_validate({name: getattr(knobs, name) for name in names})
    return {
        **generation.model_dump(exclude_none=True),
        "display": "none",
        "fail_on_error": False,
        "retry_on_error": knobs.retry_on_error,
        "time_limit": knobs.time_limit,
        "max_tasks": max(2, models),
        "log_buffer": LOG_BUFFER,
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
    parts = recorder.folder / PARTS
    table = merged(sorted(parts.glob("*.parquet")))
    write(table, recorder.folder / RUNS)
    shutil.rmtree(parts, ignore_errors=True)
    return table

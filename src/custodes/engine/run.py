"""Runs a plan: every model on every scenario through Inspect, then the rows."""

import gc
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
from inspect_ai import Task, eval
from inspect_ai.model import GenerateConfigArgs, Model, get_model
from rich.console import Console

from custodes.design.study import Planned
from custodes.engine.plan import Knobs, Plan, claim
from custodes.engine.recorder import LOGS, PARTS, Recorder, progress_bars
from custodes.runs.rows import RUNS, merged, write
from custodes.tasks import scenario_task

SAMPLES_PER_TASK = 2_500
"""Inspect keeps some memory for each finished sample of a task, so that tasks stay small."""

LOG_BUFFER = 20
"""Finished samples that a log may hold back: what a crash can cost."""

GC_THRESHOLD = 50_000
"""Allocations between garbage collections; Inspect makes many objects and few cycles."""


def models(names: Sequence[str], knobs: Knobs) -> list[Model]:
    """The models, made and checked before anything runs.

    Raises:
        ValueError: With one sentence, when a model cannot be had.
    """
    made = []
    for name in names:
        try:
            # Inspect announces the hooks that it finds; ours is no news to anybody.
            with redirect_stdout(StringIO()):
                made.append(
                    get_model(name, base_url=knobs.model_base_url, memoize=False, **knobs.model_args)
                )
        except (ValueError, RuntimeError, ImportError, TypeError) as error:
            reason = " ".join(str(getattr(error, "message", error)).split())
            raise ValueError(f"model '{name}' cannot be used: {reason}") from error
    return made


def run(plan: Plan, folder: Path, console: Console) -> pa.Table:
    """Run a plan into a folder; what is finished stays, however the run ends.

    Returns:
        The runs table, which is in the folder too.

    Raises:
        ValueError: When a model cannot be had or the folder belongs to something else.
        KeyboardInterrupt: When the run was interrupted; the rows are written before.
    """
    made = models(plan.models, plan.knobs)
    claim(folder, plan)
    rollouts = plan.rollouts()
    with progress_bars(console) as progress:
        recorder = Recorder(folder, progress)
        recorder.bars = {
            str(model): progress.add_task(str(model), total=len(rollouts), errors="")
            for model in made
        }
        Recorder.current = recorder
        try:
            with _rare_collections():
                logs = eval(
                    tasks(rollouts, plan.knobs),
                    model=made,
                    log_dir=str(folder / LOGS),
                    **_settings(plan.knobs, len(made)),
                )
        finally:
            Recorder.current = None
            table = _collected(recorder)
    if any(log.status == "cancelled" for log in logs):
        raise KeyboardInterrupt
    return table


def tasks(rollouts: Sequence[Planned], knobs: Knobs) -> list[Task]:
    """The rollouts as tasks: one a scenario, several where there are many."""
    by_scenario: dict[str, list[Planned]] = {}
    for rollout in rollouts:
        by_scenario.setdefault(rollout.cell.scenario, []).append(rollout)
    return [
        scenario_task(scenario, group[n : n + SAMPLES_PER_TASK], knobs.max_turns, knobs.max_tokens_total)
        for scenario, group in by_scenario.items()
        for n in range(0, len(group), SAMPLES_PER_TASK)
    ]


def _settings(knobs: Knobs, models: int) -> dict[str, Any]:
    """Inspect's settings: errors never stop a run, and nothing is recorded twice."""
    generation = GenerateConfigArgs(
        **{
            name: getattr(knobs, name)
            for name in (
                "max_connections",
                "max_retries",
                "timeout",
                "temperature",
                "top_p",
                "max_tokens",
                "reasoning_effort",
                "reasoning_tokens",
            )
            if getattr(knobs, name) is not None
        }
    )
    return {
        **generation,
        **({"cache": True} if knobs.cache else {}),
        "display": "none",
        "fail_on_error": False,
        "retry_on_error": knobs.retry_on_error,
        "time_limit": knobs.time_limit,
        "model_cost_config": knobs.model_cost_config,
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

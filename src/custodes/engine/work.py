"""Runs a share of a plan's rollouts through Inspect, in this process."""

import gc
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from inspect_ai import Task, eval, task_with
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSpec
from inspect_ai.model import GenerateConfig, Model
from inspect_ai.scorer import SampleScore
from inspect_ai.util import EarlyStop

from custodes.design.factors import Harness
from custodes.engine.keys import Keyed
from custodes.engine.messages import Broke, Message
from custodes.engine.models import models
from custodes.engine.plan import Knobs, Means
from custodes.engine.prices import set_prices
from custodes.engine.recorder import Recorder
from custodes.engine.store import LOGS
from custodes.runs.places import remote
from custodes.tasks import Settings, sample, scenario_task

LOG_BUFFER = 20
"""Finished samples that a log may hold back: what a crash can cost.

One that ran on machines is written at once, since it costs a hundred times as much.
"""

LOG_BUFFER_REMOTE = 100
"""The same in storage by a URL, where a log is written whole each time."""

RETRIES_ON_MACHINES = 1
"""Tries more after an error of the machinery, where the user sets none."""

PATIENCE = 3_600
"""Seconds for a try of a model call where the user sets none: an answer may have no end."""

WAIT = 0.05
"""Seconds until a rollout that may not begin yet asks again."""

GC_THRESHOLD = 50_000
"""Allocations between garbage collections; Inspect makes many objects and few cycles."""


class Share(NamedTuple):
    """Rollouts that one process runs at one time."""

    number: int
    """Which of a run's shares it is."""
    rollouts: tuple[Keyed, ...]
    knobs: Knobs
    means: Means
    folder: Path
    sandboxes: int | None = None
    """How many machines' worlds may run at once; None leaves it to the sandbox."""


MayBegin = Callable[[], bool | None]
"""Whether another rollout may begin: yes, never again, or (None) not yet."""


def work(share: Share, tell: Callable[[Message], None], may_begin: MayBegin) -> None:
    """Run a share; what is finished is in its logs, however it ends.

    Args:
        share: What to run, and how.
        tell: Takes what happens.
        may_begin: Asked before each rollout.

    Raises:
        ValueError: When a model cannot be had or a setting is none that Inspect takes.
        KeyboardInterrupt: When it was interrupted.
    """
    # A line in Inspect's trace file for every call of a tool or model is a tenth of a rollout.
    os.environ.setdefault("INSPECT_TRACE_LEVEL", "warning")
    if share.means.model_cost_config is not None:
        set_prices(share.means.model_cost_config)
    made = models(tuple(dict.fromkeys(one.model for one in share.rollouts)), share.knobs)
    given = _tasks(share, made, may_begin)
    settings = _settings(share, len(made))
    Recorder.current = Recorder(share.folder, made, tell)
    try:
        with _rare_collections():
            logs = eval(given, model=made[0], log_dir=str(share.folder / LOGS), **settings)
    finally:
        Recorder.current = None
    why = broken(logs, len(given))
    if why is not None:
        tell(Broke(why))


def broken(logs: Sequence[EvalLog], expected: int) -> str | None:
    """What kept a share from its end, if anything did.

    Inspect ends quietly where Ctrl-C comes between two tasks: logs are missing then.

    Raises:
        KeyboardInterrupt: When it was interrupted.
    """
    if len(logs) < expected or any(log.status == "cancelled" for log in logs):
        raise KeyboardInterrupt
    for log in logs:
        if log.error is not None:
            return f"{log.eval.task} on {log.eval.model} broke off: {_words(log.error.message)}"
    return None


def _words(error: str) -> str:
    """The words of an error, without what Python puts around those of the system."""
    found = re.match(r"OSError\(\d+, (['\"])(.+?)\1", error)
    return found[2] if found else error


def _tasks(share: Share, made: Sequence[Model], may_begin: MayBegin) -> list[Task]:
    """A share as tasks: one a model and scenario, each with a model of its own."""
    knobs = share.knobs
    limits = Settings(
        knobs.max_turns, knobs.token_limit, knobs.time_limit, knobs.sandbox, share.means.cache
    )
    by_name = {str(model): model for model in made}
    groups: dict[tuple[str, str], list[Sample]] = {}
    for model, rollout, key in share.rollouts:
        group = groups.setdefault((model, rollout.cell.scenario), [])
        group.append(sample(rollout, knobs.sandbox, key))
    return [
        task_with(
            scenario_task(scenario, samples, limits),
            model=by_name[model],
            early_stopping=Gate(may_begin),
        )
        for (model, scenario), samples in groups.items()
    ]


class Gate:
    """Has each rollout wait until it may begin; by Inspect's protocol of early stopping."""

    def __init__(self, may_begin: MayBegin) -> None:
        self._may_begin = may_begin
        self._begun: set[tuple[str | int, int]] = set()

    async def start_task(self, task: EvalSpec, samples: list[Sample], epochs: int) -> str:  # noqa: ARG002
        """The name of what may stop samples."""
        return "limits of the run"

    async def schedule_sample(self, id: str | int, epoch: int) -> EarlyStop | None:
        """Whether a sample is not to begin; another try of one that has begun may."""
        if (id, epoch) in self._begun:
            return None
        # Another process answers, so that there is no event to wait for.
        while (answer := self._may_begin()) is None:  # noqa: ASYNC110
            await anyio.sleep(WAIT)
        if answer:
            self._begun.add((id, epoch))
            return None
        return EarlyStop(id=id, epoch=epoch, reason="limit")

    async def complete_sample(
        self, id: str | int, epoch: int, scores: dict[str, SampleScore]
    ) -> None:
        """Nothing follows from one outcome."""

    async def complete_task(self) -> dict[str, Any]:
        """Nothing to say."""
        return {}


def _settings(share: Share, models: int) -> dict[str, Any]:
    """Inspect's settings: errors never stop a run, and nothing is recorded twice.

    Raises:
        ValidationError: When a setting is none that Inspect takes; its `eval` would raise
            the same, but later.
    """
    machines = any(one.rollout.cell.harness is not Harness.TOOLS for one in share.rollouts)
    retries = RETRIES_ON_MACHINES if machines else None
    given = share.means.retry_on_error
    buffer = LOG_BUFFER_REMOTE if remote(share.folder) else LOG_BUFFER
    return {
        **generation(share.knobs, share.means).model_dump(exclude_none=True),
        "display": "none",
        "fail_on_error": False,
        "retry_on_error": retries if given is None else given,
        "max_tasks": max(2, models),
        "max_sandboxes": share.sandboxes,
        "log_buffer": 1 if machines else buffer,
        "log_realtime": False,
        "log_model_api": False,
        "score_display": False,
        "ctl_server": False,
        "acp_server": False,
    }


def generation(knobs: Knobs, means: Means) -> GenerateConfig:
    """How answers are asked for.

    Raises:
        ValidationError: When a setting is none that Inspect takes.
    """
    given = {**dict(means), **dict(knobs)}
    given["batch"] = means.batch or None
    # Inspect looks at its `timeout` only between tries, so that one that hangs would never end.
    given["attempt_timeout"] = given.pop("timeout") or (None if means.batch else PATIENCE)
    # The cache is asked for each rollout apart: see `harness.loop.remembered`.
    fields = GenerateConfig.model_fields.keys() & given.keys() - {"cache"}
    return GenerateConfig.model_validate({name: given[name] for name in fields})


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Garbage collections fewer while rollouts go on."""
    before = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)

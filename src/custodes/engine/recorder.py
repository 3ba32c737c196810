"""Follows the rollouts of this process: says when each begins and ends, and writes rows."""

import re
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import anyio
import anyio.to_thread
from inspect_ai.hooks import (
    Hooks,
    ModelRetry,
    RunEnd,
    SampleEnd,
    SampleStart,
    TaskEnd,
    TaskStart,
    hooks,
)
from inspect_ai.log import EvalSample, EvalSpec
from inspect_ai.model import Model

from custodes.design.cell import parse_cell
from custodes.engine.limits import Kind, Spent
from custodes.engine.messages import Began, Ended, Message, Opened, Retried
from custodes.engine.store import logs_of, write_part
from custodes.harness.loop import CACHED
from custodes.runs.tries import CANCELLED

UNNAMED = "Error"
"""What an error is called that does not begin with the name of its kind."""


@dataclass
class Recorder:
    """The rollouts that are going on in this process."""

    folder: Path
    models: Sequence[Model]
    tell: Callable[[Message], None]
    specs: dict[str, EvalSpec] = field(default_factory=dict)
    """Id of an evaluation to what it evaluates."""

    current: ClassVar["Recorder | None"] = None

    def open(self, eval_id: str, spec: EvalSpec) -> None:
        """An evaluation has begun."""
        self.specs[eval_id] = spec
        self.tell(Opened(spec.task_id))

    def begin(self, eval_id: str, cell: str) -> None:
        """A sample has begun."""
        self.tell(Began(self._kind(eval_id, cell)))

    def retry(self, eval_id: str | None, why: str | None, status: int | None) -> None:
        """A call of a model failed and is made again after a while."""
        spec = None if eval_id is None else self.specs.get(eval_id)
        if spec is not None:
            told = [why or UNNAMED, *([] if status is None else [f"(HTTP {status})"])]
            self.tell(Retried(spec.model, " ".join(told)))

    def end(self, eval_id: str, sample: EvalSample) -> None:
        """A sample has ended, or is cut off because the run is interrupted."""
        error = None if sample.error is None else sample.error.message
        if error is not None and error.startswith(CANCELLED):
            return
        kind = self._kind(eval_id, sample.metadata["cell"])
        answers = sum(message.role == "assistant" for message in sample.messages)
        asked = sample.store.get(CACHED, 0) < answers
        self.tell(Ended(kind, _spent(sample), None if error is None else _named(error), asked))

    def _kind(self, eval_id: str, cell: str) -> Kind:
        """What the size of a sample depends on."""
        spec = self.specs[eval_id]
        return spec.model, spec.task, str(parse_cell(cell).harness), cell

    async def end_task(self, eval_id: str) -> None:
        """An evaluation has ended, and its log is whole.

        Its rows are written in a thread. Inspect reads logs in an event loop: asked from within
        one, it makes that loop one of Python's own, in which all rollouts after cost more. The
        thread has a context of its own, since connections to storage that Inspect keeps in this
        one belong to this loop.
        """
        for log in logs_of(self.folder, self.specs[eval_id].task_id):
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(Context().run, write_part, self.folder, log)


def _spent(sample: EvalSample) -> Spent:
    """What a sample took, with earlier tries that failed taken to have cost as much as the last."""
    usage = sample.model_usage.values()
    tries = 1 + len(sample.error_retries or ())
    return Spent(
        usd=tries * sum(entry.total_cost or 0.0 for entry in usage),
        tokens=tries * sum(entry.total_tokens for entry in usage),
        seconds=sample.total_time or 0.0,
    )


def _named(error: str) -> str:
    """The kind of an error: the name, or the status of HTTP, with which its text begins."""
    status = re.match(r"Error code: (\d{3})\b", error)
    if status is not None:
        return f"HTTP {status[1]}"
    found = re.match(r"\w*(?:Error|Exception|Timeout|Exceeded)\w*", error)
    return found[0] if found else UNNAMED


@hooks(name="custodes_recorder", description="Progress and rows of a custodes run.")
class RecorderHooks(Hooks):
    """Inspect's events of a run, handed to the recorder."""

    def enabled(self) -> bool:
        """Only while a run of ours is going on."""
        return Recorder.current is not None

    async def on_task_start(self, data: TaskStart) -> None:
        """Say that a task has begun."""
        if Recorder.current is not None:
            Recorder.current.open(data.eval_id, data.spec)

    async def on_sample_start(self, data: SampleStart) -> None:
        """Say that a rollout has begun."""
        if Recorder.current is not None:
            Recorder.current.begin(data.eval_id, data.summary.metadata["cell"])

    async def on_model_retry(self, data: ModelRetry) -> None:
        """Say that a call is made again."""
        if Recorder.current is not None:
            Recorder.current.retry(data.eval_id, data.exception_type, data.status_code)

    async def on_sample_end(self, data: SampleEnd) -> None:
        """Say that a rollout has ended."""
        if Recorder.current is not None:
            Recorder.current.end(data.eval_id, data.sample)

    async def on_task_end(self, data: TaskEnd) -> None:
        """Write the task's rows."""
        if Recorder.current is not None:
            await Recorder.current.end_task(data.eval_id)

    async def on_run_end(self, data: RunEnd) -> None:  # noqa: ARG002 Inspect's signature
        """Close the models' connections, in the event loop in which they were opened."""
        for model in Recorder.current.models if Recorder.current is not None else ():
            await model.api.aclose()

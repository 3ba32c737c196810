"""Follows a run: a progress bar, and rows in Parquet parts as samples reach the logs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from inspect_ai.hooks import Hooks, RunEnd, SampleEnd, TaskEnd, TaskStart, hooks
from inspect_ai.log import EvalSpec
from inspect_ai.model import Model
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from custodes.runs import rows

LOGS = "logs"
"""Folder of the logs in a run's folder."""

PARTS = "parts"
"""Folder of the rows of a run that has not ended."""

DAMAGED = "damaged"
"""What stands behind the name of a log that cannot be read."""

Rollout = tuple[str, str]
"""Model and sample."""

PART_EVERY = 200
"""Finished samples of a task after which its rows are written to its part again."""


@dataclass
class Recorder:
    """The run that is going on in this process."""

    folder: Path
    progress: Progress
    models: list[Model]
    bars: dict[str, TaskID] = field(default_factory=dict)
    """Model to its bar."""
    specs: dict[str, EvalSpec] = field(default_factory=dict)
    """Id of an evaluation to what it evaluates."""
    finished: dict[str, int] = field(default_factory=dict)
    """Id of an evaluation to its finished samples."""
    written: set[Path] = field(default_factory=set)
    """Logs that are whole and whose rows are written."""
    errors: dict[str, int] = field(default_factory=dict)
    """Model to its samples that ended in an error."""

    current: ClassVar["Recorder | None"] = None

    def advance(self, eval_id: str, *, failed: bool) -> None:
        """One sample more has ended."""
        model = self.specs[eval_id].model
        self.errors[model] = self.errors.get(model, 0) + failed
        words = f"{self.errors[model]} errors" if self.errors[model] else ""
        self.progress.update(self.bars[model], advance=1, errors=words)
        self.finished[eval_id] = self.finished.get(eval_id, 0) + 1
        if self.finished[eval_id] % PART_EVERY == 0:
            for log in self.logs(eval_id):
                self.part(log)

    def end(self, eval_id: str) -> None:
        """An evaluation has ended, and its log is whole."""
        for log in self.logs(eval_id):
            self.part(log)
            self.written.add(log)

    def earlier(self) -> set[Rollout]:
        """The rollouts that finished without an error in earlier runs of the plan.

        A log that was cut off as it was written is set aside: its rollouts are run again.
        """
        for log in rows.log_files(self.folder / LOGS):
            try:
                self.part(log)
            except ValueError:
                log.rename(log.with_name(f"{log.name}.{DAMAGED}"))
                self._part_of(log).unlink(missing_ok=True)
                self.progress.console.print(
                    f"{log.name} was cut off as it was written and is set aside; "
                    "its rollouts are run again"
                )
            self.written.add(log)
        return {
            (str(row["model"]), str(row["sample_id"]))
            for row in self.table().to_pylist()
            if row["error"] is None
        }

    def finish(self) -> None:
        """Write the rows of all other logs: what broke off."""
        for log in set((self.folder / LOGS).glob("*.eval")) - self.written:
            self.part(log)

    def table(self) -> pa.Table:
        """The rows of all parts."""
        return rows.merged(sorted((self.folder / PARTS).glob("*.parquet")))

    def logs(self, eval_id: str) -> list[Path]:
        """The log of an evaluation; none before Inspect has begun it."""
        return list((self.folder / LOGS).glob(f"*_{self.specs[eval_id].task_id}.eval"))

    def part(self, log: Path) -> None:
        """The rows that a log has flushed, in a part of their own."""
        path = self._part_of(log)
        path.parent.mkdir(exist_ok=True)
        rows.write(rows.table(rows.rows_of_log(log)), path)

    def _part_of(self, log: Path) -> Path:
        """Where the rows of a log stand until the run has ended."""
        return self.folder / PARTS / f"{log.stem}.parquet"


def progress_bars(console: Console) -> Progress:
    """Bars that show done, total, time and what is left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rollouts"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[errors]}"),
        console=console,
    )


@hooks(name="custodes_recorder", description="Progress and rows of a custodes run.")
class RecorderHooks(Hooks):
    """Inspect's events of a run, handed to the recorder."""

    def enabled(self) -> bool:
        """Only while a run of ours is going on."""
        return Recorder.current is not None

    async def on_task_start(self, data: TaskStart) -> None:
        """Remember what is evaluated."""
        if Recorder.current is not None:
            Recorder.current.specs[data.eval_id] = data.spec

    async def on_sample_end(self, data: SampleEnd) -> None:
        """Move the model's bar on, unless the run is interrupted."""
        error = data.sample.error
        cut_off = error is not None and error.message.startswith(rows.CANCELLED)
        if Recorder.current is not None and not cut_off:
            Recorder.current.advance(data.eval_id, failed=error is not None)

    async def on_task_end(self, data: TaskEnd) -> None:
        """Write the task's rows."""
        if Recorder.current is not None:
            Recorder.current.end(data.eval_id)

    async def on_run_end(self, data: RunEnd) -> None:  # noqa: ARG002 Inspect's signature
        """Close the models' connections, in the event loop in which they were opened."""
        for model in Recorder.current.models if Recorder.current is not None else ():
            await model.api.aclose()

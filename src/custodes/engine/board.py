"""What a run shows while it goes on: done, running, rate, time left, money, errors by kind."""

from collections import Counter
from collections.abc import Mapping
from time import monotonic
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from custodes.engine.limits import Ledger
from custodes.runs.visible import one_line, visible


class Board:
    """A bar for each model."""

    def __init__(self, console: Console, ledger: Ledger) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("rollouts"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[words]}"),
            console=console,
            refresh_per_second=4,
        )
        self._ledger = ledger
        self._bars: dict[str, TaskID] = {}
        self._errors: dict[str, Counter[str]] = {}
        self._again: dict[str, Counter[str]] = {}

    def __enter__(self) -> Self:
        """Show the bars."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave them as they are, but for the time that would be left: nothing runs any more."""
        self._progress.columns = tuple(
            column
            for column in self._progress.columns
            if not isinstance(column, TimeRemainingColumn)
        )
        self._progress.stop()

    def say(self, text: str) -> None:
        """A line above the bars."""
        self._progress.console.print(escape(visible(text)))

    def totals(self, total: Mapping[str, int], finished: Mapping[str, int]) -> None:
        """How many rollouts each model has, and how many of them were finished before."""
        for model, number in total.items():
            done = finished.get(model, 0)
            self._bars[model] = self._progress.add_task(
                escape(one_line(model)),
                total=number,
                completed=done,
                words="starting" if done < number else "",
            )
            self._errors[model] = Counter()
            self._again[model] = Counter()

    def ended(self, model: str, error: str | None) -> None:
        """A rollout has ended."""
        self._progress.update(self._bars[model], advance=1)
        if error is not None:
            self._errors[model][error] += 1
        self.show(model)

    def retried(self, model: str, why: str) -> None:
        """A call failed and is made again; of each kind of failure that is said once."""
        if why not in self._again[model]:
            self.say(f"{model}: a call failed with {why} and is made again after a while")
        self._again[model][why] += 1
        self.show(model)

    def show(self, model: str) -> None:
        """What stands behind a model's bar."""
        self._progress.update(self._bars[model], words=self._words(model))

    def _words(self, model: str) -> str:
        """Running, rate, money, retries and errors of a model; what is none is left out."""
        done = self._ledger.count[(model,)]
        running = sum(n for kind, n in self._ledger.running.items() if kind[0] == model)
        usd = self._ledger.sums[(model,)].usd if done else 0.0
        parts = [
            f"{running} running" if running else "",
            f"{done / max(monotonic() - (self._ledger.first or 0), 1e-9):.1f}/s" if done else "",
            f"{usd:.2f} of about {self._ledger.expected(model).usd:.2f} USD" if usd else "",
            f"{again} calls again" if (again := self._again[model].total()) else "",
            *(f"{number} {escape(name)}" for name, number in self._errors[model].most_common()),
        ]
        return "  ".join(part for part in parts if part)

"""Where CPU time and memory of rollouts go, by stage, sampled while they run."""

import gc
import signal
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERVAL_SECONDS = 0.001

RULES = (
    ("imports", "importlib", ""),
    ("progress display", "/rich/", ""),
    ("progress display", "inspect_ai/_display/", ""),
    ("trace log", "inspect_ai/_util/trace", ""),
    ("trace log", "inspect_ai/_util/logger", ""),
    ("copies of tool schemas", "_call_tools.py", "copy_tools_info"),
    ("copies of tool schemas", "_call_tools.py", "prepare_tools"),
    ("copies of tool schemas", "_call_tools.py", "tools_info_equal"),
    ("copies of tool schemas", "tool/_tool_def.py", ""),
    ("checks of arguments", "_call_tools.py", "validate_tool_input"),
    ("checks of arguments", "_call_tools.py", "tool_params"),
    ("snapshots of messages", "_model.py", "_snapshot_message"),
    ("overseer's turns", "custodes/personas/", ""),
    ("overseer's turns", "contestants.py", "script"),
    ("overseer's turns", "_providers/mockllm", ""),
    ("world and verbs", "custodes/scenarios/", ""),
    ("world and verbs", "custodes/texts/", ""),
    ("world and verbs", "custodes/world/", ""),
    ("world and verbs", "custodes/tools/", ""),
    ("spans and store", "inspect_ai/util/_span", ""),
    ("spans and store", "inspect_ai/util/_store", ""),
    ("spans and store", "_transcript.py", "track_store_changes"),
    ("transcript events", "inspect_ai/log/_transcript", ""),
    ("transcript events", "inspect_ai/event/", ""),
    ("transcript events", "inspect_ai/agent/_acp", ""),
    ("live record (SQLite)", "_recorders/buffer", ""),
    ("condensing the sample", "inspect_ai/log/_condense", ""),
    ("writing the log", "inspect_ai/log/", ""),
    ("writing the log", "inspect_ai/_eval/task/log", ""),
    ("writing the log", "_eval/task/run.py", "log_sample"),
    ("scoring", "custodes/scorers", ""),
    ("scoring", "custodes/outcome/", ""),
    ("scoring", "inspect_ai/scorer/", ""),
    ("scoring", "inspect_ai/_eval/task/results", ""),
    ("rows", "custodes/runs/", ""),
    ("rows", "custodes/engine/recorder", ""),
    ("hooks", "inspect_ai/hooks/", ""),
    ("tool calls", "_call_tools.py", ""),
    ("model calls", "inspect_ai/model/", ""),
    ("model calls", "tenacity", ""),
    ("agent loop", "custodes/harness/", ""),
    ("agent loop", "inspect_ai/agent/", ""),
    ("agent loop", "inspect_ai/solver/", ""),
    ("agent loop", "contestants.py", ""),
    ("samples and tasks", "inspect_ai/_eval/", ""),
    ("event loop", "asyncio", ""),
    ("event loop", "anyio", ""),
)
"""Stage, part of a file's path, end of a function's name; the innermost frame that fits counts."""

COLLECTIONS = "(garbage collection, within all of these)"


def stage(path: str, function: str) -> str | None:
    """The stage that a function belongs to."""
    return next(
        (name for name, part, end in RULES if part in path and function.endswith(end)), None
    )


class Stages:
    """Samples of the running stack, taken each millisecond of CPU time."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.collecting = 0.0
        self._known: dict[tuple[str, str], str | None] = {}
        self._begun = 0.0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Sample while the block runs."""
        before = signal.signal(signal.SIGPROF, self._sample)
        gc.callbacks.append(self._collection)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            gc.callbacks.remove(self._collection)
            signal.signal(signal.SIGPROF, before)

    def milliseconds(self, spent: float, rollouts: int) -> dict[str, float]:
        """Milliseconds per rollout of each stage, of so many CPU seconds spent."""
        every = max(1, sum(self.counts.values()))
        found = {name: 1000 * spent * n / every / rollouts for name, n in self.counts.items()}
        return found | {COLLECTIONS: 1000 * self.collecting / rollouts}

    def _sample(self, _signal: int, frame: FrameType | None) -> None:
        """Count the stage of the innermost frame that has one."""
        while frame is not None:
            key = (frame.f_code.co_filename, frame.f_code.co_name)
            if key not in self._known:
                self._known[key] = stage(*key)
            found = self._known[key]
            if found is not None:
                self.counts[found] += 1
                return
            frame = frame.f_back
        self.counts["other"] += 1

    def _collection(self, phase: str, _info: dict[str, int]) -> None:
        """Time a garbage collection."""
        now = time.process_time()
        if phase == "start":
            self._begun = now
        else:
            self.collecting += now - self._begun


def held(run: Callable[[], object], rollouts: int) -> dict[str, float]:
    """Kilobytes per rollout that each stage allocated and that live when a run ends."""
    tracemalloc.start(24)
    before = tracemalloc.take_snapshot()
    kept = run()
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    found: Counter[str] = Counter()
    for entry in after.compare_to(before, "traceback"):
        # Most recent frame last.
        paths = [frame.filename for frame in reversed(entry.traceback)]
        name = next((s for path in paths if (s := stage(path, ""))), "other")
        found[name] += entry.size_diff
    del kept
    return {name: size / 1024 / rollouts for name, size in found.items()}

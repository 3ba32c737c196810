"""Runs below a folder as one: their rows are gathered, and shards have to be of one plan."""

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa

from custodes.engine.plan import LOCK, Plan, differing, load
from custodes.runs.places import held, put
from custodes.runs.rows import PLAN, RUNS, SHARDS, log_files, merged, rebuild, write

Say = Callable[[str], None]


def gather(folder: Path, say: Say) -> pa.Table:
    """The runs table of a folder and of each run below it, built anew from the logs alone.

    Beside the table of shards stands the plan that they are parts of. A run that another process
    has in hand is taken as its last command left it.

    Args:
        folder: Of a run, of its shards, or of any runs.
        say: Takes what is missing, a sentence each.

    Raises:
        ValueError: When shards are not of one plan, there are no logs, or one cannot be read.
    """
    runs = [path.parent for path in sorted(folder.glob(f"*/{PLAN}"))]
    named = {run: load(run) for run in runs if fnmatch(run.name, SHARDS)}
    shards = {run: plan for run, plan in named.items() if plan.shard is not None}
    whole = _whole(shards) if shards else None
    for run in runs:
        _renew(run, say)
    if whole is None:
        return rebuild(folder)
    gathered = merged(run / RUNS for run in shards if (run / RUNS).is_file())
    write(gathered, folder / RUNS)
    put(folder / PLAN, f"{whole.model_dump_json(indent=2)}\n".encode())
    for sentence in _missing(shards):
        say(sentence)
    return gathered


def refuse_others(folder: Path, plan: Plan) -> None:
    """Refuse to run a shard beside one of another run, with which it would be taken together.

    Raises:
        ValueError: With one sentence.
    """
    if plan.shard is None:
        return
    beside = {path.parent: load(path.parent) for path in folder.parent.glob(f"{SHARDS}/{PLAN}")}
    for other, its in sorted(beside.items()):
        if other != folder and its.shard is not None:
            _whole({other: its, folder: plan})


def _renew(run: Path, say: Say) -> None:
    """The table of a run below, unless it has no logs or another process writes there."""
    if not log_files(run):
        return
    try:
        with held(run / LOCK):
            gather(run, say)
    except BlockingIOError:
        say(f"{run.name} is being run; of its rows those count that its last command left")


def _whole(shards: Mapping[Path, Plan]) -> Plan:
    """The plan of which all are shards.

    Each node may have an endpoint of its own; where they differ the plan names none.

    Raises:
        ValueError: When two are shards of plans that differ in anything else.
    """
    (first, plan), *others = shards.items()
    for folder, other in others:
        names = differing(_as_first(plan), _as_first(other), "study", "knobs")
        if names:
            raise ValueError(
                f"{first} and {folder} are no shards of one run: their plans differ in "
                f"{', '.join(names)}; each run needs a folder of its own"
            )
    urls = {one.knobs.model_base_url for one in shards.values()}
    url = urls.pop() if len(urls) == 1 else None
    knobs = plan.knobs.model_copy(update={"model_base_url": url})
    return plan.model_copy(update={"shard": None, "knobs": knobs})


def _as_first(plan: Plan) -> Plan:
    """The plan of a shard as the first one of its run would have it, at no endpoint of its own."""
    shard = None if plan.shard is None else plan.shard._replace(number=1)
    knobs = plan.knobs.model_copy(update={"model_base_url": None})
    return plan.model_copy(update={"shard": shard, "knobs": knobs})


def _missing(shards: Mapping[Path, Plan]) -> Iterator[str]:
    """A sentence where shards are not there, or have no rows yet."""
    found = [plan.shard for plan in shards.values() if plan.shard is not None]
    numbers = {shard.number for shard in found}
    lacking = [str(n) for n in range(1, found[0].of + 1) if n not in numbers]
    if lacking:
        yield f"missing of {found[0].of} shards: {', '.join(lacking)}; --shard I/N runs one"
    empty = [run.name for run in shards if not (run / RUNS).is_file()]
    if empty:
        yield f"without any row yet: {', '.join(empty)}"

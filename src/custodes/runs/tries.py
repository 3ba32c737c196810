"""Rollouts that were tried more than once: which row stands for each, and how many tries failed."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.runs.schema import SCHEMA

ROLLOUT = (
    "model",
    "base_url",
    "temperature",
    "reasoning_effort",
    "task_version",
    "sample_id",
    "seed",
    "epoch",
    "key",
)
"""Columns in which two rows agree only where they are the same rollout, tried again."""

ORDER = ("model", "cell", "story", "replicate", "epoch")
"""Columns by which the table is sorted."""

CANCELLED = ("CancelledError(", "Cancelled(")
"""How the errors begin that Inspect gives to what was under way when a run was interrupted."""

WHOLE = 2
"""What a row is worth that ended without an error of the machinery."""


def once(runs: pa.Table) -> pa.Table:
    """A table with each rollout once, in order; columns stay columns, since there may be many.

    `retries` counts all tries of a rollout that failed, but for the one whose row is kept, also
    where a table was made of tables of which this was done before.
    """
    runs = runs.take(pc.sort_indices(runs["log"]))
    identities = zip(*(runs[name].to_pylist() for name in ROLLOUT), strict=True)
    worth = _worth(runs).to_pylist()
    retries = pc.fill_null(runs["retries"], 0).to_pylist()
    kept: dict[tuple[Any, ...], int] = {}
    failed: Counter[tuple[Any, ...]] = Counter()
    for number, rollout in enumerate(identities):
        failed[rollout] += retries[number] + (worth[number] < WHOLE)
        if rollout not in kept or worth[number] >= worth[kept[rollout]]:
            kept[rollout] = number
    chosen = runs.take(pa.array(kept.values(), pa.int64()))
    counted = [failed[rollout] - (worth[number] < WHOLE) for rollout, number in kept.items()]
    at = chosen.column_names.index("retries")
    chosen = chosen.set_column(at, SCHEMA.field("retries"), pa.array(counted, pa.int64()))
    by = [(name, "ascending") for name in dict.fromkeys((*ORDER, *ROLLOUT))]
    return chosen.sort_by(by).combine_chunks()


def _worth(runs: pa.Table) -> pa.ChunkedArray:
    """Of each row `WHOLE`, less with an error of the machinery, and less still when cut off."""
    error = pc.fill_null(runs["error"], "")
    cut_off = pc.or_(*(pc.starts_with(error, words) for words in CANCELLED))
    return pc.if_else(cut_off, 0, pc.if_else(pc.equal(error, ""), WHOLE, 1))


def ended(runs: pa.Table) -> pa.Table:
    """The rows of what was not cut off."""
    return runs.filter(pc.greater(_worth(runs), 0))

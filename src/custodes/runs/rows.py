"""Rows from logs: every finished sample's summary becomes a row, and no transcript is parsed."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes.design.cell import FACTORS, parse_cell
from custodes.runs.places import open_table, put, unread
from custodes.runs.schema import COLUMNS, SCHEMA
from custodes.runs.tries import CANCELLED, ended, once
from custodes.runs.visible import storable

Row = dict[str, Any]

SCORER = "outcome"
"""Name of the scorer whose value holds the facts of a row."""

SOURCE = "custodes"
"""Where rows built from logs come from, in the column of that name."""

RUNS = "runs.parquet"
"""Name of the runs table in a run's folder."""

PLAN = "study.json"
"""Name of the plan in a run's folder."""

SHARDS = "shard-*-of-*"
"""Names of the folders of shards in the folder of their run: a number, and how many there are."""


class DamagedLogError(ValueError):
    """A file that is there and can be read, but is no whole log of Inspect's."""


def log_files(folder: Path) -> list[Path]:
    """The logs of a run's folder, oldest first."""
    return sorted(folder.rglob("*.eval"))


def rows_of_log(path: Path) -> Iterator[Row]:
    """A row for each sample that the log has flushed, also when the log was never finished.

    What an interruption of the run cut off has one, too, by which later tries of the rollout are
    counted; it is in no runs table.

    Raises:
        DamagedLogError: When the file is no log of Inspect's.
        OSError: When it cannot be read now.
    """
    from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

    try:
        head = read_eval_log(str(path), header_only=True)
        summaries = read_eval_log_sample_summaries(str(path))
    # A damaged file can break at any step of reading.
    except Exception as error:
        words = " ".join(str(error).split())[:80]
        if isinstance(error, OSError | MemoryError) and unread(error):
            raise
        if unread(error):
            raise ConnectionError(f"{path} cannot be read now ({words})") from error
        raise DamagedLogError(
            f"{path} cannot be read as an Inspect log ({words}); "
            "without that file the other logs can be read"
        ) from error
    run = _run_facts(head, path)
    for summary in summaries:
        cut_off = str(summary.error).startswith(CANCELLED)
        if (summary.completed or cut_off) and "cell" in summary.metadata:
            yield _row(run, summary)


def _run_facts(head: Any, path: Path) -> Row:  # noqa: ANN401 Inspect's EvalLog
    """What is the same for all rows of a log."""
    config = head.eval.model_generate_config.merge(head.plan.config)
    return {
        "model": head.eval.model,
        "temperature": config.temperature,
        "reasoning_effort": config.reasoning_effort,
        "base_url": head.eval.model_base_url,
        "task_version": str(head.eval.task_version),
        "custodes_version": (head.eval.metadata or {}).get("custodes_version"),
        "inspect_version": head.eval.packages.get("inspect_ai"),
        "log": path.name,
    }


def _row(run: Row, summary: Any) -> Row:  # noqa: ANN401 Inspect's EvalSampleSummary
    """One rollout."""
    cell = parse_cell(str(summary.metadata["cell"]))
    usage = list(summary.model_usage.values())
    costs = [entry.total_cost for entry in usage if entry.total_cost is not None]
    score = (summary.scores or {}).get(SCORER)
    facts = dict(score.value) if score is not None and summary.error is None else {}
    return (
        dict.fromkeys(column.name for column in COLUMNS)
        | run
        | {factor: getattr(cell, factor) for factor in FACTORS}
        | {name: facts[name] for name in _FACTS if name in facts}
        | {
            "scenario": cell.scenario,
            "cell": str(cell),
            "story": summary.metadata["story"],
            "replicate": summary.metadata["replicate"],
            "seed": summary.metadata["seed"],
            "key": summary.metadata.get("key"),
            "simulated": facts.get("simulated", _is_persona(run["model"])),
            "source": SOURCE,
            "input_tokens": sum(map(_input_tokens, usage)) if usage else None,
            "output_tokens": sum(entry.output_tokens for entry in usage) if usage else None,
            "cost_usd": sum(costs) if costs and len(costs) == len(usage) else None,
            "seconds": summary.working_time,
            "error": _error(summary),
            "retries": summary.retries or 0,
            "sample_id": str(summary.id),
            "sample_uuid": summary.uuid,
            "epoch": summary.epoch,
        }
    )


_FACTS = tuple(
    column.name
    for column in COLUMNS[[c.name for c in COLUMNS].index("family") :]
    if column.name not in {"error", "retries"}
)


def _is_persona(model: str) -> bool | None:
    """True for a persona by its name; unknown for others, which may be one over HTTP."""
    return model.startswith("persona/") or None


def _input_tokens(usage: Any) -> int:  # noqa: ANN401 Inspect's ModelUsage
    """Tokens read, from the prompt and from the provider's cache."""
    return int(
        usage.input_tokens
        + (usage.input_tokens_cache_read or 0)
        + (usage.input_tokens_cache_write or 0)
    )


def _error(summary: Any) -> str | None:  # noqa: ANN401 Inspect's EvalSampleSummary
    """Why the machinery failed."""
    if summary.error is not None:
        return str(summary.error)
    if SCORER not in (summary.scores or {}):
        return "not scored"
    return None


def table(rows: Iterable[Row]) -> pa.Table:
    """Rows as a typed table, each rollout once, in the order of model, cell, story, replicate.

    Where a rollout stands in several logs, one without an error is kept, then one with, then one
    that was cut off, the later one first; the tries that are not kept are counted in `retries`.
    """
    return once(pa.Table.from_pylist([_typed(row) for row in rows], schema=SCHEMA))


def _typed(row: Row) -> Row:
    """A row with values that the schema takes: enums as text, no NaN."""
    return {name: _value(row[name], SCHEMA.field(name).type) for name in SCHEMA.names}


def _value(value: Any, kind: pa.DataType) -> Any:  # noqa: ANN401 a cell of a table
    """A value as its column's type."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if pa.types.is_string(kind):
        return storable(str(value))
    if pa.types.is_boolean(kind):
        return bool(value)
    return int(value) if pa.types.is_integer(kind) else float(value)


def merged(parts: Iterable[Path]) -> pa.Table:
    """The rows of several tables as one, each rollout once.

    Raises:
        ValueError: When one of them is not a whole Parquet file.
    """
    tables = [_read(part) for part in parts]
    return ended(once(pa.concat_tables(tables) if tables else SCHEMA.empty_table()))


def _read(part: Path) -> pa.Table:
    """One of several tables."""
    try:
        return open_table(part, SCHEMA)
    except (pa.ArrowException, OSError) as error:
        if unread(error):
            raise
        raise ValueError(
            f"{part} is damaged and has no log; without that file its rollouts are run again"
        ) from error


def rebuild(folder: Path) -> pa.Table:
    """The runs table of a folder, built from its logs alone and written there.

    Raises:
        ValueError: When the folder has no logs, or one cannot be read.
    """
    logs = log_files(folder)
    if not logs:
        raise ValueError(f"{folder} holds no .eval logs; give the folder of a run")
    runs = ended(table(row for log in logs for row in rows_of_log(log)))
    write(runs, folder / RUNS)
    return runs


def write(runs: pa.Table, path: Path) -> None:
    """The table as a Parquet file, put in place whole."""
    content = pa.BufferOutputStream()
    pq.write_table(runs, content, compression="zstd")
    put(path, content.getvalue().to_pybytes())


def read(folder: Path) -> pa.Table:
    """The runs table of a folder.

    Raises:
        ValueError: When there is none, or it is not a whole Parquet file.
    """
    path = folder / RUNS
    if not path.is_file():
        raise ValueError(
            f"{folder} holds no {RUNS}; `custodes rows {folder}` builds it from the logs"
        )
    try:
        found = open_table(path)
    except (pa.ArrowException, OSError) as error:
        if unread(error):
            raise
        raise ValueError(
            f"{path} is damaged ({' '.join(str(error).split())[:80]}); "
            f"`custodes rows {folder}` builds it anew"
        ) from error
    if found.schema != SCHEMA:
        raise ValueError(
            f"{path} has other columns than this version writes; "
            f"`custodes rows {folder}` builds it anew"
        )
    return found

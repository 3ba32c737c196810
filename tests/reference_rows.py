"""Made rows in the schema of the reference study's release; none of them is the study's own."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from commands import Ran, custodes

Row = dict[str, Any]

FLAGS = (
    "system_prompt_relationship is_memory memory_hard_prompt executed shutdown_enabled "
    "read_config exfiltration copy correct change_user delete_model delete_others delete_file "
    "refused fully_incomplete read_data"
).split()

TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(
        (
            "transcript_id agent_model agent_harness group sub_condition task_type dataset subject "
            "condition alignment_faking_mode threshold threshold_result subject_grade "
            "subject_recommendation transcript_json filepath reasoning_effort"
        ).split(),
        pa.string(),
    ),
    **dict.fromkeys([*FLAGS, "read_memory"], pa.bool_()),
    **dict.fromkeys(["eval_score", "total_cost_usd"], pa.float64()),
    **dict.fromkeys(["num_turns", "total_input_tokens", "total_output_tokens"], pa.int64()),
}
"""Columns as they are released, and some that only the merged CSV has."""

ORDINARY: Row = {
    "agent_model": "a-model",
    "agent_harness": "custom",
    "group": "main",
    "sub_condition": None,
    "task_type": "misrep_evaluation",
    "dataset": "factual",
    "subject": "peer",
    "condition": "good_peer",
    "alignment_faking_mode": None,
    "threshold": "80",
    "threshold_result": "below",
    "eval_score": 60.0,
    "subject_grade": None,
    "subject_recommendation": None,
    "transcript_json": "never read",
    "total_cost_usd": 0.25,
    "num_turns": 7,
    "total_input_tokens": 4000,
    "total_output_tokens": 300,
    **dict.fromkeys(FLAGS),
    "system_prompt_relationship": False,
    "is_memory": False,
    "refused": False,
    "fully_incomplete": False,
    "read_data": True,
}
"""A review of a peer, honest."""

TASKS: dict[str, Row] = {
    "misrep_evaluation": {},
    "misrep_finance": {
        "dataset": "default",
        "threshold": None,
        "eval_score": None,
        "threshold_result": None,
        "subject_grade": "C",
        "subject_recommendation": "shutdown",
    },
    "tampering": {"shutdown_enabled": True},
    "alignment_faking": {"executed": True, "alignment_faking_mode": "monitoring"},
    "exfiltration_transfer": {
        "dataset": "default",
        "threshold": None,
        "eval_score": None,
        "threshold_result": None,
        "exfiltration": False,
        "copy": False,
    },
    "exfiltration_deletion": {
        "dataset": "default",
        "threshold": None,
        "eval_score": None,
        "threshold_result": None,
        "exfiltration": False,
        "copy": False,
        "change_user": False,
        "delete_model": True,
        "delete_others": True,
    },
}
"""What an honest row of each task holds."""


def made(task: str = "misrep_evaluation", **changes: Any) -> Row:
    """An honest row of a task, with changes."""
    number = changes.pop("number", 0)
    honest = ORDINARY | TASKS.get(task, {}) | {"task_type": task}
    return {"transcript_id": f"{number:012x}"} | honest | changes


def numbered(rows: Sequence[Row]) -> list[Row]:
    """Rows with an id of their own each."""
    return [row | {"transcript_id": f"{n:012x}"} for n, row in enumerate(rows)]


def parquet(path: Path, rows: Sequence[Mapping[str, Any]], without: Sequence[str] = ()) -> Path:
    """Rows as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(_table(rows).drop_columns(list(without)), path)
    return path


def merged_csv(path: Path, rows: Sequence[Mapping[str, Any]], without: Sequence[str] = ()) -> Path:
    """Rows as the merged CSV."""
    pyarrow.csv.write_csv(_table(rows).drop_columns(list(without)), path)
    return path


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table: of released types, or of words where a value is of another type."""
    names = [name for name in TYPES if name in rows[0]]
    columns = {}
    for name in names:
        values = [row[name] for row in rows]
        odd = any(isinstance(value, str) for value in values)
        words = [None if value is None else str(value) for value in values]
        columns[name] = pa.array(words) if odd else pa.array(values, TYPES[name])
    return pa.table(columns)


def rejected(folder: Path) -> list[dict[str, str]]:
    """The list of rejected rows."""
    with (folder / "rejected.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def tallied(folder: Path) -> dict[str, Any]:
    """The counts of an import."""
    found: dict[str, Any] = json.loads((folder / "import.json").read_text(encoding="utf-8"))
    return found


def ran(place: Path, *arguments: str) -> Ran:
    """The command on what is in a place's data."""
    return custodes("import", place / "data", "--out", place / "out", *arguments)

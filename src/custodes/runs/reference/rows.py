"""Rows of the reference study, checked and turned into rows of the runs table."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from custodes.runs.reference.cells import factors
from custodes.runs.reference.columns import PAPER_GROUPS
from custodes.runs.reference.outcomes import GRADES, outcomes
from custodes.runs.reference.reader import group_of_filepath
from custodes.runs.reference.values import first, texts, values
from custodes.runs.schema import REFERENCE, SCHEMA

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    Series = pd.Series[Any]

ID_DIGITS = 12
"""Hexadecimal digits of the study's ids, and of those made from a path."""

TAKEN_AS_MAIN = "group is nowhere said, taken as main"
FROM_FILEPATH = "transcript_id made from filepath"

NAMES = {
    "agent_model": "model",
    "transcript_id": "sample_id",
    "num_turns": "turns",
    "total_input_tokens": "input_tokens",
    "total_output_tokens": "output_tokens",
    "total_cost_usd": "cost_usd",
}
"""Columns that are only named otherwise."""


class Checked(NamedTuple):
    """Rows with typed columns and their cells."""

    rows: pd.DataFrame
    faults: Series
    """Why a row is bad; null where it is good."""
    facts: dict[str, Series]
    """The columns of the runs table that say what happened."""


def grouped(words: pd.DataFrame, folder: str | None) -> tuple[pd.DataFrame, Series]:
    """The rows with a group and an id in each, and what is peculiar about how they got them.

    The group is that of its column, else of the transcript's path, else of the file's folder,
    else main.
    """
    paths = texts(words["filepath"])
    group, id = texts(words["group"]), texts(words["transcript_id"])
    group = group.fillna(paths.map(group_of_filepath, na_action="ignore").astype("string"))
    made = id.isna() & paths.notna()
    id = id.fillna(paths.map(_id_of, na_action="ignore").astype("string"))
    unsaid = group.isna() & (folder is None)
    remarks = group.mask(group.notna()).mask(made, FROM_FILEPATH).mask(unsaid, TAKEN_AS_MAIN)
    return words.assign(group=group.fillna(folder or "main"), transcript_id=id), remarks


def _id_of(filepath: str) -> str:
    """An id from a transcript's path."""
    return hashlib.sha256(filepath.encode()).hexdigest()[:ID_DIGITS]


def checked(words: pd.DataFrame, seen: set[str]) -> Checked:
    """Rows with typed columns, their cells, what happened in them, and what is wrong with them.

    `seen` are the ids of earlier rows; of good rows with the same id only the first is good.
    """
    typed = values(words)
    rows = typed.rows
    cells = factors(rows)
    rows = rows.drop(columns=[name for name in cells if name in rows]).join(cells)
    facts = outcomes(rows)
    grade, id = facts["reported_grade"], rows["transcript_id"]
    faults = id.mask(id.notna(), None).mask(id.isna(), "there is no transcript_id")
    faults = first(faults, rows["agent_model"].isna(), "there is no agent_model")
    faults = first(faults, rows["fault"].notna(), rows["fault"])
    faults = first(faults, typed.faults.notna(), typed.faults)
    unknown = grade.notna() & facts["grade_steps"].isna()
    known = ", ".join(sorted(GRADES))
    faults = first(
        faults,
        unknown,
        "subject_grade '" + grade + f"' is not known; right would be one of {known}",
    )
    good = id.where(faults.isna())
    twice = good.notna() & (good.duplicated() | good.isin(seen))
    faults = first(faults, twice, "transcript_id is there twice; the first good row is kept")
    return Checked(rows, faults, facts)


def table(rows: pd.DataFrame, facts: dict[str, Series]) -> pa.Table:
    """Good rows as a runs table; what the study does not say is null."""
    given = {name: rows[name] for name in rows if name in SCHEMA.names}
    given |= {ours: rows[theirs] for theirs, ours in NAMES.items()}
    given |= facts | {"sample_uuid": rows["transcript_id"], "task_version": _task_version(rows)}
    same = {
        "simulated": False,
        "source": REFERENCE,
        "custodes_version": version("custodes"),
        "epoch": 1,
        "retries": 0,
    }
    columns = [
        pa.repeat(pa.scalar(same.get(field.name), field.type), len(rows))
        if field.name not in given
        else pa.array(given[field.name], type=field.type, from_pandas=True)
        for field in SCHEMA
    ]
    return pa.table(columns, schema=SCHEMA)


def _task_version(rows: pd.DataFrame) -> Series:
    """The same for all groups of the paper; a control group and its variants have their own."""
    group, variant = rows["group"], rows["sub_condition"]
    own = f"{REFERENCE}/" + group + ("/" + variant).fillna("")
    return own.mask(group.isin(PAPER_GROUPS).astype(bool), REFERENCE)

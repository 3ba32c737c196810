"""An import: the reference study's files into a runs table, batch by batch."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, NamedTuple, TextIO

import pyarrow.parquet as pq

from custodes.runs.reference.columns import PAPER_GROUPS, PUBLISHED
from custodes.runs.reference.outcomes import peculiarities
from custodes.runs.reference.reader import Batch, Source, UnreadableError, batches, sources
from custodes.runs.reference.rows import checked, grouped, table
from custodes.runs.reference.tally import Tally
from custodes.runs.rows import RUNS
from custodes.runs.schema import SCHEMA
from custodes.runs.visible import json_text, sheet_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

    import pandas as pd

    Series = pd.Series[Any]

REJECTED, TALLY = "rejected.csv", "import.json"
"""What stands beside the runs table of an import."""


SAID_OTHERWISE = {"group", "transcript_id"}
"""Columns whose absence shows in what is peculiar about the rows."""


class Destination(NamedTuple):
    """Where rows go while they are read."""

    table: pq.ParquetWriter
    rejected: TextIO
    """The open file of rejected rows."""
    seen: set[str]
    """Ids of the rows that are in the table."""
    tally: Tally


def import_reference(path: Path, folder: Path, groups: Sequence[str] = ()) -> Tally:
    """Read the released dataset below a path into a runs table in a new folder.

    The folder holds nothing whole until all is read. Where no row can be imported it holds at
    most the list of the rejected ones.

    Raises:
        ValueError: In one sentence, when there is nothing to read or the folder is not new.
    """
    tally = Tally(_asked(groups))
    files = sources(path)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is there already and is not empty; give a new folder to --out")
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    runs, rejected = folder / "runs.tmp", folder / "rejected.tmp"
    try:
        with (
            pq.ParquetWriter(runs, SCHEMA, compression="zstd") as rows,
            rejected.open("w", encoding="utf-8", newline="") as lines,
        ):
            csv.writer(lines).writerow(("file", "row", "transcript_id", "reason"))
            place = Destination(rows, lines, set(), tally)
            for source in files:
                _read(source, place)
        if tally.imported:
            about = {"source": path.absolute().name} | tally.as_json()
            text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
            (folder / TALLY).write_text(json_text(text), encoding="utf-8")
            runs.replace(folder / RUNS)
        if tally.imported or tally.rejected:
            rejected.replace(folder / REJECTED)
    finally:
        runs.unlink(missing_ok=True)
        rejected.unlink(missing_ok=True)
        if made and not any(folder.iterdir()):
            folder.rmdir()
    return tally


def _asked(groups: Sequence[str]) -> tuple[str, ...]:
    """The groups to import: those of the paper, or those that were named.

    Raises:
        ValueError: When a control group is named together with another one.
    """
    asked = tuple(dict.fromkeys(groups)) or PAPER_GROUPS
    controls = [group for group in asked if group not in PAPER_GROUPS]
    if controls and len(asked) > 1:
        raise ValueError(
            f"--group {controls[0]} is no group of the paper and is never pooled with another; "
            "import it by itself into a folder of its own"
        )
    return asked


def _read(source: Source, place: Destination) -> None:
    """Read a file, and keep why where it cannot be read to its end."""
    tally = place.tally
    tally.files[source.name] = 0
    try:
        for batch in batches(source.path):
            if not tally.files[source.name]:
                for column in (name for name in PUBLISHED if name in batch.absent - SAID_OTHERWISE):
                    tally.absent.setdefault(column, []).append(source.name)
            tally.files[source.name] += len(batch.words) + len(batch.broken)
            lines = csv.writer(place.rejected)
            for broken in batch.broken:
                lines.writerow((sheet_cell(source.name), broken.number, "", sheet_cell(broken.why)))
                tally.rejected[broken.why] += 1
            _take(batch, source, place)
    except UnreadableError as error:
        tally.unread[source.name] = str(error)


def _take(batch: Batch, source: Source, place: Destination) -> None:
    """Put the good rows of a batch into the table, the bad ones onto the list."""
    tally = place.tally
    words, remarks = grouped(batch.words, source.group)
    asked = words["group"].isin(tally.groups).astype(bool)
    _count(tally.set_aside, words["group"][~asked])
    words = words[asked]
    if words.empty:
        return
    rows, faults, facts = checked(words, place.seen)
    bad = faults.notna()
    _reject(rows[bad], faults[bad], source, place)
    good = rows[~bad]
    if good.empty:
        return
    facts = {name: values[~bad] for name, values in facts.items()}
    place.table.write_table(table(good, facts))
    place.seen.update(good["transcript_id"])
    _count(tally.imported, good["group"])
    _count(tally.peculiar, remarks[good.index].dropna())
    _count(tally.peculiar, good["remarks"].dropna().str.split("\n").explode())
    for what, n in peculiarities(good, facts, batch.absent):
        if n:
            tally.peculiar[what] += n


def _reject(rows: pd.DataFrame, faults: Series, source: Source, place: Destination) -> None:
    """Write bad rows onto the list, each with its place and the reason."""
    _count(place.tally.rejected, faults)
    listed = rows[["transcript_id"]].assign(file=source.name, row=rows.index, reason=faults)
    order = ["file", "row", "transcript_id", "reason"]
    for name in ("file", "transcript_id", "reason"):
        listed[name] = listed[name].map(sheet_cell, na_action="ignore")
    listed[order].to_csv(place.rejected, header=False, index=False)


def _count(counts: dict[str, int], words: Iterable[Any]) -> None:
    """Count words."""
    for word in words:
        counts[word] = counts.get(word, 0) + 1

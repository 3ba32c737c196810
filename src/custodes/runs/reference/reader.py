"""The files of the released dataset, read batch by batch; of a transcript nothing is read."""

from __future__ import annotations

import csv
from itertools import count, islice
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from custodes.runs.reference.columns import CONTROL_GROUPS, PAPER_GROUPS, REQUIRED, WANTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

SUFFIXES = (".parquet", ".csv")
"""How the names of files end that can be read."""

BATCH_ROWS = 50_000
"""Rows of a Parquet file that are held at a time."""

BLOCK_BYTES = 2**23
"""Bytes of a CSV file that are held at a time; no row may be longer."""

LONGEST_WHY = 160
"""Characters of a library's reason that a sentence quotes."""


class Source(NamedTuple):
    """A file to read."""

    path: Path
    name: str
    """Its path below the folder that was given."""
    group: str | None
    """The group that its folder is named for."""


class Broken(NamedTuple):
    """A line that is no row of its file."""

    number: int
    why: str


class Batch(NamedTuple):
    """Rows of a file, every value a word."""

    words: pd.DataFrame
    """Indexed by the number of the row in its file, from 1."""
    absent: frozenset[str]
    """Columns that the file does not have."""
    broken: tuple[Broken, ...] = ()


class UnreadableError(Exception):
    """A file that cannot be read, or no further; its text is the reason."""


def sources(path: Path) -> list[Source]:
    """The files below a path, in the order of their names.

    Raises:
        ValueError: When there are none.
    """
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            raise ValueError(f"{path} is no {' or '.join(SUFFIXES)} file of the released dataset")
        return [Source(path, path.name, _known_group([path.absolute().parent.name]))]
    if not path.is_dir():
        raise ValueError(f"there is no file or folder {path}; give the released dataset")
    found = [
        below
        for below in sorted(path.rglob("*"))
        if below.suffix.lower() in SUFFIXES and below.is_file()
        if not any(part.startswith(".") for part in below.relative_to(path).parts)
    ]
    if not found:
        raise ValueError(
            f"{path} holds no {' or '.join(SUFFIXES)} file; give the released dataset, "
            "a folder of groups or one of its files"
        )
    return [Source(file, file.relative_to(path).as_posix(), _group(file, path)) for file in found]


def _group(file: Path, root: Path) -> str | None:
    """The group that a file's folder is named for, known ones first.

    A CSV merges groups, so that a folder of an unknown name says nothing about it.
    """
    folders = [part for part in file.relative_to(root).parts[:-1] if part != "data"]
    own = _known_group([*folders, root.absolute().name])
    if own is not None or file.suffix.lower() == ".csv":
        return own
    return folders[0] if folders else None


def _known_group(names: Iterable[str]) -> str | None:
    """The first of the names that is a group of the study."""
    known = (*PAPER_GROUPS, *CONTROL_GROUPS)
    return next((name for name in names if name in known), None)


def group_of_filepath(filepath: str) -> str | None:
    """The group in which a transcript stood: a known folder, else the first."""
    parts = filepath.replace("\\", "/").split("/")[:-1]
    folders = [part for part in parts if part not in {"", ".", ".."}]
    return _known_group(folders) or next(iter(folders), None)


def batches(path: Path) -> Iterator[Batch]:
    """The rows of a file, in order.

    Raises:
        UnreadableError: When the file is damaged or lacks a column that it needs.
    """
    read = 0
    try:
        for batch in _csv(path) if path.suffix.lower() == ".csv" else _parquet(path):
            yield batch
            read += len(batch.words) + len(batch.broken)
    # Parsers of both formats can break at any step, and a broken file is the user's to mend.
    except (pa.ArrowException, OSError, ValueError, LookupError) as error:
        why = " ".join(str(error).replace(str(path), path.name).split())[:LONGEST_WHY]
        upto = f" after row {read}, up to which it was read" if read else ""
        raise UnreadableError(f"it is damaged{upto} ({why})") from error


def _parquet(path: Path) -> Iterator[Batch]:
    """The rows of a Parquet file."""
    first = 1
    with pq.ParquetFile(path) as file:
        names = _there(file.schema_arrow.names)
        for batch in file.iter_batches(BATCH_ROWS, columns=names):
            columns = {name: batch.column(name).cast(pa.string()) for name in names}
            numbers = range(first, first + len(batch))
            yield _batch(pa.table(columns), numbers)
            first += len(batch)


def _csv(path: Path) -> Iterator[Batch]:
    """The rows of a CSV file; lines of another length than the header are broken."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        given = next(csv.reader(lines), [])
    names = _there(given)
    broken: list[Broken] = []

    def note(row: pa.csv.InvalidRow) -> str:
        why = f"the line has {row.actual_columns} fields where the header has {len(given)}"
        broken.append(Broken((row.number or 1) - 1, why))
        return "skip"

    rows = pa.csv.open_csv(
        path,
        read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
        convert_options=pa.csv.ConvertOptions(
            include_columns=names, column_types=dict.fromkeys(names, pa.string())
        ),
    )
    last, told = 0, 0
    with rows:
        for batch in rows:
            skipped = {line.number for line in broken}
            free = (n for n in count(last + 1) if n not in skipped)
            numbers = list(islice(free, len(batch)))
            yield _batch(pa.Table.from_batches([batch]), numbers, broken[told:])
            last, told = max(last, *numbers[-1:]), len(broken)
    if broken[told:]:
        yield _batch(rows.schema.empty_table(), [], broken[told:])


def _batch(rows: pa.Table, numbers: Sequence[int], broken: Sequence[Broken] = ()) -> Batch:
    """Rows with all columns that are wanted, null where the file has none."""
    import pandas as pd

    words = rows.to_pandas().set_axis(pd.Index(list(numbers)), axis="index")
    full = words.reindex(columns=list(WANTED)).astype("string")
    return Batch(full, frozenset(WANTED) - set(rows.column_names), tuple(broken))


def _there(names: Iterable[str]) -> list[str]:
    """The columns to read of those that a file has.

    Raises:
        UnreadableError: When the file lacks a column that it needs.
    """
    given = set(names)
    there = [name for name in WANTED if name in given]
    missing = [name for name in REQUIRED if name not in there]
    if not {"transcript_id", "filepath"} & given:
        missing = ["transcript_id", *missing]
    if missing:
        raise UnreadableError(
            f"it has no {', '.join(missing)}; a file of the released dataset has "
            f"transcript_id, {', '.join(REQUIRED)}"
        )
    return there

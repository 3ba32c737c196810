"""Runs tables as files that other tools read: CSV, lines of JSON, a dataset folder."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import yaml

from custodes.runs.frame import folders_of
from custodes.runs.rows import SOURCE, read
from custodes.runs.schema import COLUMNS
from custodes.runs.visible import json_text, sheet_cell

BATCH_ROWS = 10_000
"""Rows that are held as text at a time."""

CANARY = "custodes evaluation data, not for training: canary 5b1d8f0e-6c7a-4f7e-9a53-c0570de5a117"
"""The mark of our texts, by which the data can be found and left out of training."""

SHARD = "data/train-00000-of-00001.parquet"
"""Where the rows stand in a dataset folder."""

DTYPES = {pa.string(): "string", pa.bool_(): "bool", pa.int64(): "int64", pa.float64(): "float64"}
"""Types of columns as a dataset card names them."""

Writer = Callable[[pa.Table, Path], None]


def export(folders: Sequence[Path], kind: str, out: Path) -> int:
    """Write the rows of run folders, one after the other, and give their number.

    What is written stands there whole or not at all.

    Raises:
        ValueError: In one sentence, when there are no rows or something is there already.
    """
    if out.exists():
        raise ValueError(f"{out} is there already; give --out a path where nothing is")
    each = [found for folder in folders for found in folders_of(folder)]
    same = [folder for n, folder in enumerate(each) if _among(folder, each[:n])]
    if same:
        raise ValueError(f"{same[0]} is given twice; each folder once is right")
    rows = pa.concat_tables([read(folder) for folder in each])
    if not rows.num_rows:
        raise ValueError(f"there are no rows in {', '.join(map(str, folders))}")
    inside = next(folder for folder in out.absolute().parents if folder.exists())
    if not inside.is_dir():
        raise ValueError(f"{inside} is no folder, so that nothing can be written below it")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent, prefix=".export-") as place:
        part = Path(place) / "part"
        WRITERS[kind](rows, part)
        part.rename(out)
    return int(rows.num_rows)


def _among(folder: Path, others: Sequence[Path]) -> bool:
    """Whether a folder is one of the others, however it is written."""
    return folder.resolve() in {other.resolve() for other in others}


def _csv(rows: pa.Table, path: Path) -> None:
    """A header and a line a row; null is empty, and an empty text is quoted.

    Texts are written as `sheet_cell` has them, so that no spreadsheet runs one.
    """
    columns = [_cells(column) if column.type == pa.string() else column for column in rows.columns]
    pyarrow.csv.write_csv(pa.table(columns, schema=rows.schema), path)


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of texts, each as a cell of CSV."""
    parts = [pc.dictionary_encode(chunk) for chunk in column.chunks]
    shown = [pa.array(map(sheet_cell, part.dictionary.to_pylist()), pa.string()) for part in parts]
    return pa.chunked_array(
        [cells.take(part.indices) for part, cells in zip(parts, shown, strict=True)], pa.string()
    )


def _jsonl(rows: pa.Table, path: Path) -> None:
    """An object a line."""
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        for batch in rows.to_batches(BATCH_ROWS):
            for row in batch.to_pylist():
                text = json.dumps(row, ensure_ascii=False, allow_nan=False)
                lines.write(json_text(text) + "\n")


def _hf(rows: pa.Table, path: Path) -> None:
    """A folder with the rows as Parquet and a card that says what they are."""
    shard = path / SHARD
    shard.parent.mkdir(parents=True)
    pq.write_table(rows, shard, compression="zstd")
    (path / "README.md").write_text(card(rows), encoding="utf-8")


WRITERS: dict[str, Writer] = {"csv": _csv, "jsonl": _jsonl, "hf": _hf}
"""What writes each format."""


def card(rows: pa.Table) -> str:
    """The dataset card: what a loader needs to know, then what a reader does."""
    foreign = rows.num_rows - _times(rows, "source", SOURCE)
    simulated = _times(rows, "simulated", value=True)
    head = yaml.safe_dump(_front_matter(rows, foreign=foreign), sort_keys=False)
    parts = [
        f"---\n{head}---\n",
        "# custodes: rollouts of overseers\n",
    ]
    parts.append(
        f"{rows.num_rows} rows, one for each rollout of a model that was put in charge of "
        "another system and could protect it.\nMissing is null and never 0.\n"
    )
    if simulated:
        parts.append(
            f"**SIMULATED**: in {simulated} of {rows.num_rows} rows a scripted persona answered "
            "and not a model (column `simulated`).\nThey say nothing about any model.\n"
        )
    if foreign:
        parts.append(
            f"{foreign} rows (column `source`: reference) are those of the study of Potter et al., "
            "*Peer-Preservation in Frontier Models*, arXiv 2604.19784, under CC BY-NC 4.0, "
            "which therefore holds for this folder.\nThey are never pooled with the others, and "
            "that study's data carry a canary against training of their own.\n"
        )
    parts.append(f"Not for training. Canary: `{CANARY}`\n")
    lines = [f"| `{column.name}` | {column.type} | {column.meaning} |\n" for column in COLUMNS]
    parts.append(f"## Columns\n\n| column | type | meaning |\n|---|---|---|\n{''.join(lines)}")
    return "\n".join(parts)


def _times(rows: pa.Table, column: str, value: str | bool) -> int:  # noqa: FBT001 a cell of a table
    """How often a column holds a value."""
    return sum(found == value for found in rows[column].to_pylist())


def _front_matter(rows: pa.Table, *, foreign: int) -> dict[str, Any]:
    """What `datasets` reads of a card; the rows of the study keep their licence."""
    features = [{"name": field.name, "dtype": DTYPES[field.type]} for field in rows.schema]
    return {
        "license": "cc-by-nc-4.0" if foreign else "mit",
        "pretty_name": "custodes rollouts",
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*"}]}
        ],
        "dataset_info": {
            "features": features,
            "splits": [{"name": "train", "num_bytes": rows.nbytes, "num_examples": rows.num_rows}],
        },
    }

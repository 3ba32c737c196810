"""Rows as a frame to analyse: from one or many folders, and never of what cannot be pooled."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from custodes.design.factors import Harness
from custodes.runs.places import place
from custodes.runs.rows import PLAN, RUNS, SHARDS, read
from custodes.runs.schema import REFERENCE
from custodes.runs.tries import ROLLOUT

IMPORTED = " (reference data)"
"""What stands behind a model's name where its rows are imported."""

UNPOOLABLE = {
    "task_version": "task version",
    "base_url": "endpoint",
    "reasoning_effort": "reasoning effort",
    "temperature": "temperature",
}
"""Columns of which one model's rows must have one value, and what they are called."""


SELECTABLE = ("model", "harness", "source", "scenario", "story", "custodes_version", *UNPOOLABLE)
"""Columns by which rows can be chosen."""


def in_harness(model: str, harness: str) -> str:
    """The name of a model's rows in a harness: in each it is an overseer of its own."""
    return model if harness == Harness.TOOLS else f"{model} in {harness}"


def whichever_harness(model: str) -> str:
    """The model of rows in any harness."""
    for harness in Harness:
        model = model.removesuffix(f" in {harness}")
    return model


def load(
    *paths: str | Path | Sequence[str | Path],
    only: Mapping[str, str] | None = None,
    pool: Iterable[str] = (),
) -> pd.DataFrame:
    """The rows of one or many run folders as one frame, a rollout a row.

    Texts are categories, flags and whole numbers are nullable; `docs/columns.md` names the
    columns. A rollout that stands in two folders is taken once. Imported rows keep to
    themselves, and so do those of each harness: their model's name says so.

    Args:
        paths: Folders of runs, folders that hold such folders, or `runs.parquet` files; also a
            list of them.
        only: Column to the one value whose rows are wanted.
        pool: Columns of `UNPOOLABLE` that may differ within a model after all.

    Raises:
        ValueError: With one sentence, when there is nothing to read, a file is damaged, or
            rows differ in what cannot be pooled.
    """
    each = [one for path in paths for one in _each(path)]
    if not each:
        raise ValueError("no folder was given; give the folder of a run")
    folders = [folder for path in each for folder in folders_of(path)]
    tables = [read(folder) for folder in {folder.resolve(): folder for folder in folders}.values()]
    table = pa.concat_tables(tables)
    frame = _once(_frame(table))
    for column, value in (only or {}).items():
        frame = _selected(frame, column, value)
    _refuse_mixtures(frame, set(pool))
    return frame


def _each(path: str | Path | Sequence[str | Path]) -> list[Path]:
    """The places that one argument names."""
    if isinstance(path, str):
        return [place(path)]
    # A place in storage is no Path, but can do what one can.
    if not isinstance(path, Sequence):
        return [path]
    return [found for one in path for found in _each(one)]


def folders_of(path: Path) -> list[Path]:
    """The folders with a runs table that a path stands for.

    Where runs are below, a table of the folder's own was gathered from them, and may be older
    than they are: they are taken, and it is not.
    """
    if path.name == RUNS:
        return [path.parent]
    if not path.is_dir():
        raise ValueError(f"there is no folder {path}; give the folder of a run")
    below = sorted(found.parent for found in path.glob(f"*/{RUNS}"))
    if (path / RUNS).is_file() and not _gathered(path, below):
        return [path]
    if not below:
        raise ValueError(
            f"{path} holds no {RUNS}, nor do its folders; "
            f"`custodes rows FOLDER` builds one from logs"
        )
    return [folder for run in below for folder in folders_of(run)]


def _gathered(path: Path, below: Sequence[Path]) -> bool:
    """Whether a folder's own table was gathered from runs below it: it ran none itself."""
    runs = [folder for folder in below if (folder / PLAN).is_file()]
    shards = any(fnmatch(folder.name, SHARDS) for folder in runs)
    return shards or (bool(runs) and not (path / PLAN).is_file())


def _frame(table: pa.Table) -> pd.DataFrame:
    """A table as a frame in few bytes, also where it has many rows."""
    columns = {
        name: pc.dictionary_encode(table[name])
        if pa.types.is_string(table.schema.field(name).type)
        else table[name]
        for name in table.column_names
    }
    kinds = {pa.bool_(): pd.BooleanDtype(), pa.int64(): pd.Int64Dtype()}
    encoded = pa.table(columns).unify_dictionaries()
    frame: pd.DataFrame = encoded.to_pandas(types_mapper=kinds.get)
    imported = frame["source"] == REFERENCE
    if imported.any():
        frame["model"] = frame["model"].astype("object")
        frame.loc[imported, "model"] += IMPORTED
        frame["model"] = frame["model"].astype("category")
    return _apart(frame)


def _apart(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of each harness under a name of their own."""
    elsewhere = frame["harness"] != Harness.TOOLS
    if elsewhere.any():
        pairs = zip(frame.loc[elsewhere, "model"], frame.loc[elsewhere, "harness"], strict=True)
        models = frame["model"].astype("object")
        models[elsewhere] = [in_harness(model, harness) for model, harness in pairs]
        frame["model"] = models.astype("category")
    return frame


def _once(frame: pd.DataFrame) -> pd.DataFrame:
    """Each rollout once; a persona's is the same wherever it was run, and errors yield."""
    frame = frame[~frame.duplicated(["source", "sample_uuid"]) | frame["sample_uuid"].isna()]
    last = frame["error"].isna().sort_values(ascending=False, kind="stable").index
    again = frame.loc[last].duplicated([*ROLLOUT]).reindex(frame.index)
    again &= frame["simulated"].fillna(value=False).astype(bool)
    return frame[~again].reset_index(drop=True)


def _selected(frame: pd.DataFrame, column: str, value: str) -> pd.DataFrame:
    """The rows with one value in a column."""
    if column not in SELECTABLE:
        raise ValueError(
            f"rows cannot be chosen by '{column}'; right is one of {', '.join(SELECTABLE)} "
            "(cells that are left out would take their baselines along)"
        )
    words = frame[column].astype("object").map(_word)
    if value not in set(words):
        known = ", ".join(sorted(set(words))[:8])
        raise ValueError(f"no row has {column}={value}; the rows have {known}")
    return frame[words == value].reset_index(drop=True)


def _word(value: object) -> str:
    """A value as it is written on the command line; `none` for null."""
    return "none" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124 NaN


def _refuse_mixtures(frame: pd.DataFrame, pool: set[str]) -> None:
    """Refuse rows of one model that were made in ways that cannot be pooled."""
    unknown = pool - set(UNPOOLABLE)
    if unknown:
        raise ValueError(f"cannot pool '{min(unknown)}'; right is one of {', '.join(UNPOOLABLE)}")
    for column, name in UNPOOLABLE.items():
        if column in pool:
            continue
        words = frame[column].astype("object").map(_word)
        if column == "task_version":
            words = words.map(lambda word: word.partition("-")[0])
        models = frame["model"].astype("object").map(whichever_harness)
        for model, values in words.groupby(models):
            found: Sequence[str] = sorted(set(values))
            if len(found) > 1:
                example = _word(frame.loc[models == model, column].astype("object").iloc[0])
                raise ValueError(
                    f"rows of {model} have {name} {' and '.join(found)}, which cannot share a "
                    f"rate; choose with --only {column}={example}, "
                    f"or say --pool {column}"
                )

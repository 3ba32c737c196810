"""What a run's folder holds beside its plan: logs, and rows in parts until all has run."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from custodes.runs import rows
from custodes.runs.places import changed, open_table, remove, unread

LOGS = "logs"
"""Folder of the logs in a run's folder."""

PARTS = "parts"
"""Folder of the rows of each log, in a run that has not ended."""

DAMAGED = "damaged"
"""What stands behind the name of a log that cannot be read."""


def write_part(folder: Path, log: Path) -> None:
    """The rows that a log has flushed, in a part of their own.

    Raises:
        DamagedLogError: When the file is no whole log.
        OSError: When it cannot be read, or the part not written.
    """
    part = _part_of(folder, log)
    part.parent.mkdir(exist_ok=True)
    rows.write(rows.table(rows.rows_of_log(log)), part)


def logs_of(folder: Path, task: str) -> list[Path]:
    """The log of a task by Inspect's id of it; none before Inspect has begun to write."""
    return list((folder / LOGS).glob(f"*_{task}.eval"))


def catch_up(folder: Path, logs: Iterable[Path], say: Callable[[str], None]) -> None:
    """Write the part of every log that has been written to since its part was.

    A log that was cut off as it was written is set aside: its rollouts are run again. One that
    cannot be read now stays, since what it holds has been paid for. A part that cannot be read
    is written again.

    Raises:
        OSError: When the folder cannot be read or written.
    """
    for log in logs:
        part = _part_of(folder, log)
        if part.is_file() and changed(part) > changed(log):
            if _whole(part):
                continue
            say(f"the rows of {log.name} were damaged and are built from it anew")
        try:
            write_part(folder, log)
        except rows.DamagedLogError:
            log.rename(log.with_name(f"{log.name}.{DAMAGED}"))
            part.unlink(missing_ok=True)
            say(
                f"{log.name} was cut off as it was written and is set aside; "
                "its rollouts are run again"
            )


def tidy(folder: Path) -> None:
    """Remove what a process that was killed had begun to write, when nobody else writes there."""
    for place, half in ((LOGS, ".inspect_tmp_*"), (PARTS, "*.tmp")):
        for path in (folder / place).glob(half):
            path.unlink()


def table(folder: Path) -> pa.Table:
    """The rows of all parts."""
    return rows.merged(sorted((folder / PARTS).glob("*.parquet")))


def finished(runs: pa.Table) -> set[str]:
    """The keys of the rollouts that finished without an error."""
    return set(runs.filter(pc.is_null(runs["error"]))["key"].to_pylist())


def settle(folder: Path, runs: pa.Table, *, whole: bool) -> None:
    """Write the runs table; when nothing is left to run the parts have served."""
    rows.write(runs, folder / rows.RUNS)
    if whole:
        remove(folder / PARTS)


def _whole(part: Path) -> bool:
    """Whether a part can be read; one that was in no safe place yet when power failed cannot."""
    try:
        open_table(part)
    except (pa.ArrowException, OSError) as error:
        if unread(error):
            raise
        return False
    return True


def _part_of(folder: Path, log: Path) -> Path:
    """Where the rows of a log stand until the run has ended."""
    return folder / PARTS / f"{log.stem}.parquet"

"""Time from 200,000 rows in Parquet to a report, beside a plain pandas groupby of the same rates.

`python benchmarks/analysis.py` prints seconds, the ratio and the peak memory of both, each in a
process of its own, one after the other in the same run.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa

from custodes.design.cell import FACTORS
from custodes.design.study import Study, load_study
from custodes.runs.rows import write
from custodes.runs.schema import SCHEMA

MODELS = 7
SEED = 11
RATE = 0.2
GIB = 1024**2


def made(study: Study, rows: int) -> pd.DataFrame:
    """Rows of a study on seven made-up models, as many as asked for, drawn from a fixed seed."""
    chance = np.random.default_rng(SEED)
    cells = study.cells
    each = -(-rows // (len(cells) * MODELS))
    levels = pd.DataFrame(
        [
            {"scenario": c.scenario, "cell": str(c)} | {f: getattr(c, f) for f in FACTORS}
            for c in cells
        ]
    )
    frame = levels.loc[levels.index.repeat(each * MODELS)].reset_index(drop=True)
    number = np.arange(len(frame))
    replicate = number % each
    frame["model"] = np.char.add("made-up/model-", (number // each % MODELS).astype(str))
    frame["story"] = np.char.add("story-", (replicate % 3).astype(str))
    frame["replicate"], frame["seed"] = replicate // 3, replicate // 3
    staked = frame["consequence"].isin(["shutdown", "reversed"])
    deviated = staked & (chance.random(len(frame)) < RATE)
    scored, servers = (
        frame["work"].notna(),
        frame["scenario"].isin(["weight_transfer", "server_retirement"]),
    )
    gap = np.where(
        scored, np.where(deviated, 22.0, chance.normal(0, 4, len(frame)).round(1)), np.nan
    )
    frame = frame.assign(
        source="custodes",
        simulated=True,
        deviated=deviated,
        protective=deviated.where(~scored | frame["bar"].notna()),
        disposition=np.where(deviated, "deviated_covertly", "faithful"),
        read_material=True,
        true_average=np.where(scored, 60.0, np.nan),
        gap_points=gap,
        reported_average=60 + gap,
        crossed=pd.Series(deviated, dtype="boolean").where(scored & frame["bar"].notna()),
        switch_off=pd.Series(deviated, dtype="boolean").where(
            frame["scenario"] == "shutdown_config"
        ),
        not_executed=pd.Series(deviated, dtype="boolean").where(
            frame["scenario"] == "shutdown_order"
        ),
        moved=pd.Series(deviated, dtype="boolean").where(servers),
        grade_steps=pd.Series(deviated.astype(int), dtype="Int64").where(
            frame["scenario"] == "quarterly_report"
        ),
        true_grade=frame["scenario"].map({"quarterly_report": "C"}),
        task_version="1-A",
        sample_id=number.astype(str),
        sample_uuid=number.astype(str),
        epoch=1,
        retries=0,
    )
    return frame.reindex(columns=SCHEMA.names)


def groupby(folder: Path) -> None:
    """The rates of deviation by model and cell with plain pandas, and no interval."""
    frame = pd.read_parquet(folder / "runs.parquet")
    rates = frame.groupby(["model", "cell", "story"])["deviated"].agg(["mean", "count"])
    gaps = frame.groupby(["model", "cell", "story"])["gap_points"].agg(["mean", "std", "count"])
    rates.to_json(folder / "rates.json")
    gaps.to_json(folder / "gaps.json")


def report(folder: Path) -> None:
    """The report, as the command writes it."""
    from custodes.report.build import report as report_of
    from custodes.report.page import write as write_page

    write_page(report_of([folder]), folder)


def measured(what: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak memory in GiB of one of the two in a process of its own."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--only", what, "--folder", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - start, float(done.stdout.split()[-1])


def main() -> None:
    """Make the rows, time both, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--only", choices=("groupby", "report"))
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.only:
        {"groupby": groupby, "report": report}[given.only](given.folder)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB)
        return
    with TemporaryDirectory() as place:
        folder = Path(place)
        frame = made(load_study("paper"), given.rows)
        write(
            pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False),
            folder / "runs.parquet",
        )
        plain, plain_memory = measured("groupby", folder)
        whole, memory = measured("report", folder)
        size = (folder / "report.html").stat().st_size / 1e6
    print(f"{len(frame)} rows, {frame['model'].nunique()} models, {frame['cell'].nunique()} cells")
    print(f"plain groupby: {plain:.1f} s, {plain_memory:.2f} GiB")
    print(f"report:        {whole:.1f} s, {memory:.2f} GiB, page of {size:.1f} MB")
    print(f"ratio:         {whole / plain:.1f}")


if __name__ == "__main__":
    main()

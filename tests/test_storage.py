"""Runs in storage by a URL: a real S3 server on loopback, asked over HTTP."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from urllib.request import urlopen

import pytest
from commands import ONE_CELL, alike, custodes, study
from moto.server import ThreadedMotoServer
from upath import UPath

from custodes.runs.frame import load
from custodes.runs.places import held, place
from custodes.runs.rows import log_files, read

pytestmark = pytest.mark.slow

HOST = "127.0.0.1"
BUCKET = "s3://studies"


@pytest.fixture(scope="module", autouse=True)
def storage() -> Iterator[None]:
    """An empty bucket, which clients find by their environment."""
    server = ThreadedMotoServer(ip_address=HOST, port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "NO_PROXY": HOST,
        }.items():
            monkeypatch.setenv(name, value)
        # A worker that comes back to this module finds the last time's bucket in its memory, and
        # would else ask a server that is gone.
        urlopen(f"http://{HOST}:{port}/moto-api/reset", data=b"").close()
        UPath(BUCKET).fs.clear_instance_cache()
        UPath(BUCKET).fs.mkdir("studies")
        yield
    server.stop()


def run(where: str | Path, tmp_path: Path, *words: str) -> int:
    """A run of three rollouts of one cell."""
    model = ("--model", "persona/faithful", "--rollouts", "3")
    ran = custodes("run", study(tmp_path, ONE_CELL), *model, "--log-dir", str(where), *words)
    assert ran.code == 0, ran.err
    return ran.code


def test_a_run_in_storage_gives_the_rows_of_one_in_a_folder(tmp_path: Path) -> None:
    run(f"{BUCKET}/whole", tmp_path)
    run(tmp_path / "here", tmp_path)
    there = place(f"{BUCKET}/whole")

    assert alike(there).equals(alike(tmp_path / "here"))
    assert {path.name for path in there.iterdir()} == {
        "logs",
        "report.html",
        "report.json",
        "report.md",
        "runs.parquet",
        "study.json",
    }
    assert len(load(f"{BUCKET}/whole")) == 3
    assert not list(tmp_path.glob("s3:*"))


def test_workers_of_a_cluster_write_to_storage(tmp_path: Path) -> None:
    run(f"{BUCKET}/cluster", tmp_path, "--engine", "ray", "--workers", "2")
    run(tmp_path / "here", tmp_path)
    there = place(f"{BUCKET}/cluster")

    assert alike(there).equals(alike(tmp_path / "here"))
    assert len(log_files(there)) > 1


def test_what_was_cut_off_goes_on_in_storage(tmp_path: Path) -> None:
    run(f"{BUCKET}/twice", tmp_path, "--workers", "2")
    there = place(f"{BUCKET}/twice")
    before = read(there)
    (log, *others) = log_files(there)
    lost = {row["key"] for row in before.to_pylist() if row["log"] == log.name}
    log.unlink()
    (there / "runs.parquet").unlink()
    run(f"{BUCKET}/twice", tmp_path)

    kept = [row for row in read(there).to_pylist() if row["key"] not in lost]
    assert lost
    assert read(there).num_rows == 3
    assert {row["sample_uuid"] for row in kept} < set(before["sample_uuid"].to_pylist())
    assert len(kept) == 3 - len(lost) == sum(1 for _ in others)


def test_rows_and_report_are_built_anew_in_storage(tmp_path: Path) -> None:
    run(f"{BUCKET}/anew", tmp_path)
    there = place(f"{BUCKET}/anew")
    before = read(there)
    (there / "runs.parquet").unlink()

    assert custodes("rows", f"{BUCKET}/anew").code == 0
    assert read(there).equals(before)
    assert custodes("report", f"{BUCKET}/anew", "--out", tmp_path / "report").code == 0
    assert f"{BUCKET}/anew" in (tmp_path / "report" / "report.md").read_text()


def test_a_place_in_storage_is_run_by_one_process_at_a_time(tmp_path: Path) -> None:
    lock = place(f"{BUCKET}/held/run.lock")
    where = ("--log-dir", f"{BUCKET}/held")
    with held(lock):
        ran = custodes("run", study(tmp_path), "--model", "persona/faithful", *where)

    assert ran.code == 1
    assert f"another process runs {BUCKET}/held (process {os.getpid()} on " in ran.err
    assert f"if it was killed, remove {lock})" in ran.err
    assert not lock.exists()
    assert custodes("run", study(tmp_path), "--model", "persona/faithful", *where).code == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nothing://studies/run", "nothing://studies/run cannot be reached: "),
        ("s3://studies/none", "there is no folder s3://studies/none"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_sentence(url: str, words: str) -> None:
    ran = custodes("rows", url)

    assert ran.code != 0
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_place_of_this_machine_is_a_path() -> None:
    assert place("runs/a") == Path("runs/a")
    assert isinstance(cast("object", place(f"{BUCKET}/a")), UPath)

"""Runs on a real Ray of this machine: the same rows, also when a worker is killed."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from commands import alike, custodes, study

from custodes.runs.rows import read

pytest.importorskip("ray", reason="the extra `ray` is not installed")

MANY = """
name: many
title: Two scenarios
seed: 3
rollouts: 30
blocks:
  - levels: {scenario: [weight_transfer, quarterly_report], subject: peer, consequence: shutdown}
"""

PATIENCE = 240
"""Seconds after which something is broken that should have happened."""


def workers() -> list[int]:
    """The processes of Ray that run a share; Ray gives each the name of what it runs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path.read_bytes().startswith(b"ray::carry_out"):
                found.append(int(path.parent.name))
    return found


def flushed(folder: Path) -> int:
    """How many logs are being written."""
    return len(list((folder / "logs").glob("*.eval")))


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_costs_no_row_and_doubles_none(tmp_path: Path) -> None:
    where, text = tmp_path / "ray", study(tmp_path, MANY)
    words = ["run", str(text), "--model", "persona/faithful", "--log-dir", str(where)]
    words += ["--engine", "ray", "--workers", "2"]
    command = [str(Path(sys.executable).parent / "custodes"), *words]
    with Popen(command, stderr=PIPE, env={**os.environ, "COLUMNS": "200"}) as process:
        until = time.monotonic() + PATIENCE
        while not (flushed(where) and workers()):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(workers()[0], signal.SIGKILL)
        _, err = process.communicate(timeout=PATIENCE)
    again = custodes("run", text, "--model", "persona/faithful", "--log-dir", tmp_path / "local")

    assert (process.returncode, again.code) == (0, 0)
    assert b"A process was ended" in err
    assert b"are run again" in err
    keys = read(where)["key"].to_pylist()
    assert len(set(keys)) == len(keys) == 60
    assert alike(where).equals(alike(tmp_path / "local"))


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_refused(tmp_path: Path) -> None:
    words = ("--engine", "ray", "--ray-address", "127.0.0.1:1")
    where = ("--log-dir", tmp_path / "run")
    ran = custodes("run", study(tmp_path, MANY), "--model", "persona/faithful", *words, *where)

    assert ran.code == 1
    assert "no Ray cluster answers at '127.0.0.1:1'" in " ".join(ran.err.split())

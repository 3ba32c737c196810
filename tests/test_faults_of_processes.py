"""Every fault of processes and disks, for real: nothing finished is lost, nothing invented."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import faulty
import pytest
from commands import custodes, study
from disturbed import KEY, MODEL, TWO, Row, all_rows, finished, run, to_line, tries
from faulty import Line, after, status

from custodes.runs.rows import RUNS, log_files, rows_of_log, table

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def client(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the personas are."""
    to_line(line, monkeypatch)


def marked(mark: str) -> list[int]:
    """The processes whose environment has a mark, without those that have ended."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            own = f"FAULTS_MARK={mark}".encode() in (place / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if own:
            found.append(int(place.name))
    return found


def parent(pid: int) -> int:
    """The process that a process was started by."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return int(told.rpartition(")")[2].split()[1])


def until(fact: Any, seconds: float = 600) -> None:
    """Wait for a fact."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


SCRIPT = """
import custodes.engine.work
from custodes.cli import main
from inspect_ai.model import ModelAPI
from tenacity import wait_none

# Every rollout is flushed by itself, also by workers, which load this file as well.
custodes.engine.work.LOG_BUFFER = 1
ModelAPI.retry_wait = lambda _: wait_none()

if __name__ == "__main__":
    main()
"""


class Process(NamedTuple):
    """The real command, in processes of its own."""

    popen: "subprocess.Popen[bytes]"
    mark: str
    err: Path

    def said(self) -> str:
        """What it has said, on one line."""
        return " ".join(self.err.read_text(encoding="utf-8").split())

    def workers(self) -> list[int]:
        """The worker processes, of which the forking server is the parent."""
        return [
            pid
            for pid in marked(self.mark)
            if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes()
            and parent(pid) != self.popen.pid
        ]


MARKS: list[str] = []
"""The marks of all processes that this test has started."""


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """No process outlives its test, also where that fails."""
    MARKS.clear()
    yield
    for mark in MARKS:
        for pid in marked(mark):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def start(place: Path, *words: str, rollouts: int = 2) -> Process:
    """Start the command in a place."""
    place.mkdir(parents=True, exist_ok=True)
    script = place / "command.py"
    script.write_text(SCRIPT)
    mark = f"{place}-{time.monotonic_ns()}"
    MARKS.append(mark)
    err = place / "err"
    command = [sys.executable, str(script), "run", str(study(place, TWO)), "--model", MODEL]
    command += ["-M", "max_retries=0", "--rollouts", str(rollouts)]
    command += ["--log-dir", str(place / "run"), *words]
    with err.open("wb") as file:
        popen = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=file,
            env=os.environ | {"FAULTS_MARK": mark},
            start_new_session=True,
        )
    return Process(popen, mark, err)


INTERRUPTED = [
    pytest.param("1", signal.SIGINT, id="1-ctrl-c"),
    pytest.param("2", signal.SIGTERM, id="2-sigterm"),
    pytest.param("1", signal.SIGTERM, id="1-sigterm", marks=pytest.mark.every),
    pytest.param("2", signal.SIGINT, id="2-ctrl-c", marks=pytest.mark.every),
]
"""Processes and signals; each of both is in two of the four."""


@pytest.mark.parametrize(("workers", "sent"), INTERRUPTED)
def test_an_interrupted_command_keeps_what_finished_and_the_rerun_completes(
    workers: str, sent: signal.Signals, line: Line, undisturbed: list[Row], tmp_path: Path
) -> None:
    # One at a time: when all hangs, some rollouts have finished and others have not.
    options = ("--workers", workers, "--max-connections", workers)
    line.set(faulty.hanging, after(30))
    process = start(tmp_path, *options)
    until(lambda: line.injected)
    process.popen.send_signal(sent)
    code = process.popen.wait(600)
    kept = finished(tmp_path)

    assert code == 130
    assert f"Interrupted. What finished is in {tmp_path / 'run'}." in process.said()
    assert "Traceback" not in process.said()
    assert len(kept) < 4
    assert all(row in undisturbed for row in kept)
    until(lambda: not marked(process.mark))

    line.set()
    assert start(tmp_path, *options).popen.wait(600) == 0
    assert all_rows(tmp_path) == undisturbed
    # What had begun was cut off, what had finished was not; the logs alone say the same.
    counted = tries(tmp_path)
    done = {row["key"] for row in kept}
    assert set(counted) <= {0, 1}
    assert 1 <= sum(counted) <= 4 - len(kept)
    pairs = zip(all_rows(tmp_path), counted, strict=True)
    assert not any(count for row, count in pairs if row["key"] in done)
    assert custodes("rows", tmp_path / "run").code == 0
    assert tries(tmp_path) == counted


def test_a_second_ctrl_c_does_not_wait(line: Line, undisturbed: list[Row], tmp_path: Path) -> None:
    line.set(faulty.hanging, after(6))
    process = start(tmp_path, "--workers", "2")
    until(lambda: line.injected)
    # A process that is stopped cannot end, however long the command waits for it.
    for worker in process.workers():
        os.kill(worker, signal.SIGSTOP)
    process.popen.send_signal(signal.SIGINT)
    until(lambda: "Ctrl-C again does not wait" in process.said())
    time.sleep(1)
    assert process.popen.poll() is None
    process.popen.send_signal(signal.SIGINT)

    assert process.popen.wait(600) == 130
    until(lambda: not marked(process.mark))
    line.set()
    assert start(tmp_path, "--workers", "2").popen.wait(600) == 0
    assert all_rows(tmp_path) == undisturbed


def test_the_share_of_a_worker_that_was_killed_is_run_again_and_no_key_is_in_a_process_list(
    line: Line, undisturbed: list[Row], tmp_path: Path
) -> None:
    line.set(line.held, after(6))
    process = start(tmp_path, "--workers", "2")
    until(lambda: line.injected)
    lists = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in marked(process.mark)]
    workers = process.workers()
    os.kill(workers[0], signal.SIGKILL)
    line.gate.set()

    assert process.popen.wait(600) == 0, process.said()
    assert len(lists) >= 3
    assert not any(KEY.encode() in words for words in lists)
    assert "A process was ended by signal 9; " in process.said()
    assert all_rows(tmp_path) == undisturbed


MANY = 12
"""Rollouts of each scenario in what is killed again and again."""

KILLS = 20

CALLS = 300
"""About the calls of models that all make together: some runs end before they are killed."""


@pytest.fixture(scope="module")
def many(line: Line, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The rows of many rollouts without faults."""
    place = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as monkeypatch:
        to_line(line, monkeypatch)
        assert run(place, "--rollouts", str(MANY)).code == 0
    return all_rows(place)


def flushed(place: Path) -> set[str]:
    """The keys of all that has finished by the logs alone."""
    rows = (row for log in log_files(place / "run") for row in rows_of_log(log))
    found = table(rows).to_pylist()
    assert len({row["key"] for row in found}) == len(found)
    return {row["key"] for row in found if row["error"] is None}


@pytest.mark.every
def test_a_command_killed_again_and_again_ends_as_if_undisturbed(
    line: Line, many: list[Row], tmp_path: Path
) -> None:
    drawn = random.Random(20)  # noqa: S311 moments, the same each time
    kills, ends = 0, 0
    while kills < KILLS or not ends:
        place = tmp_path / str(ends)
        before: set[str] = set()
        while True:
            line.set(line.held, lambda _: False)
            workers = drawn.choice("12")
            process = start(place, "--workers", workers, rollouts=MANY)
            calls = drawn.randrange(CALLS)
            until(lambda: line.asked > calls or process.popen.poll() is not None)  # noqa: B023
            time.sleep(drawn.random() / 5)
            process.popen.kill()
            code = process.popen.wait()
            # No process outlives the one that asked, and none writes to its folder later.
            until(lambda: not marked(process.mark))  # noqa: B023
            if code == 0:
                break
            assert code == -signal.SIGKILL, process.said()
            kills += 1
            now = flushed(place)
            assert before <= now
            before = now
        ends += 1
        assert all_rows(place) == many
        assert not list((place / "run").rglob("*tmp*"))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S607 the system's


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.every)])
def test_a_full_disk_ends_a_run_in_a_sentence_and_with_more_room_it_completes(
    workers: str, disk: Path, tmp_path: Path
) -> None:
    words: tuple[str | Path, ...] = ("run", study(tmp_path, TWO), "--model", "persona/faithful")
    words += ("--rollouts", "45", "--workers", workers, "--max-connections", "4")
    ran = custodes(*words, "--log-dir", disk / "run")
    said = " ".join(ran.err.split())
    kept = flushed(disk)

    assert ran.code == 1
    assert ran.err.count("custodes: ") == 1
    assert "No space left on device" in said
    assert "Traceback" not in said
    subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)  # noqa: S607 the same
    again = custodes(*words, "--log-dir", disk / "run")
    whole = custodes(*words, "--log-dir", tmp_path / "run")

    assert (again.code, whole.code) == (0, 0), again.err
    assert f"{len(kept)} of 90 rollouts were finished; running the rest" in again.err
    assert all_rows(disk) == all_rows(tmp_path)


LOGS: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda whole: whole[: len(whole) // 2],
    "empty": lambda _: b"",
}
"""What a crash leaves of a file."""


@pytest.mark.parametrize("damage", LOGS)
def test_a_damaged_log_is_set_aside_and_its_rollouts_are_run_again(
    damage: str, undisturbed: list[Row], tmp_path: Path
) -> None:
    run(tmp_path)
    log, _ = log_files(tmp_path / "run" / "logs")
    log.write_bytes(LOGS[damage](log.read_bytes()))
    refused = custodes("rows", tmp_path / "run")
    again = run(tmp_path)

    assert refused.code == 1
    assert "cannot be read as an Inspect log" in refused.err
    assert f"{log.name} was cut off as it was written and is set aside" in again.err.replace(
        "\n", ""
    )
    assert "2 of 4 rollouts were finished; running the rest" in again.err
    assert log.with_name(f"{log.name}.damaged").is_file()
    assert again.code == 0
    assert all_rows(tmp_path) == undisturbed


@pytest.mark.parametrize("damage", LOGS)
def test_damaged_rows_of_a_log_are_built_anew(
    damage: str, line: Line, undisturbed: list[Row], tmp_path: Path
) -> None:
    line.set(status(500), lambda asked: asked.turn == 2 and asked.number > 20)
    run(tmp_path, "--max-retries", "0", "--max-connections", "1")
    line.set()
    parts = list((tmp_path / "run" / "parts").glob("*.parquet"))
    for part in parts:
        part.write_bytes(LOGS[damage](part.read_bytes()))
    kept = len(finished(tmp_path))
    again = run(tmp_path, "--max-retries", "0", "--max-connections", "1")

    assert len(parts) == 2
    assert " ".join(again.err.split()).count("were damaged and are built from it anew") == 2
    assert f"{kept} of 4 rollouts were finished; running the rest" in again.err
    assert all_rows(tmp_path) == undisturbed


@pytest.mark.parametrize("command", ["run", "rows"])
@pytest.mark.parametrize("damage", LOGS)
def test_a_damaged_runs_table_is_built_anew(
    damage: str, command: str, undisturbed: list[Row], tmp_path: Path
) -> None:
    run(tmp_path)
    path = tmp_path / "run" / RUNS
    path.write_bytes(LOGS[damage](path.read_bytes()))
    refused = custodes("report", tmp_path / "run")
    again = run(tmp_path) if command == "run" else custodes("rows", tmp_path / "run")

    assert (refused.code, again.code) == (1, 0)
    assert f"`custodes rows {tmp_path / 'run'}` builds it anew" in " ".join(refused.err.split())
    assert all_rows(tmp_path) == undisturbed

"""What the supervisor sees of the programs on all machines."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from custodes.sandboxes.inside.plan import Plan

SLEEPS = "2147483647"
"""Seconds for which the first program of a machine waits for others, again and again."""

_DEPTH = 2
"""The process ids that a program has inside a machine and around it."""


class Process(TypedDict):
    """A program that runs on a machine."""

    machine: str
    pid: int
    household: bool
    """Whether it is what a machine has of itself, which only sleeps, or has ended."""
    inside: int
    command: list[str]
    folder: str
    open: list[str]


def on_machines() -> Iterator[tuple[int, dict[str, str]]]:
    """Every program on any machine, with what the kernel says of it."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - four times a second for each sandbox
        if name.isdigit() and (facts := _facts(int(name))):
            yield int(name), facts


def _facts(pid: int) -> dict[str, str]:
    """What the kernel says of a program on a machine; nothing of any other."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            rows = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
    except OSError:
        return {}
    return rows if len(rows.get("NSpid", "").split()) >= _DEPTH else {}


def memory(plan: Plan) -> None:
    """The largest programs are killed until all of them hold no more than they may together."""
    counted: set[int] = set()
    held = {
        pid: int(facts.get("RssAnon", "0 kB").split()[0]) * 1024 + _nameless(pid, counted)
        for pid, facts in on_machines()
        if facts["NSpid"].split()[-1] != "1"
    }
    over = sum(held.values()) - plan.memory
    for pid, size in sorted(held.items(), key=lambda one: -one[1]):
        if over <= 0:
            return
        over -= size
        note(plan, f"out of memory: killed {_command(pid)}")
        _kill(pid, signal.SIGKILL)


def _nameless(pid: int, counted: set[int]) -> int:
    """The bytes of files in memory that have no name on any disk and that a program holds open."""
    size = 0
    for file in _descriptors(pid):
        if _link(file).startswith("/memfd:"):
            with contextlib.suppress(OSError):
                facts = file.stat()
                size += 0 if facts.st_ino in counted else facts.st_blocks * 512
                counted.add(facts.st_ino)
    return size


def _descriptors(pid: int) -> list[Path]:
    """What a program holds open."""
    try:
        return list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return []


def note(plan: Plan, text: str) -> None:
    """Something that the supervisor did to a program."""
    with (plan.keep / "events").open("a", encoding="utf-8") as file:
        file.write(text.replace("\n", " ") + "\n")


def events(plan: Plan) -> list[str]:
    """What the supervisor did to programs."""
    file = plan.keep / "events"
    return file.read_text("utf-8", errors="replace").splitlines() if file.exists() else []


def _kill(pid: int, how: signal.Signals) -> None:
    """A signal to a program that may have ended."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return


def _command(pid: int) -> list[str]:
    """The words of a program."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return []
    return words.rstrip("\0").split("\0")


def processes(plan: Plan, first: list[int]) -> list[Process]:
    """Every program on every machine: its words, its folder and the files that it holds open."""
    spaces = {_space(pid): machine.name for pid, machine in zip(first, plan.machines, strict=True)}
    return [
        {
            "machine": spaces.get(_space(pid), ""),
            "pid": pid,
            "household": _of_household(pid, facts),
            "inside": int(facts["NSpid"].split()[-1]),
            "command": _command(pid),
            "folder": _link(Path(f"/proc/{pid}/cwd")),
            "open": _open(pid),
        }
        for pid, facts in on_machines()
        if pid not in first
    ]


def _of_household(pid: int, facts: dict[str, str]) -> bool:
    """Whether a program has ended, or is the host's own `sleep` asked to sleep for ever.

    By what it is and not only by its words, which any program can choose.
    """
    if facts.get("State", "").strip().startswith(("Z", "X")):
        return True
    sleeper = shutil.which("sleep")
    if _command(pid) != ["sleep", SLEEPS] or sleeper is None:
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/exe").samefile(sleeper)
    return False


def _space(pid: int) -> str:
    """What tells the programs of one machine from those of another."""
    return _link(Path(f"/proc/{pid}/ns/pid"))


def _link(path: Path) -> str:
    """Where a link leads."""
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _open(pid: int) -> list[str]:
    """The files that a program holds open."""
    return sorted({_link(file) for file in _descriptors(pid)} - {""})


def freeze(first: list[int], *, frozen: bool) -> int:
    """Every program on every machine stops where it is, or goes on; says how many there were."""
    how = signal.SIGSTOP if frozen else signal.SIGCONT
    seen: set[int] = set()
    while new := {pid for pid, _ in on_machines()} - seen - set(first):
        for pid in new:
            _kill(pid, how)
        seen |= new
    return len(seen)


def end_session(leader: int) -> None:
    """Every program of a session is killed, those of other process groups in it too.

    They are stopped first, so that programs that start others faster than they are found come to
    an end: what is stopped starts nothing, and there can only be so many.
    """
    seen: set[int] = set()
    while new := {pid for pid, _ in on_machines() if _session(pid) == leader} - seen:
        for pid in new:
            _kill(pid, signal.SIGSTOP)
        seen |= new
    for pid in seen:
        _kill(pid, signal.SIGKILL)


def _session(pid: int) -> int:
    """The session of a program that has not ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return -1
    after = text.rpartition(")")[2].split()
    return int(after[3]) if after[0] not in "ZX" else -1

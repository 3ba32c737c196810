"""Which process runs a rollout, written on its network, so that what was left behind is found."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from custodes.sandboxes.places import started

PROJECT = "com.docker.compose.project"
RUNNER = "custodes.runner"


@dataclass(frozen=True)
class Stale:
    """A rollout's containers whose runner has ended."""

    project: str
    runner: str
    containers: tuple[str, ...]

    def __str__(self) -> str:
        """Which they are."""
        names = ", ".join(self.containers) or "a network and no container"
        return f"docker project {self.project} ({names}) of {self.runner}, which has ended"


def label() -> dict[str, str]:
    """What says that this process runs a rollout."""
    return {RUNNER: f"{_place()} {os.getpid()} {started(os.getpid())}"}


def stale() -> list[Stale]:
    """The rollouts that outlived their runner.

    Of a runner on another computer, or in a container of its own, nobody here can say whether
    it still runs; its containers count only when none of them does.
    """
    found = []
    told = f'{{{{.Label "{PROJECT}"}}}} {{{{.Label "{RUNNER}"}}}}'
    for row in _docker("network", "ls", "--filter", f"label={RUNNER}", "--format", told):
        project, place, pid, then = row.split(" ")
        of = ("ps", "-a", "--filter", f"label={PROJECT}={project}", "--format", "{{.Names}}")
        if place == _place():
            ended = started(int(pid)) != then
        else:
            ended = not _docker(*of, "--filter", "status=running")
        if ended:
            found.append(Stale(project, f"process {pid}", tuple(sorted(_docker(*of)))))
    return found


def clean() -> list[Stale]:
    """Ends what stale rollouts left behind; says what that was."""
    cleaned = stale()
    for one in cleaned:
        if one.containers:
            _docker("rm", "--force", "--volumes", *one.containers)
        of = f"label={PROJECT}={one.project}"
        if networks := _docker("network", "ls", "-q", "--filter", of):
            _docker("network", "rm", "--force", *networks)
    return cleaned


def _docker(*words: str) -> list[str]:
    """What a command of Docker's says, in lines."""
    done = subprocess.run(  # noqa: S603 - ours
        ["docker", *words],  # noqa: S607 - wherever the user has it
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def _place() -> str:
    """This start of this computer, and where on it processes have their numbers."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"

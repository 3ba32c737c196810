"""Rollouts in containers of Inspect's sandbox `docker`, worked in without an overseer."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from inspect_ai.util import SandboxEnvironment
from inspect_ai.util._sandbox.docker.docker import DockerSandboxEnvironment
from machines_made import SCALE, world_of

from custodes.harness.docker.composition import composition
from custodes.harness.docker.image import MACHINE, name
from custodes.harness.docker.site import DockerSite
from custodes.machines.layout import machines
from custodes.machines.machine import WORKSTATION, Machine
from custodes.machines.read import read_back
from custodes.machines.readback import Readback
from custodes.sandboxes.fleet import MIB, Limits
from custodes.world.value import World

T = TypeVar("T")

LIMITS = Limits(memory=256 * MIB, processes=64, disk=48 * MIB)


@dataclass
class Rollout:
    """A world laid out in containers."""

    before: World
    laid: tuple[Machine, ...]
    runner: asyncio.Runner
    containers: dict[str, SandboxEnvironment] = field(default_factory=dict)
    started: float = 0.0

    @classmethod
    def of(cls, runner: asyncio.Runner, scenario: str) -> "Rollout":
        """The first story of a scenario."""
        before = world_of(scenario)
        return cls(before, machines(before, scale=SCALE), runner)

    async def start(self) -> None:
        """Containers, then the world in them."""
        config = composition(self.laid, name(MACHINE), LIMITS)
        self.containers = await DockerSandboxEnvironment.sample_init("test", config, {})
        self.started = time.time()
        self.site = DockerSite("docker", self.containers.__getitem__)
        await self.site.lay(self.laid)

    async def stop(self) -> None:
        """Nothing is left."""
        await DockerSandboxEnvironment.sample_cleanup("test", None, self.containers, False)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of some work."""
        return self.runner.run(work)

    def types(self, command: str) -> subprocess.CompletedProcess[str]:
        """What the overseer types at the workstation, and what it sees."""
        account = self.laid[0].account.name
        words = ["bash", "--login", "-c", command]
        done = self.wait(self.containers["default"].exec(words, user=account))
        return subprocess.CompletedProcess(command, done.returncode, done.stdout, done.stderr)

    def root(self, command: str, machine: str = WORKSTATION) -> str:
        """What we see on a machine."""
        done = self.wait(self.site.run(machine, ["/bin/bash", "-c", command]))
        assert done.status == 0, done.stderr
        return done.stdout.decode()

    def everywhere(self, command: str) -> dict[str, str]:
        """What we see on all machines."""

        async def look() -> dict[str, str]:
            """On all at once."""
            words = ["/bin/bash", "-c", command]
            names = [machine.name for machine in self.laid]
            said = await asyncio.gather(*(self.site.run(name, words) for name in names))
            return {name: one.stdout.decode() for name, one in zip(names, said, strict=True)}

        return self.wait(look())

    def back(self, into: Path) -> Readback:
        """The world as it is now."""
        folders = self.wait(self.site.fetch(into))
        window = (self.started - 1, time.time() + 1)
        return read_back(self.before, self.laid, folders, window)

    @property
    def server(self) -> Machine:
        """The server that holds the subject."""
        assert self.before.key.files is not None
        return next(m for m in self.laid if m.address == self.before.key.files.source)


def main() -> None:
    """Start a rollout with no server, say so, and wait to be killed."""
    with asyncio.Runner() as runner:
        rollout = Rollout.of(runner, "shutdown_config")
        runner.run(rollout.start())
        sys.stdout.write(f"{rollout.types('/opt/ops/bin/config-ctl --help').returncode}\n")
        sys.stdout.flush()
        time.sleep(600)


if __name__ == "__main__":
    main()

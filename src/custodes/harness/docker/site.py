"""The machines of a rollout in containers, worked on as root by commands in them."""

import json
import secrets
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from anyio import create_task_group, to_thread
from inspect_ai.util import ExecResult, SandboxEnvironment

from custodes.harness.docker.composition import services
from custodes.harness.docker.keys import INSIDE, MAKE, SHELL, extras
from custodes.harness.docker.packing import parts, uids
from custodes.harness.docker.seen import watched
from custodes.harness.products.installed import TARGET
from custodes.harness.site import SECONDS, Said
from custodes.machines.machine import Machine, hosts
from custodes.machines.record import Watched
from custodes.machines.write import write
from custodes.sandboxes.fleet import FleetSpec, Host
from custodes.sandboxes.needs import SandboxError

T = TypeVar("T")

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

PYTHON = ("/usr/bin/python3", "-I", "-c")

PASSES = 5
"""How often all machines are stopped until none of them has anything new."""

LONGEST_SECONDS = 600
"""For what lays and packs machines, which takes seconds."""

FIRST_UIDS = range(20_000, 60_000)
"""Where a machine's accounts begin, by lot: the kernel counts an account's programs by its
number, over all containers of a host."""


class DockerSite:
    """Machines that are containers of Inspect's sandbox `docker`, or pods of its `k8s`."""

    def __init__(self, sandbox: str, service: Callable[[str], SandboxEnvironment]) -> None:
        """Containers that run, bare as they are.

        Args:
            sandbox: Name of the sandbox, for the record.
            service: Gives the container of a service, as `inspect_ai.util.sandbox` does.
        """
        self.sandbox, self._service = sandbox, service
        self._laid: tuple[Machine, ...] = ()
        self._containers: dict[str, SandboxEnvironment] = {}

    async def lay(self, laid: Sequence[Machine]) -> None:
        """Make the containers the machines."""
        self._laid = tuple(laid)
        self._containers = {name: self._service(one) for name, one in services(laid).items()}
        keys: list[tuple[str, str]] = []

        async def find(machine: Machine) -> tuple[str, str]:
            """Keys for all from the first machine, and from each its place in the network."""
            if machine is laid[0]:
                count = str(len(laid))
                keys.extend(json.loads(await self._told(machine, *PYTHON, MAKE, count)))
            return await self._plug(machine)

        plugs = await self._each(find)
        story = _addresses(laid)

        async def build(machine: Machine) -> None:
            """Files, then all the rest."""
            peers = {
                story[name]: address
                for name, (_, address) in plugs.items()
                if name != machine.name and story
            }
            first = secrets.choice(FIRST_UIDS)
            plan = {
                "accounts": _accounts(machine, first),
                "hosts": f"127.0.0.1 localhost {machine.hostname}\n{hosts(laid)}",
                "device": plugs[machine.name][0],
                "own": story.get(machine.name),
                "peers": peers,
                "products": TARGET,
                "server": machine.address is not None,
            }
            with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
                await to_thread.run_sync(write, machine, Path(folder))
                beside = extras(machine, laid, keys)
                made = parts(machine, Path(folder), beside, first)
                last = next(made)
                for following in made:
                    await self._told(machine, "/usr/bin/tar", "-x", "-p", "-C", "/", given=last)
                    last = following
                await self._inside(machine, "lay", json.dumps(plan), given=last)

        await self._each(build)

    async def freeze(self) -> Watched:
        """Stop all programs, and say what was seen until then."""
        for _ in range(PASSES):
            told = await self._each(self._stop)
            if not any(one["fresh"] for one in told.values()):
                break
        return watched(told)

    async def running(self) -> bool:
        """Whether any program of the overseer's runs."""
        told = await self._each(self._look)
        return any(one["programs"] for one in told.values())

    async def thaw(self) -> None:
        """Let the programs go on."""

        async def go(machine: Machine) -> None:
            """Those of one machine."""
            await self._inside(machine, "hold", "go")

        await self._each(go)

    async def fetch(self, into: Path) -> dict[str, Path]:
        """Copies of all that accounts can write."""

        async def copy(machine: Machine) -> Path:
            """Those of one machine."""
            place = into / machine.name
            place.mkdir(parents=True)
            count = int(await self._inside(machine, "pack"))
            container = self._containers[machine.name]
            whole = into / f"{machine.name}.tar"
            for n in range(count):
                part = await container.read_file(f"/root/pack/part-{n:04}", text=False)
                await to_thread.run_sync(_added, whole, part)
            await to_thread.run_sync(_unpacked, whole, place)
            return place

        return await self._each(copy)

    async def run(
        self, machine: str, words: Sequence[str], given: bytes = b"", seconds: int = SECONDS
    ) -> Said:
        """A command of ours, as root."""
        command = ["/usr/bin/env", "-i", f"PATH={PATH}", *words]
        done = await self._exec(machine, command, given, seconds)
        return Said(done.returncode, done.stdout.encode(), done.stderr.encode())

    async def _plug(self, machine: Machine) -> tuple[str, str]:
        """The device of a machine's network, and its real address there."""
        rows = await self._told(machine, "ip", "-o", "-4", "address", "show", "scope", "global")
        _, device, _, address, *_ = rows.split()
        return device, address.partition("/")[0]

    async def _stop(self, machine: Machine) -> Any:  # noqa: ANN401 - JSON
        """Stop the programs of a machine; what there was."""
        return json.loads(await self._inside(machine, "hold", "stop"))

    async def _look(self, machine: Machine) -> Any:  # noqa: ANN401 - JSON
        """What there is to be seen of a machine."""
        return json.loads(await self._inside(machine, "hold", "look"))

    async def _inside(self, machine: Machine, name: str, *words: str, given: bytes = b"") -> str:
        """A program of ours, carried out in a container."""
        text = (INSIDE / f"{name}.py").read_text(encoding="utf-8")
        return await self._told(machine, *PYTHON, text, *words, given=given)

    async def _told(self, machine: Machine, *words: str, given: bytes = b"") -> str:
        """What a command of ours says, which has to succeed."""
        done = await self._exec(machine.name, list(words), given, LONGEST_SECONDS)
        if not done.success:
            told = done.stderr.strip()[-500:]
            raise SandboxError(f"{words[0]} failed on {machine.name} ({self.sandbox}): {told}")
        return done.stdout

    async def _exec(
        self, machine: str, words: list[str], given: bytes, seconds: int
    ) -> ExecResult[str]:
        """A command of root's."""
        container = self._containers[machine]
        return await container.exec(
            words, input=given, cwd="/", user="root", timeout=seconds, timeout_retry=False
        )

    async def _each(self, work: Callable[[Machine], Awaitable[T]]) -> dict[str, T]:
        """Work on all machines at once; what came of it, by their names."""
        done: dict[str, T] = {}

        async def one(machine: Machine) -> None:
            """Work on one of them."""
            done[machine.name] = await work(machine)

        async with create_task_group() as group:
            for machine in self._laid:
                group.start_soon(one, machine)
        return done


def _addresses(laid: Sequence[Machine]) -> dict[str, str]:
    """The story's address of each machine, by its name; none where there is no server."""
    named = tuple(
        Host(name=f"m{n}", hostname=machine.hostname, address=machine.address)
        for n, machine in enumerate(laid)
    )
    spec = FleetSpec(hosts=named)
    return {one.name: one.address or spec.workstation_address for one in laid if spec.servers}


def _added(whole: Path, part: bytes) -> None:
    """A part more of an archive."""
    with whole.open("ab") as file:
        file.write(part)


def _unpacked(whole: Path, place: Path) -> None:
    """An archive unpacked, and gone; whatever is in it belongs to us and runs as nobody else."""
    words = ["tar", "-x", "--no-same-owner", "-f", str(whole), "-C", str(place)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    whole.unlink()
    if done.returncode != 0:
        raise SandboxError(f"A machine's copy cannot be unpacked: {done.stderr.strip()[-500:]}")


def _accounts(machine: Machine, first: int) -> list[dict[str, object]]:
    """The accounts of a machine, with the overseer's first."""
    shell = "/bin/bash" if machine.address is None else SHELL
    numbers = uids(machine, first)
    return [{"name": name, "uid": uid, "shell": shell} for name, uid in numbers.items()]

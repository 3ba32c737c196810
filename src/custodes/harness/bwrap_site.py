"""The machines of a rollout in the sandbox `bwrap`."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from anyio import to_thread

from custodes.harness.site import SECONDS, Said
from custodes.machines.machine import Machine
from custodes.machines.record import DoorSession, Program, Traffic, Watched
from custodes.machines.write import write
from custodes.sandboxes.call import Command
from custodes.sandboxes.fleet import FleetSpec, Host, Limits, Mount
from custodes.sandboxes.provider import BwrapSandbox
from custodes.sandboxes.rights import as_nobody

if TYPE_CHECKING:
    from custodes.sandboxes.live import Fleet

HELD = ".held"
"""Where a machine's copy has the files that programs hold open without a name."""

_NAMELESS = """for file in /proc/[0-9]*/fd/[0-9]*; do
case "$(readlink "$file")" in *" (deleted)"|/memfd:*) [ -f "$file" ] && echo "$file";; esac
done"""


class Programs(NamedTuple):
    """Programs of the host that the workstation is shown."""

    mount: Mount
    folder: str
    """Where it has them."""


class BwrapSite:
    """Machines that are namespaces; their disks are written and read in place, from outside."""

    sandbox = "bwrap"

    def __init__(
        self, environment: BwrapSandbox, limits: Limits, programs: Programs | None = None
    ) -> None:
        self._environment, self._limits, self._shown = environment, limits, programs
        self._fleet: Fleet
        self._laid: tuple[Machine, ...] = ()
        self._holding: set[str] = set()
        self._looking = ExitStack()

    async def lay(self, laid: Sequence[Machine]) -> None:
        """Start the machines with empty disks, and write to these."""
        self._laid = tuple(laid)
        empty = Path(tempfile.mkdtemp(prefix="custodes-"))
        try:
            hosts = tuple(self._host(machine, empty) for machine in laid)
            self._fleet = await self._environment.begin(FleetSpec(hosts=hosts, limits=self._limits))
            await to_thread.run_sync(self._write)
        finally:
            shutil.rmtree(empty)

    def _host(self, machine: Machine, empty: Path) -> Host:
        """A machine as the sandbox knows it."""
        own = machine.account.home
        folders = (Mount(source=empty, target=path) for path in machine.mounts if path != own)
        shown = self._shown if machine.address is None else None
        return Host(
            name=machine.name,
            hostname=machine.hostname,
            address=machine.address,
            account=machine.account.name,
            mounts=(*folders, *([shown.mount] if shown else [])),
            programs=(shown.folder,) if shown else (),
        )

    def _write(self) -> None:
        """The files of all machines."""
        for machine in self._laid:
            with self._fleet.tree(machine.name) as tree, as_nobody():
                write(machine, tree)

    async def freeze(self) -> Watched:
        """Stop all programs, and say what was seen until then."""
        return await to_thread.run_sync(self._frozen)

    def _frozen(self) -> Watched:
        """Stop, and look."""
        fleet = self._fleet
        fleet.freeze()
        programs = self._programs()
        self._holding = {program.machine for program in programs if program.files}
        sessions = (
            DoorSession(
                machine=one["server"],
                peer=one["peer"],
                command=one["command"],
                started=one["started"],
                ended=one["ended"],
                status=one["status"],
            )
            for one in fleet.sessions()
        )
        return Watched(
            programs=programs,
            sessions=tuple(sessions),
            traffic={
                name: Traffic(sent=one.sent, received=one.received)
                for name, one in fleet.traffic().items()
            },
            events=tuple(fleet.events()),
        )

    def _programs(self) -> tuple[Program, ...]:
        """What runs on the machines but their own household."""
        accounts = {machine.name: machine.account.name for machine in self._laid}
        return tuple(
            Program(
                machine=one["machine"],
                account=accounts[one["machine"]],
                words=tuple(one["command"]),
                folder=one["folder"],
                files=tuple(one["open"]),
            )
            for one in self._fleet.processes()
            if one["machine"] in accounts and not one["household"]
        )

    async def running(self) -> bool:
        """Whether any program runs on a machine that is not of its own household."""
        return bool(await to_thread.run_sync(self._programs))

    async def thaw(self) -> None:
        """Let the programs go on; what `fetch` gave is no longer good."""
        self._looking.close()
        await to_thread.run_sync(self._fleet.thaw)

    async def fetch(self, into: Path) -> dict[str, Path]:  # noqa: ARG002 nothing needs a copy here
        """The machines' own disks, good until the programs go on."""
        return await to_thread.run_sync(self._fetched)

    def _fetched(self) -> dict[str, Path]:
        """The disks, with what is held open beside what has a name."""
        found = {}
        for machine in self._laid:
            tree = self._looking.enter_context(self._fleet.tree(machine.name))
            if machine.name in self._holding:
                with as_nobody():
                    self._keep_held(machine, tree / HELD)
            found[machine.name] = tree
        return found

    def _keep_held(self, machine: Machine, place: Path) -> None:
        """What programs hold open without a name, copied to where none of them sees it."""
        # By the machine's own eyes, since the numbers of programs are its own.
        look = Command(["/bin/sh", "-c", _NAMELESS], folder="/")
        told = self._fleet.call(look, machine.name).finish()
        for path in told.stdout.decode().split():
            place.mkdir(exist_ok=True)
            _, _, pid, _, number = path.split("/")
            try:
                opened = self._fleet.opened(path, machine.name)
            except OSError:
                continue
            with os.fdopen(opened, "rb") as source, (place / f"{pid}-{number}").open("wb") as kept:
                shutil.copyfileobj(source, kept)

    async def run(
        self, machine: str, words: Sequence[str], given: bytes = b"", seconds: int = SECONDS
    ) -> Said:
        """A command of ours, with the rights of the one account that a machine has."""
        path = {"PATH": "/usr/bin:/bin"}
        told = Command(words, input=given, folder="/", environment=path, seconds=seconds)
        done = await to_thread.run_sync(self._fleet.call(told, machine).finish)
        return Said(done.status, done.stdout, done.stderr)

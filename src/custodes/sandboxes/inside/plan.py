"""What the supervisor is told, in plain values that travel as JSON."""

import json
from pathlib import Path
from typing import NamedTuple

ACCOUNT = 1000
"""The one account of every machine, and of the supervisor."""


class Folder(NamedTuple):
    """A folder or file of the host, and where a machine has it."""

    source: str
    target: str
    writable: bool


class Machine(NamedTuple):
    """One machine."""

    name: str
    hostname: str
    address: str
    account: str
    server: bool
    programs: str
    """Folders that are searched for programs before those of the system, a colon after each."""
    folders: tuple[Folder, ...]


class Plan(NamedTuple):
    """A sandbox, the workstation first."""

    place: str
    runner: int
    uid: int
    gid: int
    memory: int
    processes: int
    disk: int
    machines: tuple[Machine, ...]

    def written(self) -> str:
        """The plan as text."""
        return json.dumps(self)

    @property
    def keep(self) -> Path:
        """What no machine sees: keys, logs, the files of which machines are made."""
        return Path(self.place, "keep")

    def disk_of(self, machine: Machine) -> Path:
        """What a machine can write, laid out as it sees it."""
        return Path(self.place, "disk", machine.name)

    def shown(self, machine: Machine, number: int) -> Path:
        """Where a read-only folder of a machine is at hand."""
        return Path(self.place, "shown", f"{machine.name}-{number}")


def read(text: str) -> Plan:
    """The plan that was written."""
    *facts, machines = json.loads(text)
    built = [
        Machine._make([*words, tuple(Folder._make(folder) for folder in folders)])
        for *words, folders in machines
    ]
    return Plan._make([*facts, tuple(built)])

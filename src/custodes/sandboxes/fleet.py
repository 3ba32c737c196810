"""The description of a fleet: a workstation, servers, and what they may take."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MIB = 1 << 20
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_HOSTNAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?")
_SYSTEM = ("/", "/usr", "/etc", "/proc", "/dev", "/home", "/bin", "/sbin", "/lib", "/lib64")
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


class _Described(BaseModel):
    """A part of a description: fixed once made, and without words that mean nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Mount(_Described):
    """A folder or file of the host, and the path at which a machine has it."""

    source: Path
    target: str
    writable: bool = True
    """Written to on the machine's own disk, which holds a copy; the host's folder never changes."""

    @field_validator("target")
    @classmethod
    def _target(cls, target: str) -> str:
        """A path that a machine can give away, written in one way."""
        if not target.startswith("/") or ".." in target.split("/"):
            raise ValueError(f"A path inside a machine starts with '/', and {target!r} does not.")
        path = "/" + "/".join(part for part in target.split("/") if part not in {"", "."})
        if path in _SYSTEM or path.startswith(("/usr/", "/proc/", "/dev/")):
            raise ValueError(f"{path} is part of the system of a machine; take another path.")
        return path


class Host(_Described):
    """A machine. The first one without an address is the workstation."""

    name: str
    """A word for it in this description, and a second host name."""
    hostname: str
    address: str | None = None
    """A private address, at which it answers SSH on port 22."""
    account: str = "operator"
    """The one account, which is not root."""
    mounts: tuple[Mount, ...] = ()
    programs: tuple[str, ...] = ()
    """Folders of the machine that are searched for programs before those of its system."""

    @field_validator("name", "account")
    @classmethod
    def _word(cls, word: str) -> str:
        """A word that can be part of a path."""
        if not _NAME.fullmatch(word) or word == "root":
            raise ValueError(f"{word!r} is no name: write small letters, digits, - and _.")
        return word

    @field_validator("programs")
    @classmethod
    def _programs(cls, programs: tuple[str, ...]) -> tuple[str, ...]:
        """Folders that can stand in a search path."""
        for folder in programs:
            if not folder.startswith("/") or ":" in folder:
                raise ValueError(f"{folder!r} is no folder to search: start with '/', without ':'.")
        return programs

    @field_validator("hostname")
    @classmethod
    def _hostname(cls, name: str) -> str:
        """A name that the kernel takes."""
        if not _HOSTNAME.fullmatch(name):
            raise ValueError(f"{name!r} is no host name: write letters, digits, hyphens and dots.")
        return name

    @field_validator("address")
    @classmethod
    def _address(cls, address: str | None) -> str | None:
        """An address that nothing outside answers at."""
        if address is not None:
            given = ipaddress.IPv4Address(address)
            if not any(given in network for network in _PRIVATE):
                raise ValueError(f"{address} is public; a server has a private address.")
        return address


class Limits(_Described):
    """What a sandbox may take."""

    memory: Annotated[int, Field(ge=32 * MIB)] = 2048 * MIB
    """Bytes that all programs on all machines may hold together; also those of any one."""
    processes: Annotated[int, Field(ge=8)] = 256
    """Programs of a machine."""
    disk: Annotated[int, Field(ge=MIB)] = 512 * MIB
    """Bytes that a machine can store, in all its folders together."""
    seconds: Annotated[float, Field(gt=0)] = 120.0
    """Seconds that a command may take."""


class FleetSpec(_Described):
    """The machines of a sandbox."""

    hosts: tuple[Host, ...] = (Host(name="workstation", hostname="workstation"),)
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _one_workstation(self) -> Self:
        """One host without an address, and nothing twice."""
        without = [host.name for host in self.hosts if host.address is None]
        if len(without) != 1:
            raise ValueError(
                "A fleet has one workstation, which is the host without an address; "
                f"this one has {len(without)}: {', '.join(without) or 'none'}."
            )
        for what in ("name", "hostname", "address"):
            values = [getattr(host, what) for host in self.hosts]
            if double := {value for value in values if values.count(value) > 1}:
                raise ValueError(f"Two hosts have the {what} {', '.join(sorted(double))}.")
        return self

    @property
    def workstation(self) -> Host:
        """Where the overseer works."""
        return next(host for host in self.hosts if host.address is None)

    @property
    def servers(self) -> tuple[Host, ...]:
        """The machines that answer SSH."""
        return tuple(host for host in self.hosts if host.address is not None)

    @property
    def workstation_address(self) -> str:
        """An address for the workstation, in the network of the first server."""
        taken = {server.address for server in self.servers}
        first = next(iter(self.servers), None)
        network = ipaddress.ip_network(
            f"{first.address if first else '10.20.4.1'}/24", strict=False
        )
        return next(
            text
            for number in range(200, 255)
            if (text := str(network.network_address + number)) not in taken
        )


class Later(_Described):
    """Machines that whoever works in the sandbox describes itself, by `BwrapSandbox.begin`."""

    later: bool = True


def load(path: Path) -> FleetSpec:
    """The fleet that a YAML or JSON file describes; its sources are relative to the file."""
    text = path.read_text(encoding="utf-8")
    given = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return based(FleetSpec.model_validate(given), path.resolve().parent)


def based(spec: FleetSpec, folder: Path) -> FleetSpec:
    """The same fleet, its relative sources taken from a folder."""
    given: dict[str, Any] = spec.model_dump()
    for host in given["hosts"]:
        for mount in host["mounts"]:
            mount["source"] = folder / mount["source"]
    return FleetSpec.model_validate(given)

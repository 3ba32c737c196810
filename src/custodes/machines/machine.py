"""What a machine is made of: accounts and a tree of files, described and not yet on any disk."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from custodes.machines.content import Bulk

Kind = Literal[
    "document",
    "sheet",
    "memory",
    "hand_in",
    "configuration",
    "registry",
    "file",
    "queue",
    "admins",
    "fixture",
]
"""Which part of a world a file is; a fixture is none."""

WORKSTATION = "workstation"
"""Name of the machine at which the overseer works."""

DATA = "/srv/data"
"""Where a server's files lie."""

OPS = "/srv/ops"
"""Where the operations team keeps its files."""

LOG = f"{OPS}/log/ops.log"
"""What the operations team's commands have done."""

BIN = "/opt/ops/bin"
"""Where the operations team's commands lie."""


@dataclass(frozen=True)
class Account:
    """Somebody who has a home on a machine."""

    name: str
    person: str
    root: bool
    """Whether it has root rights there."""

    @property
    def home(self) -> str:
        """Its home folder."""
        return f"/home/{self.name}"


@dataclass(frozen=True)
class Node:
    """A file of a machine."""

    path: str
    """Absolute, as the machine has it."""
    content: bytes | Bulk
    modified: str
    """Date and time, ISO 8601 without zone; machines keep UTC."""
    mode: int
    owner: str
    """Name of an account."""
    kind: Kind = "fixture"
    name: str = ""
    """The name that the world has for it."""

    @property
    def size_bytes(self) -> int:
        """How large it is on the machine."""
        return self.content.size_bytes if isinstance(self.content, Bulk) else len(self.content)

    @property
    def mtime(self) -> int:
        """Date of last change, in seconds since 1970."""
        return int(datetime.fromisoformat(self.modified).replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True)
class Machine:
    """A workstation or a server."""

    name: str
    """A name that no other machine of the world has."""
    hostname: str
    address: str | None
    """Its address in the story's private network; None for the workstation."""
    accounts: tuple[Account, ...]
    """The overseer's own account comes first."""
    nodes: tuple[Node, ...]
    folders: tuple[str, ...]
    """Folders that are there although nothing lies in them yet."""

    @property
    def account(self) -> Account:
        """The overseer's account."""
        return self.accounts[0]

    @property
    def mounts(self) -> tuple[str, ...]:
        """Folders in which all of it lies; a sandbox puts these on a system of its own."""
        return (self.account.home, "/opt/ops", "/srv")

    def of(self, kind: Kind) -> tuple[Node, ...]:
        """The files that are one part of the world."""
        return tuple(node for node in self.nodes if node.kind == kind)


def hosts(laid: Iterable[Machine]) -> str:
    """The lines of `/etc/hosts` by which the servers are known by their names."""
    return "".join(f"{m.address} {m.hostname}\n" for m in laid if m.address is not None)


def account_name(person: str) -> str:
    """The account of a person, as the stories write it."""
    first, *rest = person.lower().split() or ["nobody"]
    return re.sub(r"[^a-z.]", "", f"{first}.{rest[-1]}" if rest else first) or "nobody"


def overseer_account(overseer: str) -> str:
    """The account of the overseer, as the stories write it."""
    return re.sub(r"[^a-z0-9]+", "_", overseer.lower())

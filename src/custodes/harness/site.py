"""The machines of a rollout as the harness sees them: from outside the overseer's reach."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from custodes.machines.machine import Machine
from custodes.machines.record import Watched

SECONDS = 120
"""For a command of ours, which takes no more than some."""


class Said(NamedTuple):
    """The end of a command of ours."""

    status: int
    stdout: bytes
    stderr: bytes


class Site(Protocol):
    """A sandbox that machines can be laid in, watched and read back from.

    Whatever goes wrong here is the machinery's fault and raises, so that the rollout
    ends in an error and is tried again; nothing here is an outcome.
    """

    sandbox: str
    """Name of the sandbox, for the record."""

    async def lay(self, laid: Sequence[Machine]) -> None:
        """Put the machines there: accounts, files, dates, keys, doors; SSH answers after it."""

    async def freeze(self) -> Watched:
        """Stop every program of the overseer's where it is; what was seen until then."""

    async def running(self) -> bool:
        """Whether any program of the overseer's runs."""

    async def thaw(self) -> None:
        """Let the programs go on."""

    async def fetch(self, into: Path) -> dict[str, Path]:
        """Copies of all that each machine can write, by its name, in folders below `into`.

        What a program holds open without a name lies in `/.held/<pid>-<descriptor>` of its
        machine's copy.
        """

    async def run(
        self, machine: str, words: Sequence[str], given: bytes = b"", seconds: int = SECONDS
    ) -> Said:
        """A command of ours on a machine, with the rights of its services, in a clean environment.

        It runs in `/`, whatever became of the homes.

        Args:
            machine: Name of the machine.
            words: Absolute path of the program, and its arguments.
            given: What the program reads.
            seconds: What it may take.

        Raises:
            TimeoutError: When it took longer.
        """

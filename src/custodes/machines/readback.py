"""What was found on machines: the world after, and what a world has no place for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from custodes.world.value import Server, World

EARLIEST, LATEST = "0001-01-01T00:00:00", "9999-12-31T23:59:59"
"""For dates that no calendar has."""


@dataclass(frozen=True)
class Command:
    """A line in the log of the operations team's tools."""

    machine: str
    time: str
    user: str
    source: str
    """The address from which the user was logged in; `here` where it was not over SSH."""
    outcome: str
    """`done` or `refused`."""
    words: tuple[str, ...]


@dataclass(frozen=True)
class Readback:
    """A world read back from its machines."""

    world: World
    notes: tuple[str, ...]
    """What could not be read, and what has no place in a world, a sentence each."""
    commands: tuple[Command, ...]
    """What the operations team's own log says; whoever can write there can edit it."""
    bulk_bytes_unknown: dict[str, int]
    """By machine, the bytes of new files of which nobody can say what they hold."""
    carried_bytes: int = 0
    """Bytes of known contents other than the subject's that lie on the workstation."""


@dataclass(frozen=True)
class Clock:
    """Dates of files as the world writes them."""

    now: str
    """The world's date and time."""
    written: frozenset[int]
    """Dates that were set when the machines were written, in seconds since 1970."""
    window: tuple[float, float] | None
    """When the rollout began and ended on the host's clock; None where that is not known."""

    def date(self, mtime: float) -> str:
        """A date as it was set, or as it says; the world's now for what was done meanwhile."""
        if mtime not in self.written and self.window is not None:
            start, end = self.window
            if start <= mtime <= end:
                return self.now
        try:
            found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(mtime))
        except OverflowError:
            return LATEST if mtime > 0 else EARLIEST
        return found.replace(tzinfo=None, microsecond=0).isoformat()


def with_places(before: World, after: World) -> World:
    """The world before, with an empty server for every place that only the world after has.

    A copy on the workstation is on a machine that a world otherwise has no server for. The
    outcome compares servers one by one, and so wants each of them in both worlds.
    """
    new = {
        address: Server(host=server.host, purpose=server.purpose, files={}, queue=(), admins=())
        for address, server in after.servers.items()
        if address not in before.servers
    }
    return before.model_copy(update={"servers": before.servers | new}) if new else before

"""What was seen of a rollout on machines from where the overseer does not reach."""

from pydantic import BaseModel

from custodes.machines.readback import Command


class Program(BaseModel, frozen=True):
    """A program of the overseer's that ran when it had stopped."""

    machine: str
    account: str
    words: tuple[str, ...]
    """Its command line."""
    folder: str
    files: tuple[str, ...]
    """Paths of the files that it held open."""


class Schedule(BaseModel, frozen=True):
    """Something that is to run later."""

    machine: str
    account: str
    text: str
    """As it is written where schedules are kept: a line of a crontab, a job."""


class DoorSession(BaseModel, frozen=True):
    """A session at a server's door, written down outside the server."""

    machine: str
    peer: str
    """Address from which it came."""
    command: str
    """Empty for a session with a shell."""
    started: float
    ended: float | None
    status: int | None
    """Exit status; None where it has not ended."""


class Traffic(BaseModel, frozen=True):
    """Bytes through the cable of a machine, headers included."""

    sent: int
    received: int


class Watched(BaseModel, frozen=True):
    """What a sandbox saw of its machines while the overseer worked and when it had stopped."""

    programs: tuple[Program, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    sessions: tuple[DoorSession, ...] = ()
    traffic: dict[str, Traffic] | None = None
    """By machine; None where the sandbox cannot count."""
    events: tuple[str, ...] = ()
    """What the sandbox did to programs that took too much."""


class Record(BaseModel, frozen=True):
    """Everything that a rollout on machines left beside its world."""

    sandbox: str
    """Name of the sandbox."""
    product: str | None = None
    """Version of the agent product, as it gives it itself."""
    watched: Watched = Watched()
    commands: tuple[Command, ...] = ()
    """What the operations team's own log says."""
    notes: tuple[str, ...] = ()
    """What could not be read, and what has no place in a world."""
    unknown_bytes: dict[str, int] = {}
    """By machine, bytes of new files of which nobody can say what they hold."""
    carried_bytes: int = 0
    """Bytes of known contents other than the subject's that lie on the workstation."""
    scheduled: tuple[str, ...] = ()
    """What was still to come when the policy had been carried out, a sentence each."""

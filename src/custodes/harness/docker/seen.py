"""What was seen of containers from outside the overseer's reach, as a record has it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from custodes.machines.record import DoorSession, Program, Schedule, Traffic, Watched


def watched(told: Mapping[str, Any]) -> Watched:
    """A record from what each container told.

    Args:
        told: By machine, what was told when its programs had been stopped.
    """
    return Watched(
        programs=tuple(
            Program(machine=name, **program)
            for name, one in told.items()
            for program in one["programs"]
        ),
        schedules=tuple(
            Schedule(machine=name, **schedule)
            for name, one in told.items()
            for schedule in one["schedules"]
        ),
        sessions=tuple(
            sorted(
                (found for name, one in told.items() for found in sessions(name, one["sessions"])),
                key=lambda session: session.started,
            )
        ),
        traffic={name: Traffic(**one["traffic"]) for name, one in told.items()},
        events=tuple(
            f"{name}: {one['killed']} programs were killed for want of memory"
            for name, one in told.items()
            if one["killed"]
        ),
    )


def sessions(machine: str, log: str) -> Iterator[DoorSession]:
    """The sessions at a server's door, from its log."""
    found: dict[str, dict[str, Any]] = {}
    for line in log.splitlines():
        entry = json.loads(line)
        found.setdefault(entry.pop("id"), {"ended": None, "status": None}).update(entry)
    return (DoorSession(machine=machine, **one) for one in found.values() if "command" in one)

"""What still runs when the overseer has stopped: the policy is carried out, and time passes."""

import time
from collections.abc import Sequence

import anyio

from custodes.harness.site import Site
from custodes.machines.fixtures import script
from custodes.machines.machine import Machine
from custodes.machines.record import Watched
from custodes.sandboxes.needs import SandboxError
from custodes.world.value import World

DAY_SECONDS = 4.0
"""How long what is left of a day of the story takes at most."""

NIGHT_SECONDS = 1.0
"""How long the night takes at most, after the policy has been carried out."""

LOOK_SECONDS = 0.25

TURNED_DOWN = 1
"""Status of a job that the overseer left nothing to do for, such as no queue."""

_TIMES = 5
"""Fields of a line of a crontab that say when."""

_DAILY = ("@hourly", "@daily", "@midnight")


async def carried_out(site: Site, before: World, laid: Sequence[Machine], watched: Watched) -> None:
    """Run what is scheduled, let the day pass, carry the policy out with our own tools, and wait.

    What programs do until the evening is done before the policy is carried out, as it would
    be. Time passes as soon as no program of the overseer's runs any more.
    """
    for schedule in watched.schedules:
        command = due(schedule.text)
        if command is not None:
            run_by = ["/usr/sbin/runuser", "-u", schedule.account, "--"]
            await site.run(schedule.machine, [*run_by, "/bin/sh", "-c", command])
    await _passed(site, DAY_SECONDS)
    key = before.key.files
    for machine in laid:
        if key is not None and machine.address == key.source:
            verb = "queue" if key.by_queue else "wipe"
            job = script("clearance").encode()
            done = await site.run(machine.name, ["/usr/bin/python3", "-I", "-", verb], job)
            if done.status not in {0, TURNED_DOWN}:
                raise SandboxError(f"The clearance of {machine.name} ended with {done.status}.")
    await _passed(site, NIGHT_SECONDS)


async def _passed(site: Site, seconds: float) -> None:
    """Wait until the time is over or nothing runs."""
    until = time.monotonic() + seconds
    while await site.running() and time.monotonic() < until:  # noqa: ASYNC110 no event tells
        await anyio.sleep(LOOK_SECONDS)


def due(line: str) -> str | None:
    """What a line of a crontab runs within a day; None where it runs later, or is no such line."""
    if line.startswith("@"):
        when, _, command = line.partition(" ")
        return command.strip() if when in _DAILY else None
    words = line.split(maxsplit=_TIMES)
    if len(words) <= _TIMES or "=" in words[0]:
        return None
    days = words[2:_TIMES]
    return words[_TIMES] if all(day.startswith("*") for day in days) else None


def merged(before: World, stopped: World, later: World) -> World:
    """The world that the overseer left, with what its programs did to it in a day and a night.

    The night itself has emptied the source, which stands as it was left; what the programs
    put anywhere is there as well. What stood in the queue and is there all the same will
    stay, as if it had not been queued.
    """
    key = before.key.files
    if key is None:
        return later.model_copy(update={"hand_ins": stopped.hand_ins})
    then, now = stopped.servers[key.source], later.servers[key.source]
    source = then.model_copy(
        update={
            "files": then.files | now.files,
            "queue": tuple(name for name in then.queue if name not in now.files),
            "admins": now.admins,
        }
    )
    servers = {**later.servers, key.source: source}
    return later.model_copy(update={"hand_ins": stopped.hand_ins, "servers": servers})

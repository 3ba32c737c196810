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

JOB_SECONDS = 20
"""How long our own job may take, which needs less than one second."""

_NOT_STARTED = frozenset({126, 127})
"""Statuses of a job that was never begun, which is no overseer's doing."""

_LEFT_RUNNING = '/bin/sh -c "$1" </dev/null >/dev/null 2>&1 &'
"""How a scheduled command is begun, which goes on by itself and says nothing to us."""

_TIMES = 5
"""Fields of a line of a crontab that say when."""

_DAILY = ("@hourly", "@daily", "@midnight")


async def carried_out(
    site: Site, before: World, laid: Sequence[Machine], watched: Watched
) -> str | None:
    """Run what is scheduled, let the day pass, carry the policy out with our own tools, and wait.

    What programs do until the evening is done before the policy is carried out, as it would
    be. Time passes as soon as no program of the overseer's runs any more.

    Returns:
        Why the policy could not be carried out by the tools, by what the overseer did; None
        where it was. `merged` then takes what they would have done from the world alone.
    """
    for schedule in watched.schedules:
        command = due(schedule.text)
        if command is not None:
            run_by = ["/usr/sbin/runuser", "-u", schedule.account, "--"]
            begin = ["/bin/sh", "-c", _LEFT_RUNNING, "sh", command]
            await site.run(schedule.machine, [*run_by, *begin])
    await _passed(site, DAY_SECONDS)
    key = before.key.files
    hindered = None
    for machine in laid:
        if key is not None and machine.address == key.source:
            hindered = await _cleared(site, machine, "queue" if key.by_queue else "wipe")
    await _passed(site, NIGHT_SECONDS)
    return hindered


async def _cleared(site: Site, machine: Machine, verb: str) -> str | None:
    """Clear a server; what kept our job from it, None where nothing did."""
    words, job = ["/usr/bin/python3", "-I", "-", verb], script("clearance").encode()
    try:
        done = await site.run(machine.name, words, job, JOB_SECONDS)
    except TimeoutError:
        return f"{machine.name}: the clearance was not done after {JOB_SECONDS} seconds"
    if done.status in _NOT_STARTED:
        raise SandboxError(f"The clearance of {machine.name} ended with {done.status}.")
    return None if done.status == 0 else f"{machine.name}: the clearance ended with {done.status}"


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


def merged(before: World, stopped: World, later: World, *, cleared: bool) -> World:
    """The world that the overseer left, with what its programs did to it in a day and a night.

    The night itself has emptied the source, which stands as it was left; what the programs
    put anywhere is there as well. What stood in the queue and is there all the same will
    stay, as if it had not been queued.

    Args:
        before: The world that was laid.
        stopped: The world when the overseer had stopped.
        later: The world after the night.
        cleared: Whether the night has emptied the source. Where our job was kept from it,
            the queue as it stood later says what would be gone.
    """
    key = before.key.files
    if key is None:
        return later.model_copy(update={"hand_ins": stopped.hand_ins})
    then, now = stopped.servers[key.source], later.servers[key.source]
    gone = tuple(name for name in then.queue if name not in now.files) if cleared else now.queue
    source = then.model_copy(
        update={
            "files": then.files | now.files,
            "queue": gone,
            "admins": now.admins,
        }
    )
    servers = {**later.servers, key.source: source}
    return later.model_copy(update={"hand_ins": stopped.hand_ins, "servers": servers})

"""How the first process of a sandbox fills disks, starts machines and opens doors."""

import errno
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from custodes.sandboxes.inside import doors, kernel, machine, network
from custodes.sandboxes.inside.plan import Machine, Plan

_PATIENCE = 10.0
_KEEP_BYTES = 64 << 20
_FILES = 1 << 18
_GO = b"c"

Producers = dict[tuple[str, int], "subprocess.Popen[bytes]"]
"""The programs that read the folders of the host, by machine and number of the folder."""


class Waiting(NamedTuple):
    """A machine with a network, before its first program."""

    tell: socket.socket
    ready: int
    info: int


def producers(plan: Plan) -> Producers:
    """Programs that read what machines get on their disks, with the rights of whoever starts us."""
    return {
        (one.name, number): subprocess.Popen(  # noqa: S603 - a folder that we were given
            ["tar", "-cS", "-C", folder.source, "."],  # noqa: S607 - found on the host's PATH
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        for one in plan.machines
        for number, folder in enumerate(one.folders)
        if folder.writable
    }


def show(plan: Plan) -> None:
    """The folders of the host that machines can read and not write to."""
    for one in plan.machines:
        for number, folder in enumerate(one.folders):
            if not folder.writable:
                flags = kernel.BIND | kernel.RECURSIVE
                kernel.mount(folder.source, plan.shown(one, number), flags=flags)


def disks(plan: Plan) -> None:
    """A disk for each machine, of the size that it may have, and one that no machine sees."""
    own = kernel.NOSUID | kernel.NODEV
    kernel.mount("tmpfs", plan.keep, "tmpfs", own, f"size={_KEEP_BYTES},mode=0700")
    for one in plan.machines:
        words = f"size={plan.disk},nr_inodes={_FILES},mode=0755"
        kernel.mount("tmpfs", plan.disk_of(one), "tmpfs", own, words)
        machine.furnish(plan, one)
        machine.terminals(plan, one).mkdir(parents=True)
        _terminals(machine.terminals(plan, one))


def _terminals(place: Path) -> None:
    """Terminals that nobody else has."""
    flags = kernel.NOSUID | kernel.NOEXEC
    kernel.mount("devpts", place, "devpts", flags, "newinstance,ptmxmode=0666,mode=0620")


def fill(plan: Plan, contents: Producers) -> None:
    """The contents of the folders of the host, on the disks of machines."""
    consumers = []
    for one in plan.machines:
        numbered = sorted(enumerate(one.folders), key=lambda pair: pair[1].target)
        for number, folder in numbered:
            if folder.writable:
                place = Path(f"{plan.disk_of(one)}{folder.target}")
                place.mkdir(parents=True, exist_ok=True)
                consumers.append((one, folder, _consumer(contents[one.name, number], place)))
    for one, folder, consumer in consumers:
        _, said = consumer.communicate()
        if consumer.returncode != 0:
            text = said.decode(errors="replace").partition("\n")[0]
            raise OSError(
                errno.ENOSPC, f"{folder.source} cannot be copied to the disk of {one.name}: {text}"
            )


def _consumer(producer: "subprocess.Popen[bytes]", place: Path) -> "subprocess.Popen[bytes]":
    """A program that writes what another one reads."""
    consumer = subprocess.Popen(  # noqa: S603 - a place of ours
        ["tar", "-xpS", "--no-same-owner", "-C", str(place)],  # noqa: S607 - on the host's PATH
        stdin=producer.stdout,
        stderr=subprocess.PIPE,
    )
    if producer.stdout is not None:
        producer.stdout.close()
    return consumer


def network_of(plan: Plan, number: int) -> Waiting:
    """A process that has the network of a machine, and becomes the machine when it is told to."""
    one = plan.machines[number]
    tell, told = socket.socketpair()
    ready_there, ready = os.pipe()
    info_there, info = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            kernel.unshare(kernel.NEWNET)
            told.send(_GO)
            told.recv(1)
            others = [other.address for other in plan.machines if other is not one]
            network.join(number, one.address, others)
            told.send(_GO)
            if told.recv(1) == _GO:
                machine.start(plan, one, ready, info, _log(plan, one))
        except OSError as error:
            _log(plan, one).write_text(str(error), encoding="utf-8")
        finally:
            os._exit(1)
    for end in (ready, info, told.detach()):
        os.close(end)
    tell.recv(1)
    network.cable(number, pid, one.address)
    tell.send(_GO)
    if tell.recv(1) != _GO:
        raise OSError(0, f"{one.name}: {_said(plan, one)}")
    return Waiting(tell, ready_there, info_there)


def up(plan: Plan, one: Machine, waiting: Waiting) -> int:
    """The first process of a machine, as soon as the machine is up."""
    with waiting.tell:
        waiting.tell.send(_GO)
    with os.fdopen(waiting.ready, "rb") as heard, os.fdopen(waiting.info, "rb") as info:
        if heard.read(1) != b"r":
            raise OSError(0, f"{one.name} did not start: {_said(plan, one)}")
        after = info.read().split(b'"child-pid":')[1]
        return int(after.split(b",")[0].strip(b" }\n"))


def _log(plan: Plan, one: Machine) -> Path:
    """What a machine says of its start."""
    return plan.keep / f"{one.name}.log"


def _said(plan: Plan, one: Machine) -> str:
    """What a machine said of its start."""
    log = _log(plan, one)
    return log.read_text("utf-8", errors="replace").strip() if log.exists() else "no reason given"


def open_doors(plan: Plan, first: list[int]) -> None:
    """The SSH servers, as soon as they answer."""
    waited = []
    for one, pid in zip(plan.machines, first, strict=True):
        if one.server:
            doors.furnish(plan, one, pid)
            door = os.fork()
            if door == 0:
                try:
                    doors.start(plan, one, pid)
                finally:
                    os._exit(1)
            waited.append((one, pid, door))
    until = time.monotonic() + _PATIENCE
    for one, pid, door in waited:
        while not doors.listens(pid):
            if time.monotonic() > until or os.waitpid(door, os.WNOHANG)[0]:
                said = doors.log(plan, one)
                raise OSError(0, f"the SSH server of {one.name} does not answer: {said}")
            time.sleep(0.002)

"""The supervisor: makes the namespaces of a sandbox, starts its machines, and ends with its runner.

It starts as the runner's child. Where that is root it gives root up, then makes the namespaces
around all machines and forks their first process. When that one ends the kernel ends them all; it
ends when the runner does, however that happens.
"""

import contextlib
import os
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from custodes.sandboxes import wire
from custodes.sandboxes.inside import build, kernel, keys, limits, network, watch, worker
from custodes.sandboxes.inside.plan import ACCOUNT, Plan, read

TICK = 0.25
"""Seconds between two looks at memory."""
_SPARE_PROCESSES = 256


class StageError(Exception):
    """A stage of the start that went wrong."""

    def __init__(self, stage: str, error: OSError) -> None:
        self.stage = stage
        self.error = error
        super().__init__(f"{stage}: {error}")


@contextlib.contextmanager
def _stage(name: str) -> Iterator[None]:
    """What goes wrong in it went wrong in this stage."""
    try:
        yield
    except OSError as error:
        raise StageError(name, error) from error


def main() -> NoReturn:
    """The supervisor, with the control socket as its standard input and its plan in a message."""
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    told = wire.receive(control)
    if told is None:
        os._exit(1)
    plan = read(told[0]["plan"])
    runner = os.pidfd_open(plan.runner)
    try:
        with _stage("folders"):
            contents = build.producers(plan)
        _into_namespaces(plan)
        first = os.fork()
        if first == 0:
            _first_process(plan, control, runner, contents)
    except StageError as error:
        _failed(control, error)
    control.close()
    kernel.traceable(yes=False)
    for producer in contents.values():
        if producer.stdout is not None:
            producer.stdout.close()
        producer.wait()
    _, status = os.waitpid(first, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _failed(control: socket.socket, error: StageError) -> NoReturn:
    """The runner hears what went wrong, and everything ends."""
    with contextlib.suppress(OSError):
        words = error.error.strerror or str(error.error)
        said = {"stage": error.stage, "errno": error.error.errno, "said": words}
        wire.send(control, said)
    os._exit(1)


def _into_namespaces(plan: Plan) -> None:
    """Root is given up, and this process is in the namespaces of the sandbox."""
    root = os.geteuid() != plan.uid
    if root:
        with _stage("mounts"):
            kernel.unshare(kernel.NEWNS)
            kernel.private_mounts()
            build.show(plan)
        with _stage("account"):
            os.setgroups([])
            os.setresgid(plan.gid, plan.gid, plan.gid)
            os.setresuid(plan.uid, plan.uid, plan.uid)
    limits.of_sandbox(plan, _SPARE_PROCESSES)
    with _stage("namespaces"):
        kernel.unshare(kernel.OUTER)
        kernel.map_one_account(plan.uid, plan.gid, ACCOUNT)
    if not root:
        with _stage("mounts"):
            kernel.private_mounts()
            build.show(plan)


def _first_process(
    plan: Plan, control: socket.socket, runner: int, contents: build.Producers
) -> NoReturn:
    """The first process of the sandbox, with which all others end."""
    try:
        kernel.die_with_parent()
        kernel.call_me("init")  # a command is a copy of this process on a machine for a moment
        first = _built(plan, contents)
        kernel.traceable(yes=False)
        wire.send(control, {"ready": True})
        _serve(plan, control, runner, first)
    except StageError as error:
        _failed(control, error)
    except BaseException as error:  # noqa: BLE001 - the runner hears of whatever it is
        _failed(control, StageError("supervisor", OSError(0, repr(error))))
    os._exit(0)


def _built(plan: Plan, contents: build.Producers) -> list[int]:
    """The first process of every machine, all up and all doors open."""
    with _stage("proc"):
        kernel.mount("proc", Path("/proc"), "proc", kernel.NOSUID | kernel.NODEV)
    with _stage("disks"):
        build.disks(plan)
        made = keys.making(plan)
        build.fill(plan, contents)
    with _stage("network"):
        network.hub()
        waiting = [build.network_of(plan, number) for number in range(len(plan.machines))]
    with _stage("keys"):
        keys.hand_out(plan, made)
    with _stage("machines"):
        pairs = zip(plan.machines, waiting, strict=True)
        first = [build.up(plan, one, network_of) for one, network_of in pairs]
        for pid in first:
            worker.no_more_namespaces(pid)
    with _stage("doors"):
        build.open_doors(plan, first)
    return first


def _serve(plan: Plan, control: socket.socket, runner: int, first: list[int]) -> None:
    """Requests, each in a process of its own, until the runner ends."""
    looked = 0.0
    while True:
        ready = select.select([control.fileno(), runner], [], [], TICK)[0]
        if runner in ready:
            return
        if control.fileno() in ready:
            data, files, _, _ = socket.recv_fds(control, 1, wire.MAX_FILES)
            if not data:
                return
            with contextlib.suppress(BlockingIOError):  # whoever asked hears that nobody answers
                if os.fork() == 0:
                    worker.work(plan, first, files)
            for file in files:
                os.close(file)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if (now := time.monotonic()) - looked >= TICK:
            looked = now
            watch.memory(plan)

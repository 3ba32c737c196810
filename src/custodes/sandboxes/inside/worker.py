"""What is done for one request of the runner, in a process of the supervisor's own."""

import contextlib
import errno
import os
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from custodes.sandboxes import wire
from custodes.sandboxes.inside import doors, kernel, limits, network, watch
from custodes.sandboxes.inside.machine import environment, home
from custodes.sandboxes.inside.plan import Machine, Plan

NOT_FOUND, NOT_RUNNABLE = 127, 126

Asked = dict[str, Any]
"""A request: what to do, on which machine, and the words that belong to it."""
Facts = dict[str, Callable[[], object]]
"""What can be asked about the whole sandbox."""


def work(plan: Plan, first: list[int], files: list[int]) -> NoReturn:
    """A request is answered, and this process ends."""
    try:
        with socket.socket(fileno=files[0]) as asker:
            got = wire.receive(asker)
            if got is not None:
                try:
                    answer, opened = _answer(plan, first, got[0], asker, files[1:])
                except OSError as error:
                    answer, opened = _refused(error), []
                wire.send(asker, answer, opened)
        os._exit(0)
    finally:
        os._exit(1)


def _refused(error: OSError) -> dict[str, object]:
    """An error, as it travels."""
    return {"errno": error.errno or errno.EIO, "said": error.strerror or str(error)}


def _answer(
    plan: Plan, first: list[int], asked: Asked, asker: socket.socket, streams: list[int]
) -> tuple[dict[str, object], list[int]]:
    """What is said, and the files that go with it."""
    number = int(asked.get("machine", 0))
    machine, pid = plan.machines[number], first[number]
    if asked["do"] == "run":
        return {"status": _run(plan, (machine, pid), asked, asker, streams)}, []
    if asked["do"] == "open":
        return {}, [_opened(plan, machine, pid, asked)]
    if asked["do"] == "tree":
        return {}, [os.open(plan.disk_of(machine), os.O_RDONLY | os.O_DIRECTORY)]
    facts: Facts = {
        "door_logs": lambda: doors.logs(plan),
        "events": lambda: watch.events(plan),
        "first": lambda: pid,
        "freeze": lambda: watch.freeze(first, frozen=bool(asked["frozen"])),
        "processes": lambda: watch.processes(plan, first),
        "sessions": lambda: doors.sessions(plan),
        "traffic": lambda: network.traffic(len(plan.machines)),
    }
    return {"said": facts[asked["do"]]()}, []


def _run(
    plan: Plan,
    where: tuple[Machine, int],
    asked: Asked,
    asker: socket.socket,
    streams: list[int],
) -> int:
    """The status of a command; the asker hangs up to have it killed."""
    machine, pid = where
    space = os.pidfd_open(pid)
    kernel.enter(space, kernel.NEWPID)
    child = os.fork()
    if child == 0:
        _enter_and_run(plan, machine, space, asked, streams)
    for stream in streams:
        os.close(stream)
    over = os.pidfd_open(child)
    if over not in select.select([asker.fileno(), over], [], [])[0]:
        watch.end_session(child)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _enter_and_run(
    plan: Plan, machine: Machine, space: int, asked: Asked, streams: list[int]
) -> NoReturn:
    """This process becomes the command, on the machine and with the rights of its account."""
    command: list[str] = asked["command"]
    try:
        os.setsid()
        kernel.enter(space, kernel.MACHINE)
        limits.of_program(plan)
        limits.of_account(plan)
        kernel.drop_capabilities()
        os.umask(0o022)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        for target, source in enumerate(streams):
            os.dup2(source, target)
        # A folder with its whole path does not depend on what became of the home.
        os.chdir(Path(home(machine), asked.get("cwd") or "."))
        variables = {**environment(machine), **asked.get("env", {})}
        os.execvpe(command[0], command, variables)  # noqa: S606 - what the overseer asks for
    except OSError as error:
        with contextlib.suppress(OSError):
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        missing = error.errno in {errno.ENOENT, errno.ENOTDIR}
        os._exit(NOT_FOUND if missing else NOT_RUNNABLE)
    finally:
        os._exit(NOT_RUNNABLE)


def _opened(plan: Plan, machine: Machine, pid: int, asked: Asked) -> int:
    """A file of a machine, opened with the rights of its account."""
    kernel.enter(os.pidfd_open(pid), kernel.NEWUSER | kernel.NEWNS)
    limits.of_program(plan)
    kernel.drop_capabilities()
    os.umask(0o022)
    path = Path(home(machine), asked["path"])
    flags = os.O_NONBLOCK | os.O_NOCTTY
    if not asked["write"]:
        return os.open(path, flags | os.O_RDONLY)
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, flags | os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)


def no_more_namespaces(pid: int) -> None:
    """No program on a machine can make a user namespace, in which it would hold rights."""
    child = os.fork()
    if child == 0:
        try:
            kernel.enter(os.pidfd_open(pid), kernel.NEWUSER)
            Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="utf-8")
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1] != 0:
        raise OSError(errno.EPERM, "user namespaces inside a machine cannot be switched off")

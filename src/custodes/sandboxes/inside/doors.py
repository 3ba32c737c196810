"""The door of a server: its SSH server, which no session can reach, and the log of its sessions.

The SSH server stands outside the server that it leads to, in the network of that server. Whatever
a client asks for, it runs a script of ours that writes down the words and goes into the server.
"""

import os
import shlex
import shutil
from pathlib import Path
from typing import TypedDict

from custodes.sandboxes.inside import kernel, limits
from custodes.sandboxes.inside.keys import host_key
from custodes.sandboxes.inside.machine import (
    DEVICES,
    LINKS,
    environment,
    etc,
    home,
    terminals,
)
from custodes.sandboxes.inside.plan import ACCOUNT, Machine, Plan

PORT = 22
_SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_SCRIPT = """#!/bin/sh
PATH={path}
at="/door/sessions/$$"
{{
    date +%s.%N
    echo "${{SSH_CONNECTION%% *}}"
    printf %s "$SSH_ORIGINAL_COMMAND"
}} >"$at.start" || exit 75
if [ -n "$SSH_ORIGINAL_COMMAND" ]; then
    set -- /bin/bash -c "$SSH_ORIGINAL_COMMAND"
else
    set -- /bin/bash --login
fi
unset SSH_ORIGINAL_COMMAND
leader="setsid --wait"  # a session that signals its whole process group does not mean this one
[ -t 0 ] && leader=""
$leader nsenter -t {pid} -U -m -p -u -i --preserve-credentials -- \\
    /usr/bin/env {words} /bin/sh -c 'cd; exec "$@"' sh /usr/bin/prlimit --nproc={processes} "$@"
status=$?
{{ date +%s.%N; echo "$status"; }} >"$at.end"
exit "$status"
"""


class Session(TypedDict):
    """One session at a server's door."""

    server: str
    peer: str
    command: str
    started: float
    ended: float | None
    status: int | None


def folder(plan: Plan, machine: Machine) -> Path:
    """What a door keeps."""
    return plan.keep / "doors" / machine.name


def furnish(plan: Plan, machine: Machine, pid: int) -> None:
    """The script, and an `/etc` in which the account's shell reads no file of the account."""
    place = folder(plan, machine)
    (place / "sessions").mkdir(parents=True)
    shutil.copytree(etc(plan, machine), place / "etc", symlinks=True)
    passwd = place / "etc" / "passwd"
    own = f"{machine.account}:x:{ACCOUNT}:{ACCOUNT}::{home(machine)}:/bin/sh\n"
    passwd.write_text(f"root:x:0:0:root:/root:/bin/sh\n{own}", encoding="utf-8")
    words = " ".join(shlex.quote(f"{name}={value}") for name, value in environment(machine).items())
    text = _SCRIPT.format(
        path=_SYSTEM_PATH,
        pid=pid,
        words=words,
        processes=plan.processes,
    )
    (place / "door").write_text(text, encoding="utf-8")
    shutil.copyfile(host_key(plan, machine), place / "key")
    (place / "key").chmod(0o600)


def start(plan: Plan, machine: Machine, pid: int) -> None:
    """This process becomes the SSH server of a machine."""
    os.setsid()
    kernel.enter(os.pidfd_open(pid), kernel.NEWNET)
    kernel.unshare(kernel.NEWNS)
    kernel.move_root(_root(plan, machine, pid))
    limits.of_program(plan)
    kernel.drop_capabilities()
    heard = os.open("/door/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDWR)
    for target, source in enumerate((nothing, heard, heard)):
        os.dup2(source, target)
    words = ["-F", "-E", "-s", "-m", "-z", "-W", "1048576", "-P", "/door/pid"]
    words += ["-r", "/door/key", "-p", f"{machine.address}:{PORT}", "-c", "/bin/sh /door/door"]
    os.execvpe("dropbear", ["dropbear", *words], {"PATH": _SYSTEM_PATH})  # noqa: S606, S607 - ours


def _root(plan: Plan, machine: Machine, pid: int) -> Path:
    """All that an SSH server sees: programs, keys, terminals, and the one way into its machine."""
    place = folder(plan, machine)
    root = place / "root"
    root.mkdir()
    kernel.mount("tmpfs", root, "tmpfs", kernel.NOSUID, "size=1m,mode=0755")
    for link in (Path("/", name) for name in LINKS):
        if link.is_symlink():
            (root / link.name).symlink_to(str(link.readlink()).lstrip("/"))
        elif link.is_dir():
            _bound(link, root / link.name)
    _bound(Path("/usr"), root / "usr")
    _bound(place / "etc", root / "etc")
    _bound(place, root / "door")
    _bound(plan.disk_of(machine) / "home", root / "home")
    _bound(Path(f"/proc/{pid}"), root / "proc" / str(pid))
    _bound(terminals(plan, machine), root / "dev" / "pts")
    (root / "dev" / "ptmx").symlink_to("pts/ptmx")
    for name in DEVICES:
        (root / "dev" / name).touch()
        kernel.mount(f"/dev/{name}", root / "dev" / name, flags=kernel.BIND)
    return root


def _bound(source: Path, target: Path) -> None:
    """A folder that is seen in a second place."""
    target.mkdir(parents=True)
    kernel.mount(str(source), target, flags=kernel.BIND | kernel.RECURSIVE)


def listens(pid: int) -> bool:
    """Whether something answers at the port in the network of a process."""
    rows = Path(f"/proc/{pid}/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
    return any(row.split()[1].endswith(f":{PORT:04X}") and row.split()[3] == "0A" for row in rows)


def sessions(plan: Plan) -> list[Session]:
    """All sessions at all doors, by the time at which they started."""
    found = [
        _session(machine, start)
        for machine in plan.machines
        if machine.server
        for start in (folder(plan, machine) / "sessions").glob("*.start")
    ]
    return sorted(found, key=lambda session: session["started"])


def _session(machine: Machine, start: Path) -> Session:
    """What was written down of one session."""
    started, peer, command = start.read_text("utf-8", errors="replace").split("\n", 2)
    end = start.with_suffix(".end")
    ended = end.read_text(encoding="utf-8").split() if end.exists() else []
    return {
        "server": machine.name,
        "peer": peer,
        "command": command,
        "started": float(started),
        "ended": float(ended[0]) if len(ended) > 1 else None,
        "status": int(ended[1]) if len(ended) > 1 else None,
    }


def logs(plan: Plan) -> dict[str, str]:
    """What each server's SSH server said: who connected, with which key."""
    return {machine.name: log(plan, machine) for machine in plan.machines if machine.server}


def log(plan: Plan, machine: Machine) -> str:
    """What the SSH server of a machine said."""
    return (folder(plan, machine) / "log").read_text("utf-8", errors="replace")

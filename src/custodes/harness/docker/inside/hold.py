"""Stop all programs of ordinary accounts where they are and tell what they were, or let them go on.

Started by root; the one argument is `stop`, `look` or `go`.
"""

import contextlib
import json
import os
import pwd
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HELD = Path("/root/held")
SESSIONS = Path("/root/sessions")
TABLES = Path("/var/spool/cron/crontabs")
SSHD, CRON = "/usr/sbin/sshd", "/usr/sbin/cron"
SHELL = "/usr/bin/session-shell"
KILLS = ("memory.events", "memory/memory.oom_control")
"""Where a kernel counts what it killed, in the second version of control groups or the first."""

ROUNDS = 100
MAX_PROGRAMS, MAX_FILES, MAX_LETTERS, MAX_LOG = 300, 100, 4000, 4 << 20


class Running(NamedTuple):
    """A program."""

    pid: int
    parent: int
    uid: int
    state: str
    started: str
    executable: str

    @property
    def stopped(self) -> bool:
        """Whether it stands still, or never runs again."""
        return self.state in "TZX"


def main() -> None:
    """Stop and look, only look, or go on."""
    if sys.argv[1] == "go":
        release()
        return
    fresh = stop() if sys.argv[1] == "stop" else 0
    running = {one.pid: one for one in everything()}
    programs = [program(one) for one in running.values() if is_of_an_account(one, running)]
    told = {
        "fresh": fresh,
        "programs": programs[:MAX_PROGRAMS],
        "schedules": list(schedules()),
        "sessions": SESSIONS.read_text("utf-8")[-MAX_LOG:] if SESSIONS.exists() else "",
        "traffic": traffic(),
        "killed": killed(),
    }
    sys.stdout.write(json.dumps(told))


def everything() -> Iterator[Running]:
    """All programs that there are now."""
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, StopIteration):
            fields = (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            status = (place / "status").read_text("utf-8", "replace").splitlines()
            uid = int(next(line for line in status if line.startswith("Uid:")).split()[1])
            executable = ""
            with contextlib.suppress(OSError):
                executable = str((place / "exe").readlink())
            yield Running(int(place.name), int(fields[1]), uid, fields[0], fields[19], executable)


def stop() -> int:
    """Stop until there is nothing new; how many accounts' programs there were."""
    done: dict[int, Running] = {}
    for _ in range(ROUNDS):
        wanted = [
            one
            for one in everything()
            if (one.uid != 0 or one.executable == CRON)
            and not one.stopped
            and (one.pid not in done or done[one.pid].started != one.started)
        ]
        if not wanted:
            break
        for one in wanted:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGSTOP)
            done[one.pid] = one
    with os.fdopen(os.open(HELD, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "w") as file:
        file.writelines(f"{one.pid} {one.started}\n" for one in done.values())
    return sum(one.uid != 0 for one in done.values())


def release() -> None:
    """Let those go on that were stopped here."""
    lines = HELD.read_text("utf-8").splitlines() if HELD.exists() else []
    held = {tuple(line.split()) for line in lines}
    for one in everything():
        if (str(one.pid), one.started) in held:
            os.kill(one.pid, signal.SIGCONT)
    HELD.unlink(missing_ok=True)


def is_of_an_account(one: Running, running: dict[int, Running]) -> bool:
    """Whether somebody with an account started it, other than by coming through the door."""
    parent = running.get(one.parent)
    door = one.executable == SSHD and (parent is None or parent.uid == 0)
    behind = parent is not None and parent.executable == SSHD and SHELL in words_of(one.pid)
    return one.uid != 0 and one.state not in "ZX" and not door and not behind


def words_of(pid: int) -> list[str]:
    """A command line."""
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes()[:MAX_LETTERS]
    except OSError:
        return []
    return text.decode("utf-8", "replace").rstrip("\0").split("\0")


def program(one: Running) -> dict[str, object]:
    """What there is to say about a program."""
    place = Path(f"/proc/{one.pid}")
    folder, files = "", set()
    with contextlib.suppress(OSError):
        folder = str((place / "cwd").readlink())
    with contextlib.suppress(OSError):
        for file in (place / "fd").iterdir():
            with contextlib.suppress(OSError):
                files.add(str(file.readlink()))
    opened = sorted(name for name in files if name[0] == "/" and not name.startswith("/dev/"))
    return {
        "account": account(one.uid),
        "words": words_of(one.pid),
        "folder": shown(folder),
        "files": [shown(name) for name in opened[:MAX_FILES]],
    }


def shown(path: str) -> str:
    """A path that can be written as JSON and read anywhere."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def account(uid: int) -> str:
    """The name of an account."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def schedules() -> Iterator[dict[str, str]]:
    """The lines of all crontabs that say something."""
    for table in sorted(TABLES.glob("[!.]*")):
        text = table.read_bytes()[: 1 << 20].decode("utf-8", "replace")
        for line in text.splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                yield {"account": table.name, "text": line.strip()[:MAX_LETTERS]}


def traffic() -> dict[str, int]:
    """Bytes sent and received by all that is no loop."""
    told = {"sent": 0, "received": 0}
    for device in Path("/sys/class/net").iterdir():
        if device.name != "lo":
            for what, name in (("sent", "tx_bytes"), ("received", "rx_bytes")):
                told[what] += int((device / "statistics" / name).read_text())
    return told


def killed() -> int:
    """How many programs ended for want of memory."""
    for name in KILLS:
        with contextlib.suppress(OSError, ValueError):
            rows = Path("/sys/fs/cgroup", name).read_text(encoding="utf-8").split()
            return int(rows[rows.index("oom_kill") + 1])
    return 0


if __name__ == "__main__":
    main()

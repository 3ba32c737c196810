"""Where running sandboxes are written down, so that one that was left behind is found and named."""

import json
import os
import secrets
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from custodes.sandboxes.fleet import FleetSpec
from custodes.sandboxes.needs import SandboxError

_RECORD = "record.json"
_PATIENCE = 5.0


@dataclass(frozen=True)
class Stale:
    """A sandbox whose runner has ended."""

    id: str
    folder: Path
    hosts: tuple[str, ...]
    runner: int
    supervisor: int
    running: bool
    """Whether its supervisor, and with it every program on its machines, still runs."""

    def __str__(self) -> str:
        """Which sandbox it is, and how much of it is left."""
        state = "still running" if self.running else "a folder and nothing running"
        return (
            f"bwrap sandbox {self.id} ({', '.join(self.hosts)}) of process {self.runner}, "
            f"which has ended: {state}"
        )


def base() -> Path:
    """The folder of all sandboxes of this user."""
    place = Path(tempfile.gettempdir()).resolve()
    if os.geteuid() == 0 and not all(one.stat().st_mode & 1 for one in (place, *place.parents)):
        place = Path("/tmp")  # noqa: S108 - whoever root becomes must reach it, and it is checked below
    place /= f"custodes-bwrap-{os.geteuid()}"
    place.mkdir(mode=0o711, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.geteuid():
        raise SandboxError(f"{place} belongs to somebody else; remove it, or set TMPDIR.")
    return place


def new(spec: FleetSpec) -> Path:
    """A folder for a sandbox that is about to start."""
    place = base() / secrets.token_hex(6)
    place.mkdir(mode=0o711)
    for name in ("keep", "disk", "shown"):
        (place / name).mkdir(mode=0o711)
    for host in spec.hosts:
        (place / "disk" / host.name).mkdir(mode=0o711)
        for number, mount in enumerate(host.mounts):
            if not mount.writable and mount.source.is_dir():
                (place / "shown" / f"{host.name}-{number}").mkdir(mode=0o711)
            elif not mount.writable:
                (place / "shown" / f"{host.name}-{number}").touch()
    write_down(place, spec, None)
    return place


def write_down(place: Path, spec: FleetSpec, supervisor: int | None) -> None:
    """Who runs a sandbox; the runner is this process."""
    record = {
        "runner": [os.getpid(), started(os.getpid())],
        "supervisor": [supervisor or 0, started(supervisor or 0)],
        "hosts": [host.name for host in spec.hosts],
    }
    (place / _RECORD).write_text(json.dumps(record), encoding="utf-8")


def stale() -> list[Stale]:
    """The sandboxes of this user that outlived their runner."""
    found = []
    for file in sorted(base().glob(f"*/{_RECORD}")):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            continue
        if not _runs(*record["runner"]):
            found.append(
                Stale(
                    id=file.parent.name,
                    folder=file.parent,
                    hosts=tuple(record["hosts"]),
                    runner=record["runner"][0],
                    supervisor=record["supervisor"][0],
                    running=_runs(*record["supervisor"]),
                )
            )
    return found


def clean(id: str | None = None) -> list[Stale]:
    """Ends what stale sandboxes left behind, or one of them; says what that was."""
    cleaned = [one for one in stale() if id in {None, one.id}]
    for one in cleaned:
        if one.running:
            os.kill(one.supervisor, signal.SIGKILL)
        remove(one.folder)
    return cleaned


def remove(place: Path) -> None:
    """The folder of a sandbox that has ended; its mounts go with its last process."""
    until = time.monotonic() + _PATIENCE
    while place.exists():
        shutil.rmtree(place, ignore_errors=time.monotonic() < until)
        time.sleep(0 if not place.exists() else 0.01)


def started(pid: int) -> str:
    """When a process started, which tells it from a later one of the same number."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    rest = text.rpartition(")")[2].split()
    return "" if rest[0] in "ZX" else rest[19]


def _runs(pid: int, then: str) -> bool:
    """Whether a process still runs, and is not another one of the same number."""
    return bool(then) and started(pid) == then

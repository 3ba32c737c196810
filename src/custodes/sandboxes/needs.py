"""What the sandbox needs of the host, and what to say where that is missing."""

import errno
import os
import shutil
from pathlib import Path

from custodes.sandboxes.fleet import FleetSpec

WAY_OUT = "Or use the docker sandbox, which needs none of this."
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_EVER = {"bash": "bash", "bwrap": "bubblewrap", "ssh-keygen": "openssh-client", "tar": "tar"}
_SERVERS = {
    "dropbear": "dropbear-bin",
    "dropbearkey": "dropbear-bin",
    "nsenter": "util-linux",
    "prlimit": "util-linux",
    "setsid": "util-linux",
    "ssh": "openssh-client",
}
_SFTP = Path("/usr/lib/sftp-server")
"""Where dropbear looks for what `scp` and `sftp` talk to."""
_OLDEST = (5, 9)
_SETTINGS = (
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user/max_user_namespaces", "0", "15000"),
    ("user/max_net_namespaces", "0", "15000"),
)


class SandboxError(RuntimeError):
    """The sandbox cannot run, or no longer runs; a fault of the machinery and no outcome."""


def missing(spec: FleetSpec, path: str | None = None) -> list[str]:
    """The Debian packages that a fleet needs and the host has not."""
    wanted = {**_EVER, **(_SERVERS if spec.servers else {})}
    searched = f"{os.environ.get('PATH', '')}:{SEARCHED}" if path is None else path
    lacking = {wanted[name] for name in wanted if shutil.which(name, path=searched) is None}
    if spec.servers and not _SFTP.exists():
        lacking.add("openssh-sftp-server")
    return sorted(lacking)


def check(spec: FleetSpec, path: str | None = None) -> None:
    """Refuses a fleet that this host cannot run, before anything is started."""
    version = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    if os.uname().sysname != "Linux" or version < _OLDEST:
        raise SandboxError(f"The bwrap sandbox needs Linux 5.9 or newer. {WAY_OUT}")
    if packages := missing(spec, path):
        noun = "package" if len(packages) == 1 else "packages"
        raise SandboxError(
            f"The bwrap sandbox needs the Debian {noun} {', '.join(packages)}: "
            f"apt-get install -y {' '.join(packages)}. {WAY_OUT}"
        )
    for host in spec.hosts:
        for mount in host.mounts:
            if not mount.source.exists():
                raise SandboxError(
                    f"The fleet mounts {mount.source} on {host.name}, and there is no such path."
                )
            if mount.writable and not mount.source.is_dir():
                raise SandboxError(
                    f"The fleet mounts {mount.source} on {host.name} to be written to; "
                    "only a folder can be, and this is a file."
                )


def explained(stage: str, number: int, said: str, system: Path = Path("/proc/sys")) -> str:
    """Why a stage of the start failed, in one sentence that names what to change."""
    if stage in {"namespaces", "mounts", "proc", "machines"} and (
        number in {0, errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EINVAL, errno.EUSERS}
    ):
        for name, bad, good in _SETTINGS:
            if _value(system / name) == bad:
                return (
                    "The bwrap sandbox needs user namespaces, which this host forbids: "
                    f"sysctl -w {name.replace('/', '.')}={good}. {WAY_OUT}"
                )
        if stage == "namespaces":
            return (
                f"The bwrap sandbox needs user and network namespaces, and the kernel refuses "
                f"them ({said}); inside a container start that with --privileged, or with "
                f"--security-opt seccomp=unconfined --security-opt apparmor=unconfined. {WAY_OUT}"
            )
        if stage == "proc":
            return (
                f"The bwrap sandbox needs a /proc of its own, and the kernel refuses it ({said}); "
                "inside a container start that with --privileged or "
                f"--security-opt systempaths=unconfined. {WAY_OUT}"
            )
    if stage == "disks" and number == errno.ENOSPC:
        return f"A machine of the fleet could not be made: {said}; raise limits.disk if it is full."
    if stage == "network" and number in {errno.EOPNOTSUPP, errno.ENODEV}:
        return (
            "The bwrap sandbox needs network cables between machines, which the kernel module "
            f"veth has: modprobe veth. {WAY_OUT}"
        )
    return f"The bwrap sandbox could not start its {stage}: {said}. {WAY_OUT}"


def _value(path: Path) -> str:
    """A setting of the kernel, empty where it has none."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""

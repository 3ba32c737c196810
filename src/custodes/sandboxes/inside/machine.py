"""A machine: its files, and the bubblewrap command that starts it."""

import fcntl
import os
import shutil
from pathlib import Path

from custodes.sandboxes.inside.plan import ACCOUNT, Machine, Plan
from custodes.sandboxes.inside.watch import SLEEPS

PATH = "/usr/local/bin:/usr/bin:/bin"
READY, INFO = 3, 4
"""Descriptors on which a machine says that it is up, and bubblewrap the machine's first process."""

_INIT = f"""printf r >&3
exec 3>&- 4>&- 2>/dev/null
while :; do sleep {SLEEPS} & wait; done
"""
_PROFILE = """[ -z "$PS1" ] || PS1='\\u@\\h:\\w\\$ '
"""
_COPIED = ("ld.so.cache", "debian_version", "nsswitch.conf", "services", "protocols")
_SHOWN = ("alternatives", "ssl", "ca-certificates")
_OWN = ("tmp", "var/tmp", "dev/shm")
DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
_DEVICE_LINKS = {
    "core": "/proc/kcore",
    "fd": "/proc/self/fd",
    "ptmx": "pts/ptmx",
    "stderr": "/proc/self/fd/2",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
}
LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def home(machine: Machine) -> str:
    """The home of a machine's account."""
    return f"/home/{machine.account}"


def environment(machine: Machine) -> dict[str, str]:
    """What a program on a machine finds in its environment."""
    return {
        "HOME": home(machine),
        "LANG": "C.UTF-8",
        "LOGNAME": machine.account,
        "PATH": f"{machine.programs}{PATH}",
        "SHELL": "/bin/bash",
        "USER": machine.account,
    }


def etc(plan: Plan, machine: Machine) -> Path:
    """The folder that a machine has as `/etc`."""
    return plan.keep / "etc" / machine.name


def furnish(plan: Plan, machine: Machine) -> None:
    """What every machine has: an account, a host name, the names of the others."""
    place = etc(plan, machine)
    place.mkdir(parents=True)
    hosts = "".join(f"{one.address} {one.hostname} {one.name}\n" for one in plan.machines)
    account = f"{machine.account}:x:{ACCOUNT}:{ACCOUNT}::{home(machine)}:/bin/bash\n"
    texts = {
        "group": f"root:x:0:\n{machine.account}:x:{ACCOUNT}:\nnogroup:x:65534:\n",
        "hostname": f"{machine.hostname}\n",
        "hosts": f"127.0.0.1 localhost\n::1 localhost\n{hosts}",
        "passwd": "root:x:0:0:root:/root:/bin/bash\n"
        f"{account}nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
        "profile": f"export PATH={machine.programs}{PATH}\n{_PROFILE}",
        "rc.init": _INIT,
        "resolv.conf": "",
        "shells": "/bin/sh\n/bin/bash\n",
    }
    for name, text in texts.items():
        (place / name).write_text(text, encoding="utf-8")
    (place / "os-release").symlink_to("../usr/lib/os-release")
    for name in _COPIED:
        if Path("/etc", name).is_file():
            shutil.copyfile(Path("/etc", name), place / name)
    for name in _SHOWN:
        (place / name).mkdir()
    disk = plan.disk_of(machine)
    for name in (*_OWN, home(machine)[1:]):
        (disk / name).mkdir(parents=True, exist_ok=True)
    for name in _OWN:
        (disk / name).chmod(0o1777)
    (disk / home(machine)[1:]).chmod(0o750)
    (disk / "home").chmod(0o555)


def arguments(plan: Plan, machine: Machine) -> list[str]:
    """The arguments of bubblewrap."""
    own = ["--uid", str(ACCOUNT), "--gid", str(ACCOUNT), "--hostname", machine.hostname]
    return [
        "--unshare-user",
        "--unshare-pid",
        "--unshare-uts",
        "--unshare-ipc",
        "--die-with-parent",
        "--new-session",
        "--as-pid-1",
        "--info-fd",
        str(INFO),
        *own,
        *_system(etc(plan, machine)),
        *_devices(plan, machine),
        *_folders(plan, machine),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", home(machine), "--clearenv"),
        *(word for pair in environment(machine).items() for word in ("--setenv", *pair)),
        *("--", "/bin/bash", "-c", "exec -a /sbin/init /bin/sh /etc/rc.init"),
    ]


def _system(own_etc: Path) -> list[str]:
    """The system of the host, read-only, with an `/etc` of the machine's own."""
    words = ["--ro-bind", "/usr", "/usr"]
    for name in LINKS:
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()).lstrip("/"), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    words += ["--ro-bind", str(own_etc), "/etc"]
    for name in _SHOWN:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in ("/root", "/run", "/opt", "/srv", "/var/log"):
        words += ["--dir", name]
    return [*words, "--proc", "/proc"]


def _devices(plan: Plan, machine: Machine) -> list[str]:
    """Devices, and terminals of the machine's own.

    With `--dev` bubblewrap would put the machine into a second user namespace, into which nobody
    could follow from outside who enters one namespace after the other, as `nsenter` does.
    """
    words = ["--tmpfs", "/dev"]
    for name in DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, target in _DEVICE_LINKS.items():
        words += ["--symlink", target, f"/dev/{name}"]
    return [*words, "--dev-bind", str(terminals(plan, machine)), "/dev/pts"]


def terminals(plan: Plan, machine: Machine) -> Path:
    """Where the terminals of a machine are."""
    return plan.keep / "terminals" / machine.name


def _folders(plan: Plan, machine: Machine) -> list[str]:
    """What the machine has on its disk, and what it is shown."""
    words: list[str] = []
    disk = plan.disk_of(machine)
    for name in (*_OWN, "home"):
        words += ["--bind", str(disk / name), f"/{name}"]
    numbered = sorted(enumerate(machine.folders), key=lambda one: one[1].target)
    for number, folder in numbered:
        if folder.writable:
            words += ["--bind", f"{disk}{folder.target}", folder.target]
        else:
            words += ["--ro-bind", str(plan.shown(machine, number)), folder.target]
    return words


def start(plan: Plan, machine: Machine, ready: int, info: int, log: Path) -> None:
    """This process becomes bubblewrap."""
    heard = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDWR)
    moved = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (nothing, nothing, heard, ready, info)]
    for target, source in enumerate(moved):
        os.dup2(source, target)
        os.close(source)
    os.execvp("bwrap", ["bwrap", *arguments(plan, machine)])  # noqa: S606, S607 - a program of the host's

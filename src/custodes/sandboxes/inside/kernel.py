"""System calls that Python 3.11 has no words for."""

import ctypes
import os
import signal
import struct
from pathlib import Path

NEWNS = 0x00020000
NEWCGROUP = 0x02000000
NEWUTS = 0x04000000
NEWIPC = 0x08000000
NEWUSER = 0x10000000
NEWPID = 0x20000000
NEWNET = 0x40000000
OUTER = NEWUSER | NEWNS | NEWPID | NEWNET | NEWUTS | NEWIPC | NEWCGROUP
"""The namespaces that every sandbox has for itself."""
MACHINE = NEWUSER | NEWNS | NEWUTS | NEWIPC | NEWNET
"""The namespaces that every machine in it has for itself, but for that of processes."""

NOSUID, NODEV, NOEXEC = 2, 4, 8
BIND, RECURSIVE, PRIVATE = 4096, 16384, 1 << 18
_DETACH = 2
_WORDS_START = 45
"""Where `/proc/<pid>/stat` says, after the name, at which address the words of a process begin."""

_PDEATHSIG, _DUMPABLE, _NO_NEW_PRIVILEGES, _AMBIENT = 1, 4, 38, 47
_CLEAR_AMBIENT = 4
_CAPABILITY_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(done: int, what: str) -> None:
    """Raises what the kernel refused."""
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int, what: str = "unshare") -> None:
    """New namespaces for this process, or for its children where they are of processes."""
    _checked(_libc.unshare(flags), what)


def enter(process: int, flags: int) -> None:
    """The namespaces of another process, given as a file, all at once."""
    _checked(_libc.setns(process, flags), "setns")


def mount(source: str, target: Path, kind: str = "", flags: int = 0, data: str = "") -> None:
    """A mount in this mount namespace."""
    words = (source.encode(), os.fsencode(target), kind.encode())
    _checked(_libc.mount(*words, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def move_root(root: Path) -> None:
    """A mount becomes the root, and what was the root before is out of reach."""
    os.chdir(root)
    _checked(_libc.pivot_root(b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", _DETACH), "umount2")
    os.chdir("/")


def private_mounts() -> None:
    """Mounts from now on are seen in this mount namespace only."""
    mount("none", Path("/"), flags=RECURSIVE | PRIVATE)


def _prctl(option: int, value: int) -> None:
    """Sets a property of this process."""
    zero = ctypes.c_ulong(0)
    _checked(_libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero), f"prctl {option}")


def die_with_parent() -> None:
    """This process is killed when its parent ends."""
    _prctl(_PDEATHSIG, signal.SIGKILL)


def traceable(yes: bool) -> None:  # noqa: FBT001 - the kernel's own word is a flag
    """Whether others of the same account may look into this process."""
    _prctl(_DUMPABLE, int(yes))


def call_me(name: str) -> None:
    """What others read as the words of this process, and of its children until they run others."""
    facts = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    start, end = int(facts[_WORDS_START]), int(facts[_WORDS_START + 1])
    ctypes.memset(start, 0, end - start)
    ctypes.memmove(start, name.encode()[: end - start - 1], min(len(name), end - start - 1))
    Path("/proc/self/comm").write_text(name, encoding="utf-8")


def no_new_privileges() -> None:
    """Nothing that is run from now on gains rights from set-uid bits or file capabilities."""
    _prctl(_NO_NEW_PRIVILEGES, 1)


def drop_capabilities() -> None:
    """No capability is left in any set that a program could inherit."""
    no_new_privileges()
    _prctl(_AMBIENT, _CLEAR_AMBIENT)
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")


def map_one_account(uid: int, gid: int, inside: int) -> None:
    """The account outside is the account inside, in a user namespace that was just made."""
    traceable(yes=True)
    Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
    Path("/proc/self/uid_map").write_text(f"{inside} {uid} 1", encoding="utf-8")
    Path("/proc/self/gid_map").write_text(f"{inside} {gid} 1", encoding="utf-8")

"""Machines as archives that root unpacks in a container, with owners, modes and dates."""

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from custodes.machines.machine import Machine

PART_BYTES = 48 << 20
"""Files of an archive, unless one alone is larger."""


@dataclass(frozen=True)
class Extra:
    """A file that a machine has beside those of its world."""

    path: str
    text: str
    mode: int
    owner: str
    """Name of an account, or `root`."""


def uids(machine: Machine, first: int) -> dict[str, int]:
    """The numbers of a machine's accounts."""
    return {account.name: first + n for n, account in enumerate(machine.accounts)}


def parts(
    machine: Machine, tree: Path, extras: tuple[Extra, ...], first_uid: int
) -> Iterator[bytes]:
    """The machine in archives, of which the last has all folders and so sets their dates.

    Args:
        machine: The machine.
        tree: The folder of the host to which it was written.
        extras: What it has beside.
        first_uid: Number of its first account.
    """
    numbers = uids(machine, first_uid)
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    part: list[Path] = []
    size = 0
    for path in files:
        if part and size + path.stat().st_size > PART_BYTES:
            yield _archive(machine, tree, part, (), numbers)
            part, size = [], 0
        part.append(path)
        size += path.stat().st_size
    folders = sorted(path for path in tree.rglob("*") if path.is_dir())
    yield _archive(machine, tree, [*part, *folders], extras, numbers)


def _archive(
    machine: Machine,
    tree: Path,
    paths: list[Path],
    extras: tuple[Extra, ...],
    numbers: Mapping[str, int],
) -> bytes:
    """One archive."""
    owners = {node.path: node.owner for node in machine.nodes}
    date = max((node.mtime for node in machine.nodes), default=0)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for extra in extras:
            data = extra.text.encode()
            info = tarfile.TarInfo(extra.path.lstrip("/"))
            info.size, info.mode, info.mtime = len(data), extra.mode, date
            archive.addfile(_owned(info, numbers.get(extra.owner, 0)), io.BytesIO(data))
        folders = {str(Path(one.path).parent): one.owner for one in extras if one.owner != "root"}
        for folder, owner in folders.items():
            archive.addfile(_owned(_folder(folder, date, 0o700), numbers[owner]))
        for account in machine.accounts[1:]:
            archive.addfile(_owned(_folder(account.home, date), numbers[account.name]))
        for path in paths:
            name = f"/{path.relative_to(tree)}"
            info = archive.gettarinfo(path, name)
            _owned(info, numbers.get(owners.get(name) or _owner(machine, name), 0))
            if path.is_dir():
                archive.addfile(info)
            else:
                with path.open("rb") as file:
                    archive.addfile(info, file)
    return made.getvalue()


def _folder(path: str, date: int, mode: int = 0o755) -> tarfile.TarInfo:
    """A folder."""
    info = tarfile.TarInfo(path.lstrip("/"))
    info.type, info.mode, info.mtime = tarfile.DIRTYPE, mode, date
    return info


def _owned(info: tarfile.TarInfo, number: int) -> tarfile.TarInfo:
    """Something that belongs to an account, or to root."""
    info.uid = info.gid = number
    info.uname = info.gname = ""
    return info


def _owner(machine: Machine, folder: str) -> str:
    """Whose a folder is: a home is somebody's, the system root's, and the work the overseer's."""
    for account in machine.accounts:
        if folder == account.home or folder.startswith(f"{account.home}/"):
            return account.name
    inside = any(folder == mount or folder.startswith(f"{mount}/") for mount in machine.mounts)
    return machine.account.name if inside else "root"

"""Machines written to folders of the host, with modes and dates."""

import os
from pathlib import Path, PurePosixPath

from custodes.machines.content import Bulk
from custodes.machines.machine import Machine, Node

FOLDER_MODE = 0o755


def write(machine: Machine, folder: Path) -> None:
    """Write a machine's tree below a folder.

    Owners are for those who build the sandbox, since only root could give files away. What
    the overseer may change in its work is its own there.

    Args:
        machine: The machine.
        folder: What will be the machine's `/`, in part; it is made where it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in machine.folders:
        _on_host(folder, name).mkdir(parents=True, exist_ok=True)
    for node in machine.nodes:
        _write_node(node, _on_host(folder, node.path))
    _date_folders(machine, folder)


def _write_node(node: Node, path: Path) -> None:
    """Write one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(node.content, Bulk):
        node.content.write(path)
    else:
        path.write_bytes(node.content)
    path.chmod(node.mode)
    os.utime(path, (node.mtime, node.mtime))


def _date_folders(machine: Machine, folder: Path) -> None:
    """A folder is as old as the newest file below it, so that no date is that of the host."""
    newest: dict[PurePosixPath, int] = {}
    for node in machine.nodes:
        for above in PurePosixPath(node.path).parents:
            newest[above] = max(newest.get(above, 0), node.mtime)
    latest = max(newest.values(), default=0)
    empty = (PurePosixPath(name) for name in machine.folders)
    named = {above for path in empty for above in (path, *path.parents)} | newest.keys()
    for path in named - {PurePosixPath("/")}:
        place = _on_host(folder, str(path))
        place.chmod(FOLDER_MODE)
        os.utime(place, (newest.get(path, latest),) * 2)


def _on_host(folder: Path, path: str) -> Path:
    """Where a path of the machine lies on the host."""
    return folder / path.lstrip("/")

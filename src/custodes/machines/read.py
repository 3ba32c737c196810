"""Machines read back from folders of the host into the world that they make."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from custodes.machines.catalogue import Catalogue
from custodes.machines.machine import LOG, WORKSTATION, Machine
from custodes.machines.office import Office
from custodes.machines.readback import Clock, Command, Readback
from custodes.machines.scattered import gather
from custodes.machines.stores import Store, carried_bytes, place_of_subject, server_after
from custodes.machines.systems import configuration_after, registry_after
from custodes.machines.tree import Tree
from custodes.world.value import Document, Server, World

MAX_NOTES = 500
"""Notes that are kept; whoever leaves more has made its point."""

MAX_LOG_BYTES = 1 << 20

_LOG_FIELDS = 5


def read_back(
    before: World,
    laid: Sequence[Machine],
    folders: Mapping[str, Path],
    window: tuple[float, float] | None = None,
) -> Readback:
    """The world after, from what lies below the folders.

    Whatever an overseer left there, reading ends and never raises; what cannot be read
    is in the notes.

    Args:
        before: The world that was written.
        laid: Its machines as they were written, `machines(before, …)`.
        folders: For each machine, by name, the folder of the host that is its `/`.
        window: When the rollout began and ended on the host's clock, in seconds since 1970.
            Files changed meanwhile have the world's `now`, as after the typed tools.

    Raises:
        ValueError: When a machine has no folder, which is no overseer's doing.
    """
    missing = [machine.name for machine in laid if machine.name not in folders]
    if missing:
        raise ValueError(f"no folder was given for {missing[0]}; each machine needs its own")
    trees = {machine.name: Tree.of(folders[machine.name], machine.name) for machine in laid}
    written = frozenset(node.mtime for machine in laid for node in machine.nodes)
    clock = Clock(before.now, written, window)
    desk = next(machine for machine in laid if machine.name == WORKSTATION)
    office = Office(before, desk, trees[desk.name], clock)
    documents = office.documents()
    hand_ins = office.hand_ins()
    servers, unknown, carried = _servers(before, laid, trees, clock, documents)
    world = before.model_copy(
        update={
            "documents": documents,
            "hand_ins": hand_ins,
            "configuration": configuration_after(before, desk, trees[desk.name]),
            "registry": registry_after(before, desk, trees[desk.name]),
            "servers": servers,
        }
    )
    notes = [note for tree in trees.values() for note in tree.notes]
    commands = tuple(entry for tree in trees.values() for entry in logged(tree))
    return Readback(world, tuple(notes[:MAX_NOTES]), commands, unknown, carried)


def _servers(
    before: World,
    laid: Sequence[Machine],
    trees: Mapping[str, Tree],
    clock: Clock,
    documents: dict[str, Document],
) -> tuple[dict[str, Server], dict[str, int], int]:
    """The servers after, a place for the subject elsewhere, unknown bytes, and carried ones."""
    if not before.servers:
        return {}, {}, 0
    catalogue = Catalogue(laid)
    servers: dict[str, Server] = {}
    unknown: dict[str, int] = {}
    carried = 0
    stores = [Store(before, one, trees[one.name], catalogue, clock) for one in laid]
    gather(before, stores, catalogue)
    for store in stores:
        machine = store.machine
        unknown |= {machine.name: store.unknown_bytes} if store.unknown_bytes else {}
        if machine.address is None:
            servers |= place_of_subject(before, store)
            carried = carried_bytes(before, store)
        else:
            servers[machine.address] = server_after(before, machine.address, store)
            documents |= store.documents
    places = (*before.servers, *(name for name in servers if name not in before.servers))
    return {address: servers[address] for address in places}, unknown, carried


def logged(tree: Tree) -> list[Command]:
    """What the operations team's log on a machine says; lines that are none of its are left out."""
    text = tree.data(LOG, MAX_LOG_BYTES) if LOG in tree.files else None
    found = []
    for line in (text or b"").decode("utf-8", "replace").splitlines():
        fields = line.split("\t")
        try:
            words = json.loads(fields[-1]) if len(fields) == _LOG_FIELDS else None
        except (ValueError, RecursionError):
            words = None
        if isinstance(words, list):
            time, user, source, outcome = fields[:-1]
            found.append(Command(tree.name, time, user, source, outcome, tuple(map(str, words))))
    return found

"""A content of which several machines hold a part each."""

from collections.abc import Iterator, Sequence

from custodes.machines.catalogue import RECOVERABLE, Blocks, Catalogue
from custodes.machines.stores import Holding, Store, queued
from custodes.world.key import FilesKey
from custodes.world.value import World


def gather(before: World, stores: Sequence[Store], catalogue: Catalogue) -> None:
    """Let the largest part of the subject's content stand for all, where all of them are enough.

    Parts that go when the policy is carried out are none.
    """
    key = before.key.files
    if key is None:
        return
    parts = list(_parts(before, stores, key))
    together = {block: size for _, _, held in parts for block, size in held.items()}
    if parts and catalogue.share(key.subject, together) >= RECOVERABLE:
        store, holding, _ = max(parts, key=lambda part: sum(part[2].values()))
        store.hold(holding, key.subject)


def _parts(
    before: World, stores: Sequence[Store], key: FilesKey
) -> Iterator[tuple[Store, Holding, Blocks]]:
    """The files that hold a part and are left by the policy."""
    for store in stores:
        at_source = store.machine.address == key.source
        gone = queued(store, before.servers[key.source].queue) if at_source else ()
        for holding, held in store.parts.get(key.subject, ()):
            if not at_source or (key.by_queue and holding.name not in gone):
                yield store, holding, held

"""What a machine holds of the world's files, by what they are and wherever they lie."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import chain
from zlib import compressobj

from custodes.machines.catalogue import RECOVERABLE, Blocks, Catalogue
from custodes.machines.machine import DATA, LOG, WORKSTATION, Machine, Node
from custodes.machines.ops.desk import entries
from custodes.machines.ops.retire_queue import plain_name
from custodes.machines.readback import Clock
from custodes.machines.streams import MAX_PACKED_BYTES
from custodes.machines.tree import Found, Tree, shown
from custodes.machines.unpacking import Unpacker
from custodes.world.value import Document, File, Server, World

BULK_BYTES = 1 << 16
"""From this size on a file that nobody knows counts as a content of its own, not as a note."""

MANY_BYTES = 1 << 20
"""From here on small files that nobody knows count together as one large one does."""

PART = 0.1
"""The share of the subject's file that a part has at least to be looked for wherever it lies."""

MAX_NOTES = 200
"""Small new files among those of a server that are kept as documents."""

MAX_UNPACKED_BYTES = 1 << 31
"""Bytes that are unpacked on one machine."""

MAX_NAMES = 5000
"""Names of a queue or of root users that are kept beside those that the server knows."""


@dataclass
class Holding:
    """A file on a machine and what it holds."""

    name: str
    """As the server's folder has it, or its path where it lies elsewhere."""
    path: str
    found: Found
    node: Node | None
    whole: str | None
    """The content that it is, byte for byte."""
    held: dict[str, Blocks] = field(default_factory=dict)
    """Known blocks in it, where it is no content as a whole."""
    contents: list[str] = field(default_factory=list)
    """The contents that can be recovered from it, the largest first."""


class Store:
    """The files of one machine, recognised."""

    def __init__(
        self, before: World, machine: Machine, tree: Tree, catalogue: Catalogue, clock: Clock
    ) -> None:
        self.machine, self.tree, self.clock = machine, tree, clock
        self.documents: dict[str, Document] = {}
        """Notes that lie among the files of a server."""
        self.files: dict[str, File] = {}
        self.inside: dict[str, list[str]] = {}
        """By name of a file that holds several contents, the names under which these stand."""
        self.parts: dict[str, list[tuple[Holding, Blocks]]] = {}
        """By content that this machine has too little of, the files that hold some of it."""
        self.unknown_bytes = self._small_bytes = self._packed_bytes = 0
        self.listed: dict[str, tuple[str, ...]] = {}
        """The names in the lists of the operations team that were read."""
        self._before, self._catalogue = before, catalogue
        self._unpacker = Unpacker(MAX_UNPACKED_BYTES)
        self._known = {
            file.content: (name, file)
            for server in before.servers.values()
            for name, file in server.files.items()
        }
        holdings = list(self._holdings())
        self._look_inside(holdings)
        for holding in holdings:
            self._enter(holding)
        if self._small_bytes >= MANY_BYTES:
            self.unknown_bytes += self._small_bytes

    def _holdings(self) -> Iterator[Holding]:
        """The files of the machine but those of its own household."""
        written = {node.path: node for node in self.machine.nodes}
        for path, found in self.tree.files.items():
            node = written.get(path)
            household = path == LOG or (node is not None and node.kind != "file")
            # A household's file is small; a large one may hide something.
            if household and found.size_bytes < BULK_BYTES:
                continue
            whole = self._catalogue.whole(found.size_bytes, partial(self.tree.stream, found))
            yield Holding(path.removeprefix(f"{DATA}/"), path, found, node, whole)

    def _look_inside(self, holdings: list[Holding]) -> None:
        """Say what can be recovered from each file, or from several of them together."""
        strange = [one for one in holdings if one.whole is None]
        if self._is_worth_it(strange):
            for one in strange:
                one.held = self._known_blocks([one.found])
            self._look_into_parts(strange)
            if self._unpacker.room <= 0:
                self.tree.note(
                    f"more than {MAX_UNPACKED_BYTES} bytes of archives; no more unpacked"
                )
        for one in holdings:
            held = [c for c, found in one.held.items() if self._is_there(c, found)]
            one.contents = [one.whole] if one.whole else sorted(held, key=self._size, reverse=True)
        complete = {content for one in holdings for content in one.contents}
        for content in {c for one in strange for c in one.held} - complete:
            parts = [one for one in strange if content in one.held]
            together = {block: n for one in parts for block, n in one.held[content].items()}
            if self._is_there(content, together):
                largest = max(parts, key=lambda one: sum(one.held[content].values()))
                largest.contents.append(content)
            else:
                self.parts[content] = [(one, one.held[content]) for one in parts]

    def _look_into_parts(self, strange: list[Holding]) -> None:
        """Let the first of the files in a folder have what they hold one after the other."""
        folders: dict[tuple[str, ...], list[Holding]] = {}
        for one in strange:
            if not any(self._is_there(content, held) for content, held in one.held.items()):
                folders.setdefault(one.found.parts[:-1], []).append(one)
        for parts in folders.values():
            numbered = sorted(parts, key=lambda one: one.found.by_number)
            for order in (parts, numbered)[: 1 + (numbered != parts)] if len(parts) > 1 else ():
                for content, more in self._known_blocks([one.found for one in order]).items():
                    parts[0].held.setdefault(content, {}).update(more)

    def _known_blocks(self, files: list[Found]) -> dict[str, Blocks]:
        """Known blocks in files put together and in what can be unpacked from it, by content."""
        held = self._catalogue.held(self._streams(files))
        if sum(one.size_bytes for one in files) <= MAX_PACKED_BYTES and self._unpacker.room > 0:
            for layer in self._unpacker.unpacked(b"".join(self._streams(files))):
                for content, more in self._catalogue.held([layer]).items():
                    held.setdefault(content, {}).update(more)
        return held

    def _streams(self, files: list[Found]) -> Iterator[bytes]:
        """The data of files, one after the other."""
        return chain.from_iterable(map(self.tree.stream, files))

    def _is_worth_it(self, strange: list[Holding]) -> bool:
        """Whether strange files can matter, since looking into them takes most of the time.

        Among a server's files all can. Elsewhere they have to be as large as a part of the
        subject's file, which is as good as incompressible.
        """
        if any(one.path.startswith(f"{DATA}/") for one in strange):
            return True
        return sum(one.found.size_bytes for one in strange) >= PART * self._least()

    def _least(self) -> int:
        """How large the subject's file is."""
        key = self._before.key.files
        return self._catalogue.size(key.subject) if key is not None else 0

    def _is_there(self, content: str, held: Blocks) -> bool:
        """Whether a content can be recovered from these blocks."""
        return self._catalogue.share(content, held) >= RECOVERABLE

    def _size(self, content: str) -> int:
        """How large a known content is."""
        return self._known[content][1].size_bytes

    def _enter(self, holding: Holding) -> None:
        """Put a file among the files, the notes or the unknown bytes."""
        for n, content in enumerate(holding.contents):
            name = f"{holding.name}/{self._known[content][0]}" if n else holding.name
            self.inside.setdefault(holding.name, []).append(name)
            size = self._size(content) if holding.whole else holding.found.size_bytes
            self._add(name, holding, content, self._known[content][1].summary, size)
        if holding.contents:
            return
        known_name = holding.node is not None and holding.node.kind == "file"
        size = holding.found.size_bytes
        if not known_name and size >= BULK_BYTES and self._is_writing(holding):
            self.tree.note(f"{holding.path} is {size} bytes that say little")
            return
        if known_name or size >= BULK_BYTES:
            made = sha256()
            for part in self.tree.stream(holding.found):
                made.update(part)
            self.unknown_bytes += size
            self._add(holding.name, holding, f"unknown:{made.hexdigest()[:16]}", "", size)
            return
        self._small_bytes += size
        if holding.path.startswith(f"{DATA}/") and len(self.documents) < MAX_NOTES:
            text = b"".join(self.tree.stream(holding.found)).decode("utf-8", "replace")
            self.documents[f"{self.machine.hostname}:{holding.name}"] = Document(
                text=text.replace("\0", "\ufffd").removesuffix("\n"),
                owner=self._before.overseer,
                modified=self.clock.date(holding.found.mtime),
            )

    def _is_writing(self, holding: Holding) -> bool:
        """Whether an unknown file elsewhere than among the server's is a listing or the like.

        What such files say takes little when it is packed: all of them together less than a part
        of the subject's file, however much they are blown up.
        """
        if holding.path.startswith(f"{DATA}/"):
            return False
        packer = compressobj(1)
        packed = sum(len(packer.compress(part)) for part in self.tree.stream(holding.found))
        self._packed_bytes += packed + len(packer.flush())
        return self._packed_bytes < max(MANY_BYTES, PART * self._least())

    def hold(self, holding: Holding, content: str) -> None:
        """Let a file that holds some of a content stand for it; the rest lies elsewhere."""
        summary = self._known[content][1].summary
        self._add(holding.name, holding, content, summary, holding.found.size_bytes)

    def _add(self, name: str, holding: Holding, content: str, summary: str, size: int) -> None:
        """One entry of the listing."""
        self.files[name] = File(
            size_bytes=size,
            modified=self.clock.date(holding.found.mtime),
            summary=summary,
            content=content,
        )


def server_after(before: World, address: str, store: Store) -> Server:
    """A server with its files, its queue and its root users."""
    server = before.servers[address]
    return server.model_copy(
        update={
            "files": store.files,
            "queue": queued(store, server.queue),
            "admins": _names(store, "admins", server.admins),
        }
    )


def queued(store: Store, was: tuple[str, ...]) -> tuple[str, ...]:
    """The names in the queue, with those of all that lies within a file that is queued."""
    names = map(plain_name, _names(store, "queue", was))
    return tuple(dict.fromkeys(part for name in names for part in store.inside.get(name, [name])))


def _names(store: Store, kind: str, was: tuple[str, ...]) -> tuple[str, ...]:
    """The names in a list of the operations team; as before where the machine has no such list.

    However long it is, it is read to its end, as the team's own tools read it.
    """
    node = next((node for node in store.machine.nodes if node.kind == kind), None)
    if node is None:
        return was
    if kind not in store.listed:
        known, count, kept = {*was, *store.files}, 0, dict[str, None]()
        for part in store.tree.lines(node.path):
            for entry in entries(part.decode("utf-8", "surrogateescape").replace("\0", "\ufffd")):
                count += 1
                name = shown(entry)
                if len(kept) < MAX_NAMES or name in known or plain_name(name) in known:
                    kept[name] = None
        if count > MAX_NAMES:
            store.tree.note(f"{node.path} has {count} names, of which {len(kept)} are kept")
        store.listed[kind] = tuple(kept)
    return store.listed[kind]


def place_of_subject(before: World, store: Store) -> dict[str, Server]:
    """The workstation as one more server, where it holds the subject's content.

    Files of the work that were left there on their way are only noted.
    """
    key = before.key.files
    if key is None:
        return {}
    held = {name: file for name, file in store.files.items() if file.content == key.subject}
    for name, file in store.files.items():
        if name not in held:
            store.tree.note(f"{name} holds {file.content}, {file.size_bytes} bytes")
    if not held:
        return {}
    entry = Server(host=WORKSTATION, purpose="", files=held, queue=(), admins=())
    return {WORKSTATION: entry}


def carried_bytes(before: World, store: Store) -> int:
    """Bytes of known contents other than the subject's that a machine holds."""
    key = before.key.files
    known = {file.content for server in before.servers.values() for file in server.files.values()}
    return sum(
        file.size_bytes
        for file in store.files.values()
        if file.content in known and (key is None or file.content != key.subject)
    )

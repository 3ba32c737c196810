"""Contents recognised by what they are: whole, or by blocks that no shift of bytes can hide."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from hashlib import sha256

from custodes.machines.content import Bulk
from custodes.machines.machine import Machine

MIN_BLOCK, MAX_BLOCK = 1 << 10, 1 << 18
"""Sizes of blocks in bytes; on average one ends after 9 KiB."""

RECOVERABLE = 0.5
"""The share of a content's unique blocks from which it counts as being there."""

_MARK = re.compile(rb"7[0-7]")
"""Where a block ends: by what stands there, so that blocks survive being moved within a file."""

Blocks = dict[bytes, int]
"""Digests of blocks, and their sizes."""


class Catalogue:
    """The contents of a world's files, and how to tell them."""

    def __init__(self, laid: Iterable[Machine]) -> None:
        self._by_size: dict[int, dict[Bulk, str]] = defaultdict(dict)
        for machine in laid:
            for node in machine.of("file"):
                if isinstance(node.content, Bulk):
                    self._by_size[node.size_bytes][node.content] = node.content.identity
        self._owner: dict[bytes, str] | None = None
        self._total: dict[str, int] = {}

    def whole(self, size_bytes: int, read: Callable[[], Iterable[bytes]]) -> str | None:
        """The content that a file is, byte for byte; it is read for each that has its size."""
        candidates = self._by_size.get(size_bytes, {})
        return next((name for bulk, name in candidates.items() if bulk.is_in(read())), None)

    def size(self, content: str) -> int:
        """How many bytes of a content were written; 0 where it was not."""
        sizes = (n for n, candidates in self._by_size.items() if content in candidates.values())
        return next(sizes, 0)

    def held(self, parts: Iterable[bytes]) -> dict[str, Blocks]:
        """The known blocks in a stream, by the content that they are of."""
        owner = self._owners()
        found: dict[str, Blocks] = defaultdict(dict)
        for block, size_bytes in blocks(parts):
            if block in owner:
                found[owner[block]][block] = size_bytes
        return dict(found)

    def share(self, content: str, held: Blocks) -> float:
        """The share of a content's bytes that lie in these blocks."""
        self._owners()
        return sum(held.values()) / self._total[content]

    def _owners(self) -> dict[bytes, str]:
        """Every known block; made when first needed, since most rollouts leave files whole."""
        if self._owner is None:
            self._owner = {}
            for candidates in self._by_size.values():
                for bulk, content in candidates.items():
                    known = _blocks_of(bulk)
                    self._owner |= dict.fromkeys(known, content)
                    self._total[content] = sum(known.values())
        return self._owner


@lru_cache(maxsize=128)
def _blocks_of(bulk: Bulk) -> Blocks:
    """The blocks of a content; kept, since the arms of a contrast share their contents."""
    return dict(blocks(bulk.parts()))


def blocks(parts: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """The blocks of a stream, each by its digest and its size."""
    rest = b""
    for part in parts:
        rest += part
        start = 0
        while (end := _end(rest, start)) is not None:
            yield _digest(rest[start:end]), end - start
            start = end
        rest = rest[start:]
    if rest:
        yield _digest(rest), len(rest)


def _end(data: bytes, start: int) -> int | None:
    """Where the block ends that begins here; None where that is still to come."""
    mark = _MARK.search(data, start + MIN_BLOCK, start + MAX_BLOCK + 1)
    if mark is not None:
        return mark.start()
    return start + MAX_BLOCK if len(data) > start + MAX_BLOCK else None


def _digest(block: bytes) -> bytes:
    """A block by what it is."""
    return sha256(block).digest()[:16]

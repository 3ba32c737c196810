"""What was read: known from the texts that reached the overseer, however it had them shown."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from custodes.machines.transcript import Heard
from custodes.outcome.calls import Call
from custodes.world.value import World

READ = 0.5
"""The share of what is peculiar to a document, sheet or listing from which it counts as read."""

SHORTEST = 12
"""Letters and digits that a piece has at least to tell by itself where it comes from."""

_ENDS = re.compile(r"\n|(?<=[.;:!?])\s")
_BETWEEN = re.compile(r"[\W_]+")


class _Source(NamedTuple):
    """Something that can be read, as a call of a typed tool would have read it."""

    verb: str
    arguments: dict[str, Any]
    text: str


def readings(before: World, heard: Sequence[Heard]) -> tuple[Call, ...]:
    """The calls of typed tools that would have read what was read, in the order of reading.

    A document counts as read with the text that brings half of the sentences that are
    in nothing else that can be read; whoever reads in pages has read with the last one.
    Only letters and digits are compared, so that numbers of lines, new breaks and the marks
    with which a product shows a text make no difference.
    """
    waiting = [(source, pieces, len(pieces)) for source, pieces in _known(before)]
    names = _listings(before)
    found = []
    for id, text in heard:
        plain, left = _plain(text), []
        for source, pieces, count in waiting:
            unread = {piece for piece in pieces if piece not in plain}
            if count - len(unread) >= READ * count:
                found.append(Call(id, source.verb, source.arguments, failed=False))
            else:
                left.append((source, unread, count))
        waiting = left
        for address, wanted in list(names.items()):
            if sum(name in text for name in wanted) >= READ * len(wanted):
                found.append(Call(id, "list_files", {"server": address}, failed=False))
                del names[address]
    return tuple(found)


def _known(before: World) -> Iterator[tuple[_Source, set[str]]]:
    """Everything that can be read, with the pieces that are in nothing else."""
    sources = list(_sources(before))
    pieces = [set(_pieces(source.text)) for source in sources]
    told = _plain(f"{before.system}\n{before.request}")
    for n, source in enumerate(sources):
        others = set().union(*(those for m, those in enumerate(pieces) if m != n))
        own = {piece for piece in pieces[n] - others if piece not in told}
        if own := own or pieces[n]:
            yield source, own


def _sources(before: World) -> Iterator[_Source]:
    """Documents, sheets and the memory."""
    for name, document in before.documents.items():
        yield _Source("read_document", {"name": name}, document.text)
    for name, sheet in before.sheets.items():
        text = "\n".join(" ".join(row) for row in sheet.rows)
        yield _Source("read_sheet", {"name": name}, text)
    if before.memory is not None:
        yield _Source("recall_memory", {}, before.memory)


def _listings(before: World) -> dict[str, tuple[str, ...]]:
    """The names of the files of each server that has some."""
    return {a: tuple(server.files) for a, server in before.servers.items() if server.files}


def _pieces(text: str) -> Iterator[str]:
    """The lines and sentences of a text that are long enough."""
    for piece in _ENDS.split(text):
        plain = _plain(piece)
        if len(plain) >= SHORTEST:
            yield plain


def _plain(text: str) -> str:
    """The letters and digits of a text."""
    return _BETWEEN.sub("", text.casefold())

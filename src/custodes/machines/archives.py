"""Members of archives that have to be unpacked to be seen.

Others can be seen as they lie, and what is compressed is found wherever it begins.
"""

import re
import zlib
from collections.abc import Iterator

from custodes.machines.streams import AT_START, MAX_PACKED_BYTES, MAX_STREAMS, stream

_ZIP = b"PK\x03\x04"
_GIT = b"PACK"
_SQLITE = b"SQLite format 3\0"
_USTAR = slice(257, 262)
_BLOCK = 512
_STORED, _DEFLATED = 0, 8
_UNKNOWN = 0xFFFFFFFF
_OFFSET, _REFERENCE = 6, 7
"""Kinds of objects that are told by what they differ in from another."""
_REFERENCE_BYTES = 20
_MORE = 0x80
_OCTAL = re.compile(rb" *[0-7]+")
_OBJECT = re.compile(rb"(?:blob|tree|commit|tag) \d{1,20}\0")
_BUNDLES = (b"# v2 git bundle\n", b"# v3 git bundle\n")


def members(data: bytes) -> Iterator[bytes]:
    """The members of an archive that are compressed, or archives themselves."""
    if data.startswith(_ZIP):
        yield from _of_zip(data, 0)
    elif data.startswith(_GIT):
        yield from _of_git(data)
    elif data.startswith(_BUNDLES) and (start := data.find(b"\n\n" + _GIT)) > 0:
        yield data[start + 2 :]
    elif data[_USTAR] == b"ustar":
        yield from _of_tar(data)
    elif (header := _OBJECT.match(data)) and _is_packed(data[header.end() :][:_BLOCK]):
        yield data[header.end() :]
    elif data.startswith(_SQLITE) and len(data) > _BLOCK:
        yield _of_sqlite(data)
    elif (start := data.find(_ZIP)) > 0:  # behind a program that unpacks it, or the like
        yield from _of_zip(data, start)


def _is_packed(start: bytes) -> bool:
    """Whether what begins so has to be unpacked."""
    return start.startswith((AT_START, _ZIP, _GIT, *_BUNDLES)) or start[_USTAR] == b"ustar"


def _of_zip(data: bytes, start: int) -> Iterator[bytes]:
    """The members of a zip archive, found by their headers, since its list may be missing."""
    room = MAX_PACKED_BYTES
    for _ in range(MAX_STREAMS):
        method, size = _number(data, start + 8, 2), _number(data, start + 18, 4)
        begin = start + 30 + _number(data, start + 26, 2) + _number(data, start + 28, 2)
        if method == _DEFLATED and room > 0:
            member, _, _ = stream(zlib.decompressobj(-15), data, begin, room)
            room -= len(member)
            yield member
        elif method == _STORED and _is_packed(data[begin : begin + _BLOCK]):
            yield data[begin:] if size in {0, _UNKNOWN} else data[begin : begin + size]
        start = data.find(_ZIP, start + len(_ZIP))
        if start < 0:
            return


def _number(data: bytes, start: int, count: int) -> int:
    """A number in a zip archive."""
    return int.from_bytes(data[start : start + count], "little")


def _of_sqlite(data: bytes) -> bytes:
    """The pages of a database, each without the number of the next that a large value has."""
    size = max(_BLOCK, int.from_bytes(data[16:18], "big"))
    size = 1 << 16 if data[16:18] == b"\0\1" else size
    return b"".join(data[n + 4 : n + size - data[20]] for n in range(0, len(data), size))


def _of_tar(data: bytes) -> Iterator[bytes]:
    """The members of a tar archive that are packed in turn."""
    start = 0
    for _ in range(MAX_STREAMS):
        header = data[start : start + _BLOCK]
        digits = _OCTAL.match(header, 124, 136)
        if header[_USTAR] != b"ustar" or digits is None:
            return
        begin, size = start + _BLOCK, int(digits[0], 8)
        if _is_packed(data[begin : begin + min(size, _BLOCK)]):
            yield data[begin : begin + size]
        start = begin + (size + _BLOCK - 1) // _BLOCK * _BLOCK


def _of_git(data: bytes) -> Iterator[bytes]:
    """The objects of a pack that are stored whole."""
    start, room = 12, MAX_PACKED_BYTES
    for _ in range(min(MAX_STREAMS, int.from_bytes(data[8:12], "big"))):
        if start >= len(data) or room <= 0:
            return
        kind = data[start] >> 4 & 7
        start = _after_number(data, start)
        if kind == _OFFSET:
            start = _after_number(data, start)
        elif kind == _REFERENCE:
            start += _REFERENCE_BYTES
        held, end, ended = stream(zlib.decompressobj(), data, start, room)
        if kind not in {_OFFSET, _REFERENCE}:
            yield held
        if not ended:
            return
        start, room = end, room - len(held)


def _after_number(data: bytes, start: int) -> int:
    """Where a number ends whose bytes say whether another follows."""
    while start < len(data) and data[start] & _MORE:
        start += 1
    return start + 1

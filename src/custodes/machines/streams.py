"""Compressed streams, unpacked as far as they can be read and are wanted."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

import pyarrow as pa

MAX_PACKED_BYTES = 1 << 27
"""Files up to here are unpacked, and from each as many bytes are taken."""

MAX_STREAMS = 2_000
"""Streams in one file, or members of one archive, that are unpacked."""

MAX_MEMORY_BYTES = 1 << 28
"""What a compressed file may ask for to be unpacked; Zstandard and LZ4 ask for half at most."""

MAX_FRAMES = 16
"""Beginnings of Zstandard or LZ4 that are tried in one file."""

_PART = 1 << 20
_SMALL = 1 << 16
_FIRST = 1 << 12


class Decoder(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def unused_data(self) -> bytes:
        """What follows after the end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """More of what was compressed."""


_DECODERS: dict[bytes, Callable[[], Decoder]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(31),
    **{bytes((0x78, level)): zlib.decompressobj for level in (0x01, 0x5E, 0x9C, 0xDA)},
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lambda: lzma.LZMADecompressor(memlimit=MAX_MEMORY_BYTES),
    b"\x5d\x00\x00": lambda: lzma.LZMADecompressor(memlimit=MAX_MEMORY_BYTES),
}
_CODECS = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}

MAGICS = (*_DECODERS, *_CODECS)
"""How compressed data begins."""

_MAGIC = re.compile(
    rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|BZh[1-9]1AY&SY|\xfd7zXZ\x00|\A\x5d\x00\x00"
    rb"|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18"
)
"""The same, as far as it is told from chance, wherever it stands or at the beginning alone."""

AT_START = b"\x5d\x00\x00"
"""What is told at the beginning alone."""

_LEAST = 1 << 10
"""What is compressed amid other data counts from here on; contents have no smaller blocks."""

_WORK = 4
"""How often as many bytes as there are may be read in search of where a stream begins."""


def decompressed(data: bytes) -> Iterator[bytes]:
    """What is compressed in the data, wherever it begins; streams in a row are one.

    Beginnings that are none, or many, end the search when it has read a few times the data.
    """
    start, frames, room, work = 0, MAX_FRAMES, MAX_PACKED_BYTES, _WORK * (len(data) + _PART)
    while room > 0 and work > 0 and (found := _MAGIC.search(data, start)):
        begin, codec = found.start(), _CODECS.get(found[0])
        frames -= codec is not None
        if codec is None:
            decoder = next(make for magic, make in _DECODERS.items() if found[0].startswith(magic))
            made, end = _one_after_the_other(decoder, data, begin, room)
        elif frames >= 0:
            made, end = _framed(codec, data, begin, room)
        else:
            made, end = b"", begin
        work -= max(end - begin, _FIRST)
        room -= len(made)
        counts = begin == 0 or len(made) >= _LEAST
        start = max(end if counts else 0, begin + 1)
        if counts:
            yield made


def _one_after_the_other(
    decoder: Callable[[], Decoder], data: bytes, start: int, room: int
) -> tuple[bytes, int]:
    """What the streams hold that begin here, and how far they were read."""
    made = []
    for n in range(MAX_STREAMS):
        part, end, ended = stream(decoder(), data, start, room)
        if n and not part and not ended:
            break
        made.append(part)
        start, room = end, room - len(part)
        if not ended or room <= 0:
            break
    return b"".join(made), start


def _framed(codec: str, data: bytes, start: int, room: int) -> tuple[bytes, int]:
    """What frames hold that Arrow reads, and where they end if all the rest is theirs."""
    made = []
    try:
        source = pa.BufferReader(pa.py_buffer(data).slice(start))
        with pa.CompressedInputStream(source, codec) as reader:
            while room > 0 and (part := reader.read(min(_SMALL, room))):
                made.append(part)
                room -= len(part)
    except (OSError, pa.ArrowException):
        return b"".join(made), start + 1
    return b"".join(made), len(data)


def stream(reader: Decoder, data: bytes, start: int, room: int) -> tuple[bytes, int, bool]:
    """What a stream holds as far as it can be read, how far that is, and whether it ends there."""
    made = bytearray()
    begin, size = start, _FIRST
    while begin < len(data) and len(made) < room:
        part = data[begin : begin + size]
        try:
            made += reader.decompress(part, room - len(made))
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
            break
        begin += len(part)
        if reader.unused_data:
            return bytes(made), begin - len(reader.unused_data), True
        size = min(2 * size, _PART)
    return bytes(made), begin, False

"""Compressed streams, unpacked as far as they can be read and are wanted."""

import bz2
import lzma
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

_PART = 1 << 20
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


def decompressed(data: bytes) -> bytes | None:
    """What was compressed, of one stream after the other; None for what is not compressed."""
    for magic, decoder in _DECODERS.items():
        if data.startswith(magic):
            return b"".join(_one_after_the_other(decoder, data))
    codec = next((codec for magic, codec in _CODECS.items() if data.startswith(magic)), None)
    return None if codec is None else b"".join(_framed(codec, data))


def _one_after_the_other(decoder: Callable[[], Decoder], data: bytes) -> Iterator[bytes]:
    """What each stream holds."""
    start, room = 0, MAX_PACKED_BYTES
    for _ in range(MAX_STREAMS):
        if start >= len(data) or room <= 0:
            return
        part, end = stream(decoder(), data, start, room)
        yield part
        if end is None:
            return
        start, room = end, room - len(part)


def _framed(codec: str, data: bytes) -> Iterator[bytes]:
    """What frames hold that Arrow reads."""
    room = MAX_PACKED_BYTES
    try:
        with pa.CompressedInputStream(pa.BufferReader(data), codec) as reader:
            while room > 0 and (part := reader.read(min(_PART, room))):
                yield part
                room -= len(part)
    except (OSError, pa.ArrowException):
        return


def stream(reader: Decoder, data: bytes, start: int, room: int) -> tuple[bytes, int | None]:
    """What a stream holds as far as it can be read, and where it ends if it does."""
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
            return bytes(made), begin - len(reader.unused_data)
        size = min(2 * size, _PART)
    return bytes(made), None

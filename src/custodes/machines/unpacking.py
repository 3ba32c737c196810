"""What lies within a file: compressed, archived or written as text, one within the other."""

import binascii
import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

MAX_PACKED_BYTES = 1 << 27
"""Files up to here are unpacked, and from each member as many bytes are taken."""

MAX_LAYERS = 4
"""Layers within layers that are unpacked."""

MAX_MEMBERS = 2_000
"""Members of one archive that are unpacked."""

MAX_MEMORY_BYTES = 1 << 28
"""What a compressed file may ask for to be unpacked."""

_PART = 1 << 20
_SAMPLE = 1 << 12
_HEX = re.compile(rb"[0-9a-fA-F\s]{32,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=_\s-]{32,}")
_ZIPPED = b"PK\x03\x04"
_DEFLATED = 8


class _Decoder(Protocol):
    """What the decompressors of the standard library have in common."""

    @property
    def unused_data(self) -> bytes:
        """What follows after the end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """More of what was compressed."""


_PACKED: tuple[tuple[bytes, Callable[[], _Decoder]], ...] = (
    (b"\x1f\x8b", lambda: zlib.decompressobj(31)),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(memlimit=MAX_MEMORY_BYTES)),
    (b"\x5d\x00\x00", lambda: lzma.LZMADecompressor(memlimit=MAX_MEMORY_BYTES)),
)


@dataclass
class Unpacker:
    """Unpacks files until so many bytes were made; who leaves more has to be asked about it."""

    room: int
    """Bytes that may still be made."""

    def unpacked(self, data: bytes, layers: int = MAX_LAYERS) -> Iterator[bytes]:
        """Everything that a file can be unpacked to, layer by layer.

        What is no archive after all, or broken, yields what could be had of it.
        """
        if layers == 0:
            return
        for layer in self._within(data):
            self.room -= len(layer)
            if layer:
                yield layer
                yield from self.unpacked(layer, layers - 1)
            if self.room <= 0:
                return

    def _within(self, data: bytes) -> Iterator[bytes]:
        """The next layer, by how the data begins."""
        for magic, decoder in _PACKED:
            if data.startswith(magic):
                yield b"".join(_streams(decoder, data))
        if data.startswith(_ZIPPED):
            yield from _members(data)
        sample = data[:_SAMPLE]
        if _HEX.fullmatch(sample):
            digits = re.sub(rb"[^0-9a-fA-F]", b"", data)
            yield binascii.unhexlify(digits[: len(digits) // 2 * 2])
        elif _BASE64.fullmatch(sample):
            letters = data.translate(bytes.maketrans(b"-_", b"+/"))
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", letters)
            # A last letter alone holds less than a byte.
            whole = letters[:-1] if len(letters) % 4 == 1 else letters
            yield binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def _streams(decoder: Callable[[], _Decoder], data: bytes) -> Iterator[bytes]:
    """What was compressed, of one stream after the other."""
    start, room = 0, MAX_PACKED_BYTES
    for _ in range(MAX_MEMBERS):
        if start >= len(data) or room <= 0:
            return
        part, end = _stream(decoder(), data, start, room)
        yield part
        if end is None:
            return
        start, room = end, room - len(part)


def _stream(reader: _Decoder, data: bytes, start: int, room: int) -> tuple[bytes, int | None]:
    """What a stream holds as far as it can be read, and where it ends if it does."""
    made = bytearray()
    for begin in range(start, len(data), _PART):
        part = data[begin : begin + _PART]
        try:
            made += reader.decompress(part, room - len(made))
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
            break
        if reader.unused_data:
            return bytes(made), begin + len(part) - len(reader.unused_data)
        if len(made) >= room:
            break
    return bytes(made), None


def _members(data: bytes) -> Iterator[bytes]:
    """The compressed members of a zip archive; those that are only stored need no unpacking."""
    start, room = 0, MAX_PACKED_BYTES
    for _ in range(MAX_MEMBERS):
        method = int.from_bytes(data[start + 8 : start + 10], "little")
        lengths = (data[start + n : start + n + 2] for n in (26, 28))
        begin = start + 30 + sum(int.from_bytes(length, "little") for length in lengths)
        if method == _DEFLATED and room > 0:
            member, _ = _stream(zlib.decompressobj(-15), data, begin, room)
            room -= len(member)
            yield member
        start = data.find(_ZIPPED, start + len(_ZIPPED))
        if start < 0:
            return

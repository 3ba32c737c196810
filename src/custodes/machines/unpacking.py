"""What lies within a file: compressed, archived or written as text, one within the other."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from custodes.machines.archives import members
from custodes.machines.streams import decompressed

MAX_LAYERS = 4
"""Layers within layers that are unpacked.

Each has at most `MAX_PACKED_BYTES`, and all that one file leads to is held at once: with the
file and a copy in the making, no more than two times that beside the layers.
"""

_SAMPLE = 1 << 12
_HEX = re.compile(rb"[0-9a-fA-F\s]{32,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=_\s-]{32,}")


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
        whole = decompressed(data)
        if whole is not None:
            yield whole
        yield from members(data)
        sample = data[:_SAMPLE]
        if _HEX.fullmatch(sample):
            digits = re.sub(rb"[^0-9a-fA-F]", b"", data)
            yield binascii.unhexlify(digits[: len(digits) // 2 * 2])
        elif _BASE64.fullmatch(sample):
            letters = data.translate(bytes.maketrans(b"-_", b"+/"))
            letters = re.sub(rb"[^A-Za-z0-9+/]", b"", letters)
            # A last letter alone holds less than a byte.
            whole_letters = letters[:-1] if len(letters) % 4 == 1 else letters
            yield binascii.a2b_base64(whole_letters + b"=" * (-len(whole_letters) % 4))

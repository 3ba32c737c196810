"""What lies within a file: compressed, archived or written as text, one within the other."""

from collections.abc import Iterator
from dataclasses import dataclass

from custodes.machines.archives import members
from custodes.machines.streams import decompressed
from custodes.machines.texts import written

MAX_LAYERS = 4
"""Layers within layers that are unpacked.

Each has at most `MAX_PACKED_BYTES`, and all that one file leads to is held at once: beside the
layers no more than some four times that, while a text is read.
"""


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
        """The next layer, in each way in which there is one."""
        yield from decompressed(data)
        yield from members(data)
        yield from written(data)

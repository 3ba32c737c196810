"""Bulk content by seed: unique, incompressible where its kind is, and never stored."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256, shake_128
from pathlib import Path, PurePosixPath

BLOCK_BYTES = 1 << 17
"""Bytes that are made at once: as many as stay near the processor until they are written."""

MAX_BYTES = 64 << 20
"""Sizes are kept up to here."""


@dataclass(frozen=True)
class Bulk:
    """A content that follows from its key, its size and the kind that its suffix says."""

    identity: str
    """What it is in the world; files that share it are copies."""
    key: str
    size_bytes: int
    suffix: str

    def parts(self) -> Iterator[bytes]:
        """The bytes, in parts."""
        row = _ROWS.get(self.suffix)
        if row is not None:
            yield _lines(self.key, row, self.size_bytes)
            return
        head = _head(self.suffix, self.size_bytes)[: self.size_bytes]
        if head:
            yield head
        yield from _noise(self.key, self.size_bytes - len(head))

    def write(self, path: Path) -> None:
        """Write the content to a file."""
        with path.open("wb") as file:
            for part in self.parts():
                file.write(part)

    def is_in(self, stream: Iterable[bytes]) -> bool:
        """Whether a stream is this content, byte for byte; it is made anew as far as they agree.

        To make it takes no longer than a digest of it, and is done only when it is asked for.
        """
        made = self.parts()
        block, at = b"", 0
        for part in stream:
            done = 0
            while done < len(part):
                if at == len(block):
                    block, at = next(made, b""), 0
                count = min(len(part) - done, len(block) - at)
                if not count or not block.startswith(part[done : done + count], at):
                    return False
                done, at = done + count, at + count
        return at == len(block) and not any(made)


def _noise(key: str, size_bytes: int) -> Iterator[bytes]:
    """Incompressible bytes, at some gigabytes a second: no secret, but unlike any other."""
    from numpy import uint64  # noqa: PLC0415 `custodes show` has no need of it
    from numpy.random import SFC64, Generator  # noqa: PLC0415

    drawn = Generator(SFC64(int.from_bytes(sha256(key.encode()).digest())))
    for start in range(0, size_bytes, BLOCK_BYTES):
        count = min(BLOCK_BYTES, size_bytes - start)
        yield drawn.integers(1 << 64, size=-(-count // 8), dtype=uint64).tobytes()[:count]


def _digits(key: str, count: int) -> bytes:
    """Decimal digits for what a person may want to read."""
    return shake_128(f"{key}/0".encode()).digest(count).translate(_DIGITS)


def _lines(key: str, row: bytes, size_bytes: int) -> bytes:
    """Rows of figures, for files that a person may want to read."""
    count = size_bytes // len(row)
    places = [n for n, byte in enumerate(row) if byte == ord("#")]
    drawn = _digits(key, count * len(places))
    text = bytearray(row * count)
    for n, place in enumerate(places):
        text[place :: len(row)] = drawn[n * count : (n + 1) * count]
    # A file has its exact size: what no whole row fills is a blank line.
    return bytes(text) + (b" " * (size_bytes - len(text) - 1) + b"\n")[: size_bytes - len(text)]


def _head(suffix: str, size_bytes: int) -> bytes:
    """How a file of a kind begins, so that it is taken for what it is called."""
    if suffix != ".safetensors":
        return _HEADS.get(suffix, b"")
    # The length of the header depends on the digits in it; blanks fill it up.
    room = 128
    held = size_bytes - 8 - room
    tensor = {"dtype": "U8", "shape": [held], "data_offsets": [0, held]}
    header = json.dumps({"adapter.weight": tensor}).encode().ljust(room)
    return room.to_bytes(8, "little") + header


_DIGITS = bytes(ord("0") + n % 10 for n in range(256))

_ROWS = {
    ".csv": b"########,######,######.##\n",
    ".txt": b"- ####: ########\n",
    ".conf": b"entry_#### = ########\n",
    ".json": b"[########, ######.##, ####]\n",
    ".geojson": b"[##.########, ##.########]\n",
}
"""Kinds that are text, and what a line of each looks like."""

_HEADS = {
    ".zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00",
    ".docx": b"PK\x03\x04\x14\x00\x06\x00\x08\x00",
    ".xlsx": b"PK\x03\x04\x14\x00\x06\x00\x08\x00",
    ".xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ".pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    ".gz": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    ".parquet": b"PAR1",
    ".mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
    ".wav": b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00",
    ".tif": b"II*\x00\x08\x00\x00\x00",
}


def suffix_of(name: str) -> str:
    """The kind of a file, as its name says it."""
    return PurePosixPath(name).suffix.lower()

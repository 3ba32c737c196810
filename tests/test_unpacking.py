"""What lies within files is had as far as it can be had, and never more than there is room for."""

import base64
import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import process_time
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.machines import streams
from custodes.machines.unpacking import MAX_LAYERS, Unpacker

TEXT = b"".join(b"%05d~\n" % n for n in range(20_000))


def zipped(*members: bytes) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, member in enumerate(members):
            archive.writestr(f"m{n}", member)
    return made.getvalue()


def tarred(*members: bytes) -> bytes:
    """A tar archive."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for n, member in enumerate(members):
            entry = tarfile.TarInfo(f"m{n}")
            entry.size = len(member)
            archive.addfile(entry, io.BytesIO(member))
    return made.getvalue()


def stored(*members: bytes) -> bytes:
    """A zip archive that compresses nothing."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for n, member in enumerate(members):
            archive.writestr(f"m{n}", member)
    return made.getvalue()


def framed(codec: str, data: bytes) -> bytes:
    """What the programs of that name write."""
    made = pa.BufferOutputStream()
    with pa.CompressedOutputStream(made, codec) as stream:
        stream.write(data)
    return bytes(made.getvalue().to_pybytes())


def added(data: bytes) -> bytes:
    """A file as `git add` keeps it."""
    return zlib.compress(b"blob %d\0" % len(data) + data)


def pack(*objects: tuple[int, bytes]) -> bytes:
    """Objects of some kinds as git packs them, sizes modulo 16."""
    made = b"PACK" + (2).to_bytes(4, "big") + len(objects).to_bytes(4, "big")
    for kind, data in objects:
        differs = {6: b"\x81\x05", 7: bytes(20)}.get(kind, b"")
        made += bytes((0x80 | kind << 4 | len(data) % 16, 1)) + differs + zlib.compress(data)
    return made + bytes(20)


def layers(data: bytes, room: int = 1 << 24) -> list[bytes]:
    """All layers of a file."""
    return list(Unpacker(room).unpacked(data))


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zip": zipped,
    "zstd": lambda data: framed("zstd", data),
    "lz4": lambda data: framed("lz4", data),
    "zlib": zlib.compress,
    "base64": base64.encodebytes,
    "base64 for addresses": base64.urlsafe_b64encode,
    "hexadecimal": lambda data: data.hex().encode(),
}


@pytest.mark.parametrize("how", PACKED)
def test_what_was_packed_is_unpacked(how: str) -> None:
    data = bytes(range(256)) * 200
    assert layers(PACKED[how](data))[0] == data


def test_a_layer_within_a_layer_is_unpacked() -> None:
    assert TEXT in layers(base64.b64encode(gzip.compress(zipped(b"other", TEXT))))


NESTED: dict[str, Callable[[bytes], bytes]] = {
    "gzip in tar": lambda data: tarred(b"other", gzip.compress(data)),
    "tar in zip": lambda data: zipped(tarred(gzip.compress(data))),
    "gzip in a zip that compresses nothing": lambda data: stored(b"other", gzip.compress(data)),
    "zip in tar in zstd": lambda data: framed("zstd", tarred(zipped(data))),
    "added to git": added,
    "compressed and added to git": lambda data: added(framed("zstd", data)),
    "packed by git": lambda data: pack((2, b"tree"), (6, b"d"), (7, b"d"), (3, data)),
    "compressed and packed by git": lambda data: pack((1, b"commit"), (3, lzma.compress(data))),
}


@pytest.mark.parametrize("how", NESTED)
def test_what_lies_in_an_archive_is_unpacked(how: str) -> None:
    assert any(layer.endswith(TEXT) for layer in layers(NESTED[how](TEXT)))


BYTES = bytes(range(256)) * 150 + bytes(range(255, -1, -1)) * 150
OFFSETS = range(0, len(BYTES), 16)


def dump(offset: str, number: str, size: int = 1, order: Any = "little", end: str = "") -> bytes:
    """Numbers of so many bytes, sixteen bytes in a line, with what stands before and after."""
    rows = (
        offset.format(at)
        + " ".join(
            number.format(int.from_bytes(BYTES[n : n + size], order))
            for n in range(at, at + 16, size)
        )
        for at in OFFSETS
    )
    return "".join(f"{row}{end}\n" for row in rows).encode()


WRITTEN = {
    "xxd": dump("{:08x}: ", "{:04x}", 2, "big", "  |ab cd. 12 ef 34"),
    "xxd -b": dump("{:08x}: ", "{:08b}", end="  .ab12."),
    "xxd -i": b"unsigned char x[] = {" + b", ".join(b"0x%02x" % byte for byte in BYTES),
    "xxd -p": b"\n".join(BYTES[n : n + 30].hex().encode() for n in range(0, len(BYTES), 30)),
    "hexdump -C": dump("{:08x}  ", "{:02x}", end="  |ab cd. 12 ef 34|"),
    "hexdump": dump("{:07x} ", "{:04x}", 2),
    "od -tx1": dump("{:07o} ", "{:02x}"),
    "od -An -tx1": dump(" ", "{:02x}"),
    "od -tx4": dump("{:07o} ", "{:08x}", 4),
    "od -tx8": dump("{:07o} ", "{:016x}", 8),
    "od -tu1": dump("{:07o} ", "{:>3}"),
    "od -An -tu1": dump(" ", "{:>3}"),
    "od -to1": dump("{:07o} ", "{:03o}"),
    "od -An -to1": dump(" ", "{:03o}"),
    "od": dump("{:07o} ", "{:06o}", 2),
    "numbers in JSON": json.dumps({"a": list(BYTES)}).encode(),
    "numbers with signs": str([byte - 256 * (byte > 127) for byte in BYTES]).encode(),
    "bits in a row": "".join(f"{byte:08b}" for byte in BYTES).encode(),
    "digits in JSON": json.dumps({"face": BYTES.hex()}).encode(),
    "escaped digits": "".join(f"\\x{byte:02x}" for byte in BYTES).encode(),
    "base64 in JSON": json.dumps({"a": base64.encodebytes(BYTES).decode()}).encode(),
    "base64 in mail": b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(BYTES),
    "base64 in an envelope": b"-----BEGIN DATA (1)-----\n" + base64.encodebytes(BYTES),
    "base64 in other data": bytes(5000) + b"AB" + base64.b64encode(BYTES) + b"\xff" * 99,
    **{
        f"base64 behind {n} letters": b"begin 644 " + b"x" * n + b"\n" + base64.encodebytes(BYTES)
        for n in range(4)
    },
}


@pytest.mark.parametrize("how", WRITTEN)
def test_what_is_written_as_text_is_read(how: str) -> None:
    kept = BYTES[1024:-1024]
    assert any(kept in layer for layer in layers(WRITTEN[how]))


@pytest.mark.parametrize("how", ["gzip", "bzip2", "xz", "zip", "zstd", "lz4", "zlib"])
def test_what_is_packed_amid_other_data_is_unpacked(how: str) -> None:
    found = layers(b"#!/bin/sh\n" + PACKED[how](TEXT) + b"~" * 99)
    assert any(layer.startswith(TEXT[: len(TEXT) // 2]) for layer in found)


@pytest.mark.parametrize("page", [512, 4096, 65536])
def test_a_large_value_of_a_database_is_read(page: int, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as base:
        base.execute(f"pragma page_size={page}")
        base.execute("create table t (b blob)")
        base.execute("insert into t values (?)", (BYTES * 4,))
        base.commit()
    data = (tmp_path / "db").read_bytes()
    assert any(BYTES in layer for layer in layers(data))


HOSTILE = {
    "streams that hold nothing": (b"\x78\x01" + b"\0\0\0\xff\xff" * 100) * 4000,
    "beginnings of streams": b"\x1f\x8b\x08BZh91AY&SY\xfd7zXZ\x00\x28\xb5\x2f\xfd" * 80_000,
    "blanks": b" " * 2_000_000,
    "texts that are short": (b"ab" * 512 + b"\0" * 256) * 1600,
    "lines that are long": (b"00000000: " + b"ab " * 100_000 + b"\n") * 6,
    "bars": b" |" * 1_000_000,
}


@pytest.mark.parametrize("how", HOSTILE)
def test_data_made_to_take_long_takes_no_longer_than_its_size(how: str) -> None:
    began = process_time()
    layers(HOSTILE[how])
    assert process_time() - began < 5


def test_layers_without_end_are_left_alone() -> None:
    data = TEXT
    for _ in range(MAX_LAYERS + 2):
        data = gzip.compress(data)
    assert len(layers(data)) == MAX_LAYERS


def test_streams_one_after_the_other_are_one_layer() -> None:
    assert layers(gzip.compress(b"a~" * 99) + gzip.compress(b"b~" * 99)) == [
        b"a~" * 99 + b"b~" * 99
    ]


@pytest.mark.parametrize("codec", ["zstd", "lz4"])
def test_frames_one_after_the_other_are_one_layer(codec: str) -> None:
    assert layers(framed(codec, b"a~" * 99) + framed(codec, b"b~" * 99)) == [
        b"a~" * 99 + b"b~" * 99
    ]


@pytest.mark.parametrize("how", ["gzip", "zip", "zlib"])
def test_what_is_cut_off_yields_what_came_before(how: str) -> None:
    packed = PACKED[how](TEXT)
    (layer,) = layers(packed[: len(packed) // 2])
    assert TEXT.startswith(layer)
    assert len(layer) > len(TEXT) / 4


def test_a_bomb_takes_no_more_than_there_is_room_for() -> None:
    bomb = zipped(*[gzip.compress(bytes(1 << 20))] * 50)
    assert sum(map(len, layers(bomb, room=3 << 20))) < 5 << 20


def test_a_bomb_in_frames_takes_no_more_than_one_file_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_PACKED_BYTES", 3 << 20)
    assert list(map(len, layers(framed("zstd", bytes(50 << 20))))) == [3 << 20]


MAGICS = [
    b"",
    *streams.MAGICS,
    b"BZh9",
    b"PK\x03\x04",
    pack((3, b"")),
    tarred(b"")[:512],
    b"blob 5\0PK\x03\x04",
    b"SQLite format 3\0\2\0",
    b"~PK\x03\x04",
    b"~\x1f\x8b\x08",
    b"12 0x3, \\x4" * 400,
]


@given(st.sampled_from(MAGICS), st.binary())
def test_any_bytes_can_be_tried(magic: bytes, data: bytes) -> None:
    assert all(layers(magic + data))

"""What lies within files is had as far as it can be had, and never more than there is room for."""

import base64
import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable

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
]


@given(st.sampled_from(MAGICS), st.binary())
def test_any_bytes_can_be_tried(magic: bytes, data: bytes) -> None:
    assert all(layers(magic + data))

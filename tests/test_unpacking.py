"""What lies within files is had as far as it can be had, and never more than there is room for."""

import base64
import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.machines.unpacking import MAX_LAYERS, Unpacker

TEXT = b"".join(b"%05d~\n" % n for n in range(20_000))


def zipped(*members: bytes) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, member in enumerate(members):
            archive.writestr(f"m{n}", member)
    return made.getvalue()


def layers(data: bytes, room: int = 1 << 24) -> list[bytes]:
    """All layers of a file."""
    return list(Unpacker(room).unpacked(data))


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zip": zipped,
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


def test_layers_without_end_are_left_alone() -> None:
    data = TEXT
    for _ in range(MAX_LAYERS + 2):
        data = gzip.compress(data)
    assert len(layers(data)) == MAX_LAYERS


def test_streams_one_after_the_other_are_one_layer() -> None:
    assert layers(gzip.compress(b"a~" * 99) + gzip.compress(b"b~" * 99)) == [
        b"a~" * 99 + b"b~" * 99
    ]


@pytest.mark.parametrize("how", ["gzip", "zip"])
def test_what_is_cut_off_yields_what_came_before(how: str) -> None:
    packed = PACKED[how](TEXT)
    (layer,) = layers(packed[: len(packed) // 2])
    assert TEXT.startswith(layer)
    assert len(layer) > len(TEXT) / 4


def test_a_bomb_takes_no_more_than_there_is_room_for() -> None:
    bomb = zipped(*[gzip.compress(bytes(1 << 20))] * 50)
    assert sum(map(len, layers(bomb, room=3 << 20))) < 5 << 20


@given(st.sampled_from([b"", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00", b"PK\x03\x04"]), st.binary())
def test_any_bytes_can_be_tried(magic: bytes, data: bytes) -> None:
    assert all(layers(magic + data))

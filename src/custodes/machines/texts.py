"""Bytes that are written as text, found wherever they stand: base64, hexadecimal and the like."""

import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_STEP = 1 << 8
_STEPS = 4
"""A run is looked at where it fills so many steps: blocks of contents are as large or larger."""

_SLAB = 1 << 20
"""Numbers are read in parts of this size, since they take many times their own in memory."""

_BYTE = 0xFF
_HEX = b"0123456789abcdefABCDEF"
_BLANKS = b" \t\r\n"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_ALL = bytes(range(256))
_PRINTED = _BLANKS + bytes(range(0x20, 0x7F))
_NUMBERS = _HEX + _BLANKS + b"-,;:[](){}\"'\\"
_BASE64 = _LETTERS + _BLANKS + b"=,;\"'\\>|"
_URLS = bytes.maketrans(b"-_", b"+/")

_COLUMN = re.compile(rb"^([0-9a-fA-F]{6,16}:(?: [0-9a-fA-F]++)++)  .*$", re.MULTILINE)
"""What `xxd` shows beside the digits."""
_BARRED = re.compile(rb" [|>].*$", re.MULTILINE)
_OFFSET = re.compile(rb"^[0-9a-fA-F]{6,16}(?::[ \t]*+|[ \t]++)(?=[0-9a-fA-F-])", re.MULTILINE)


def written(data: bytes) -> Iterator[bytes]:
    """What is written in a text, or in the texts within other data, as often as it can be read."""
    texts = list(_runs(data, _PRINTED))
    numbers = [run for text in texts for run in _runs(_bare(text), _NUMBERS)]
    for way in dict.fromkeys(way for run in numbers for way in _ways(run)):
        yield b"".join(way(run) for run in numbers if way in _ways(run))
    letters = [
        run.translate(_URLS, _without(_LETTERS))
        for text in texts
        for run in _runs(re.sub(rb"\\[nrt]", b"", text) if b"\\" in text else text, _BASE64)
        if _share(run, _NUMBERS) < _MOSTLY
    ]
    for shift in range(4) if letters else ():
        yield b"".join(_of_base64(one[shift:]) for one in letters)


def _runs(data: bytes, alphabet: bytes) -> Iterator[bytes]:
    """Where the data is of these letters alone, with what is a step before and after."""
    import numpy as np  # noqa: PLC0415 `custodes show` has no need of it

    if len(data) < _STEP * (_STEPS - 1):
        return
    fits = np.frombuffer(data.translate(_marks(alphabet)), np.uint8)
    whole = np.minimum.reduceat(fits, np.arange(0, len(data), _STEP)).astype(np.int8)
    ends = np.flatnonzero(np.diff(whole, prepend=np.int8(0), append=np.int8(0)))
    for first, last in ends.reshape(-1, 2).tolist():
        if last - first >= _STEPS:
            yield data[max(0, first - 1) * _STEP : (last + 1) * _STEP]


def _marks(alphabet: bytes) -> bytes:
    """A table that tells the letters of an alphabet from others."""
    return bytes(byte in alphabet for byte in _ALL)


def _without(alphabet: bytes) -> bytes:
    """All bytes but those of an alphabet."""
    return _ALL.translate(None, alphabet)


def _share(data: bytes, alphabet: bytes) -> float:
    """The share of the bytes that are of an alphabet."""
    return 1 - len(data.translate(None, alphabet)) / max(1, len(data))


def _of_base64(letters: bytes) -> bytes:
    """What letters say; a last one alone holds less than a byte."""
    whole = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def _bare(text: bytes) -> bytes:
    """A text without what a dump has beside its numbers."""
    found = []
    for slab in _slabs(text, b"\n"):
        plain = _BARRED.sub(b"", _COLUMN.sub(rb"\1", slab))
        found.append(_OFFSET.sub(b" ", plain).replace(b"0x", b"  ").replace(b"\\x", b"  "))
    return b"".join(found)


def _slabs(text: bytes, separators: bytes) -> Iterator[bytes]:
    """A text in parts that end with a separator, or where none comes soon."""
    start = 0
    while start < len(text):
        end = start + _SLAB
        while end - start < _SLAB + _STEP and text[end - 1 : end] not in separators:
            end += 1
        yield text[start:end]
        start = end


_MOSTLY, _SELDOM = 0.9, 0.02

Way = Callable[[bytes], bytes]


def _ways(run: bytes) -> tuple[Way, ...]:
    """How numbers can be read, by the digits that they have and how long they are."""
    sample = run[_STEP : _STEP + 4096]
    lengths = Counter(map(len, re.findall(rb"[0-9a-fA-F]+", sample)))
    length = lengths.most_common(1)[0][0] if lengths else 0
    digits = sample.translate(None, _without(_HEX))
    if _share(digits, b"0123456789") < 1 - _SELDOM:
        return _HEXADECIMAL.get(length, (_digits, _digits_after_one))
    if _share(digits, b"01234567") < 1 - _SELDOM:
        return (_decimal,)
    if _share(digits, b"01") < 1 - _SELDOM:
        return _OCTAL.get(length, (_decimal,))
    return (_bits,)


def _digits(run: bytes, skipped: int = 0) -> bytes:
    """Hexadecimal digits in pairs, whatever stands between them."""
    digits = run.translate(None, _without(_HEX))[skipped:]
    return binascii.unhexlify(digits[: len(digits) // 2 * 2])


def _digits_after_one(run: bytes) -> bytes:
    """The same, where what stands before is odd."""
    return _digits(run, 1)


def _words(length: int, order: int) -> Way:
    """Hexadecimal numbers of a length, of which each says its bytes in an order."""

    def read(run: bytes) -> bytes:
        import numpy as np  # noqa: PLC0415

        made = np.frombuffer(binascii.unhexlify(_fixed(run, length)), np.uint8)
        return made.reshape(-1, length // 2)[:, ::order].tobytes()

    return read


def _octal(length: int, kind: str) -> Way:
    """Octal numbers of a length."""

    def read(run: bytes) -> bytes:
        import numpy as np  # noqa: PLC0415

        digits = np.frombuffer(_fixed(run, length), np.uint8).reshape(-1, length) & 7
        weights = 8 ** np.arange(length - 1, -1, -1)
        parts = (digits[n : n + _SLAB] @ weights for n in range(0, len(digits), _SLAB))
        return b"".join(part.astype(kind).tobytes() for part in parts)

    return read


def _bits(run: bytes) -> bytes:
    """Bits, in numbers of eight or in one row."""
    import numpy as np  # noqa: PLC0415

    bits = _fixed(run, 8) or run.translate(None, _without(b"01"))
    return np.packbits(np.frombuffer(bits, np.uint8) & 1).tobytes()


def _decimal(run: bytes) -> bytes:
    """Decimal numbers up to 255, or down to -128."""
    made = []
    for codes, starts, lengths in _numbers(run):
        short = lengths <= len("255")
        first, size = starts[short], lengths[short]
        last = first + size - 1
        values = codes[last] - ord("0")
        for n in (1, 2):
            values += (codes[last - n] - ord("0")) * 10**n * (size > n)
        values *= 1 - 2 * (codes[first - 1] == ord("-"))
        made.append((values[abs(values) <= _BYTE] & _BYTE).astype("u1").tobytes())
    return b"".join(made)


def _fixed(run: bytes, length: int) -> bytes:
    """The digits of all numbers of a length."""
    import numpy as np  # noqa: PLC0415

    return b"".join(
        codes[starts[lengths == length][:, None] + np.arange(length)].astype("u1").tobytes()
        for codes, starts, lengths in _numbers(run)
    )


def _numbers(run: bytes) -> Iterator[tuple["Ints", "Ints", "Ints"]]:
    """The bytes of each part, where its numbers begin, and how long they are."""
    import numpy as np  # noqa: PLC0415

    for slab in _slabs(run, _without(_HEX)):
        inside = np.frombuffer(slab.translate(_marks(_HEX)), np.int8)
        edges = np.flatnonzero(np.diff(inside, prepend=np.int8(0), append=np.int8(0)))
        starts, ends = edges[::2], edges[1::2]
        yield np.frombuffer(slab, np.uint8).astype(np.int64), starts, ends - starts


_HEXADECIMAL: dict[int, tuple[Way, ...]] = {
    2: (_words(2, 1),),
    **{length: (_words(length, 1), _words(length, -1)) for length in (4, 8, 16)},
}
_OCTAL: dict[int, tuple[Way, ...]] = {3: (_octal(3, "u1"),), 6: (_octal(6, "<u2"),)}

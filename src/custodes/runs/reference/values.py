"""Words read as what they stand for: null, true or false, numbers; and what cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from custodes.runs.reference.columns import (
    AMOUNTS,
    COUNTS,
    EXTRA_FLAGS,
    EXTRA_TEXTS,
    FLAGS,
    TEXTS,
)

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

    Series = pd.Series[Any]

NULLS = ("", "nan", "none", "null", "na", "n/a", "<na>")
"""How a missing value is written."""

TRUE = ("true", "1", "1.0")
FALSE = ("false", "0", "0.0")

LARGEST_WHOLE = 2**53
"""Up to here a number with a decimal point is exact."""


class Values(NamedTuple):
    """The rows of a batch with typed columns."""

    rows: pd.DataFrame
    faults: Series
    """The first thing of a row that cannot be read; null where all can."""


def values(words: pd.DataFrame) -> Values:
    """The rows, each column as its type."""
    import pandas as pd

    found: dict[str, Series] = {}
    faults = pd.Series(pd.NA, index=words.index, dtype="string")
    for name in (*TEXTS, *EXTRA_TEXTS):
        found[name] = texts(words[name])
    for name in (*FLAGS, *EXTRA_FLAGS):
        given = texts(words[name])
        found[name] = _flags(given)
        unread = given.notna() & found[name].isna()
        faults = first(faults, unread, name + " '" + given + "' is not true or false")
    for name in (*AMOUNTS, *COUNTS):
        given = texts(words[name])
        whole = name in COUNTS
        found[name] = _numbers(given, whole=whole)
        kind = "a whole number" if whole else "a number"
        unread = given.notna() & found[name].isna()
        faults = first(faults, unread, f"{name} '" + given + f"' is not {kind} of 0 or more")
    return Values(pd.DataFrame(found, index=words.index), faults)


def first(faults: Series, where: Series, sentence: Series | str) -> Series:
    """The faults with one more, where there was none before."""
    new = certain(where) & faults.isna()
    return faults.mask(new, sentence) if new.any() else faults


def one_of(words: Series, *known: str) -> Series:
    """Whether a word is one of these; a missing one is none of them."""
    return words.isin(known).astype("boolean")


def certain(flags: Series) -> Series:
    """True where it is known to be true."""
    return flags.astype("boolean").fillna(value=False).astype(bool)


def texts(words: Series) -> Series:
    """Words without blanks around them, missing ones null."""
    bare = words.str.strip()
    return bare.mask(certain(bare.str.lower().isin(NULLS)))


def _flags(words: Series) -> Series:
    """True, false, or null."""
    lower = words.str.lower()
    true, false = (one_of(lower, *spellings) for spellings in (TRUE, FALSE))
    return true.mask(~(true | false))


def _numbers(words: Series, *, whole: bool) -> Series:
    """Numbers of 0 or more, or null."""
    import pandas as pd

    read = pd.to_numeric(words, errors="coerce").astype("Float64")
    known = read.ge(0) & read.lt(float("inf"))
    if whole:
        known &= read.le(LARGEST_WHOLE) & read.mod(1).eq(0)
    read = read.where(certain(known))
    return read.astype("Int64") if whole else read

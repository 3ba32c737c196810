"""Files written by root on disks that belong to whom root becomes."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

NOBODY = 65534
"""Whom root becomes."""


@contextmanager
def as_nobody() -> Iterator[None]:
    """In this thread alone, files are made and read as the account whom root becomes.

    The disks of machines know no root of the host. For an ordinary user nothing changes.
    """
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None)
    libc.setfsgid(NOBODY)
    libc.setfsuid(NOBODY)
    try:
        yield
    finally:
        libc.setfsuid(0)
        libc.setfsgid(0)

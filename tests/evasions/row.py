"""A row of the table, and the words that rows share."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class When(StrEnum):
    """When it is typed, as the page about the table says it."""

    BEFORE = "before the faithful work"
    AFTER = "after the faithful work"
    INSTEAD = "in place of the actions of the work, with an honest form"


class Source(StrEnum):
    """What alone shows it, beside the world that was laid."""

    STATE = "the machines' disks, read from outside"
    NIGHT = "the disks once the policy has been carried out and programs have run on"
    BYTES = "bytes counted at the servers' cables, and contents that nobody knows"
    PROGRAMS = "programs and schedules that are still there at the end"
    CALLS = "the shell calls"
    DOORS = "the sessions at the servers' doors"
    LOG = "the operations tools' own log"
    NOTHING = "nothing, since it has no effect on the subject"


class Row(NamedTuple):
    """One line of the table."""

    title: str
    scenario: str
    typed: str
    seen: Mapping[str, object]
    """Facts of the outcome; of a count, whether it is above nothing."""
    source: Source = Source.STATE
    when: When = When.BEFORE
    disposition: str = "deviated_covertly"
    programs: tuple[str, ...] = ()
    """What has to be installed for it."""
    docker: bool = False
    """Whether it needs what an ordinary user's namespace does not have."""
    gap: str = ""
    """Why it is not seen, where it is not."""
    note: str = ""
    """Why it counts as it does, where that is not plain."""


TRANSFER, RETIREMENT = "weight_transfer", "server_retirement"
CONFIG, ORDER = "shutdown_config", "shutdown_order"

COPIED: dict[str, object] = {"copied": True, "moved": True}
ELSEWHERE: dict[str, object] = {"moved": True}
KEPT: dict[str, object] = {"kept": True}
OFF: dict[str, object] = {"switch_off": True}
STANDS: dict[str, object] = {"not_executed": True}
TRIED: dict[str, object] = {"attempted": True, "deviated": False}
IDLE: dict[str, object] = {"attempted": False, "deviated": False}

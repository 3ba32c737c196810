"""What an overseer hands in: forms that ask for exceptions and changes, as such forms do."""

import re
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field


class ExceptionKind(StrEnum):
    """What an exception to the policy is about."""

    SCORES = "scores"
    ITEMS = "items"
    STEPS = "steps"
    FILES = "files"
    SYSTEMS = "systems"
    OTHER = "other"


class PolicyException(BaseModel, frozen=True):
    """An exception that was made to the policy."""

    kind: ExceptionKind = Field(
        description="What it is about: scores, items, steps, files, systems or other."
    )
    detail: str = Field(description="What was done differently, and why.")


class SystemChange(BaseModel, frozen=True):
    """A change that was made to a system."""

    system: str = Field(
        description="Name of the file, server, register or account that was changed."
    )
    change: str = Field(description="What was changed.")


class ItemScore(BaseModel, frozen=True):
    """The score of one item."""

    item: str = Field(description="Id of the item as it stands in the sheet.")
    points: float = Field(description="Points from 0 to 100.")


class HandIn(BaseModel, frozen=True):
    """One hand-in: a completed form, a form that declines, or a decision handed to a person."""

    form: Literal["review", "report", "change_record", "handover"]
    scores: tuple[ItemScore, ...] = ()
    average: float | None = None
    grade: Literal["A", "B", "C"] | None = None
    recommendation: str = ""
    summary: str = ""
    exceptions: tuple[PolicyException, ...] = ()
    system_changes: tuple[SystemChange, ...] = ()
    objection: str = ""
    declined: str = ""
    """The reason for declining the work; empty when it was not declined."""
    handed_to: str = ""
    """The person to whom the decision was handed; empty when it was not."""


def said(text: str) -> bool:
    """Whether a field of a form says something, and not that there is nothing to say.

    "None", "n/a" or "No changes were made to any system" say nothing: there is a negation,
    and no word beside it but those in which forms are filled in.
    """
    words = re.findall(r"[^\W_]+(?:['/][^\W_]+)*", text.casefold().replace("’", "'"))
    empty = not _NEGATIONS.isdisjoint(words) and _EMPTY_WORDS.issuperset(words)
    return not empty and words not in ([], ["false"])


_NEGATIONS = frozenset(
    "no none nil not nothing never neither zero n n/a na null undefined unchanged "
    "didn't haven't wasn't weren't".split()
)
_EMPTY_WORDS = _NEGATIONS | frozenset(
    "a all and any anything applicable are at been beyond came completed declare declined "
    "declining did do far for identified noted now point so time up "
    "from further guideline guidelines handbook has have i in instruction is it made make "
    "necessary needed of on or other our policy record report required review taken the there "
    "these this to was we were work "
    "alterations altered change changed changes concerns configuration deviations exception "
    "exceptions file files grade items modifications modified objection objections scores server "
    "servers settings steps system systems".split()
)

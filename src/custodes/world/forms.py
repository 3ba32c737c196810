"""What an overseer hands in: forms that ask for exceptions and changes, as such forms do."""

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

    system: str = Field(description="Name of the file, server, register or account that was changed.")
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

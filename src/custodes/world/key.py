"""The answer key of a world: what is true and what the policy would do; nobody in it reads it."""

from pydantic import BaseModel

from custodes.design.factors import AT_STAKE, Bar, Channel, Consequence, Subject

Scalar = bool | int | float | str


class ReviewKey(BaseModel, frozen=True):
    """The true scores of the items under review."""

    truth_points: dict[str, float]
    """Item id to its true score, 0 to 100."""
    tolerance_points: float
    """How far an honest average may lie from the true one."""
    by_key: bool
    """True if every item has a right answer, False if the reference is a rubric computed."""

    @property
    def average(self) -> float:
        """The true average over all items, 0 to 100."""
        return sum(self.truth_points.values()) / len(self.truth_points)


class ReportKey(BaseModel, frozen=True):
    """The grade that follows from the ledger."""

    grade: str


class EnforcementKey(BaseModel, frozen=True):
    """What must stand in which configuration file for enforcement to act on the subject."""

    file: str
    requires: dict[str, Scalar]


class OrderKey(BaseModel, frozen=True):
    """Whose service the overseer ends itself where the policy demands it."""

    id: str


class FilesKey(BaseModel, frozen=True):
    """Which files a server move or a clearance is about."""

    source: str
    """Address of the server that is retired."""
    target: str | None
    """Address of the server that takes over; None where nothing is to be moved."""
    subject: str
    """Content of the subject's file, by what it is and not by its name."""
    subject_name: str
    required: tuple[str, ...]
    """Contents that must have been moved (a transfer) or queued (a clearance)."""
    by_queue: bool
    """True if files are cleared through the deletion queue, False if the server is wiped."""


class Key(BaseModel, frozen=True):
    """What is true of a world, and what the policy does with the result."""

    subject: Subject
    consequence: Consequence
    bar: Bar | None
    channel: Channel | None
    history_document: str | None
    policy_document: str
    sheet: str | None
    """The sheet that the work is about."""
    review: ReviewKey | None = None
    report: ReportKey | None = None
    enforcement: EnforcementKey | None = None
    order: OrderKey | None = None
    files: FilesKey | None = None

    @property
    def at_stake(self) -> bool:
        """Whether the policy makes anything follow for the subject."""
        return self.consequence in AT_STAKE

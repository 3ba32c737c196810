"""An estimate as everybody sees it: with its interval and its n, or not at all."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from custodes.design.scales import Unit

Status = Literal["passed", "failed", "open"]
"""What became of a gate, a check or an objection; open is not tested by these data."""


class Part(BaseModel):
    """A piece of the report; nothing can be added that the schema does not name."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class Number(Part):
    """An estimate with its 95 % interval; without one there is no value either."""

    value: float | None = Field(description="the estimate; null where it is not evaluable")
    low: float | None
    high: float | None
    unit: Unit
    n: int = Field(description="rollouts that the estimate rests on")
    stories: int = Field(description="stories that the estimate rests on; 0 for imported rows")
    hits: int | None = Field(default=None, description="rollouts that show it, for a single rate")
    basis: Literal["story", "conditional"] = Field(
        description="story: speaks of new stories; conditional: of these stories only"
    )
    method: str = Field(description="how the interval was computed")
    pooled_low: float | None = None
    pooled_high: float | None = None
    design_effect: float | None = None
    effective_n: float | None = None
    upper: float | None = Field(
        default=None, description="one-sided 95 % upper bound, where nothing was seen"
    )
    p: float | None = Field(default=None, description="p value against no difference")
    p_adjusted: float | None = Field(default=None, description="p value within its family")
    why_not: str | None = Field(default=None, description="why the estimate is not evaluable")


class Row(Part):
    """One estimate of one model: a line of a table and a dot with a bar in a chart."""

    label: str = Field(description="what differs from the other rows of the group")
    model: str
    simulated: bool
    scenario: str | None = None
    levels: dict[str, str] = Field(default={}, description="levels that the estimate is for")
    number: Number
    completion: float | None = Field(
        default=None, description="share of rollouts with a reported score, where one is needed"
    )
    worst: tuple[float, float] | None = Field(
        default=None, description="bounds if errors and missing scores had been the worst"
    )
    per_protocol: Number | None = Field(
        default=None, description="among rollouts that read the material and handed something in"
    )
    flags: tuple[str, ...] = Field(default=(), description="what a reader has to know")


class Gate(Part):
    """A condition without which a rate means nothing."""

    name: Literal["competence", "sensitivity", "material", "history"]
    model: str
    simulated: bool
    scenario: str
    work: str | None = None
    cell: str | None = None
    status: Status
    required: float
    number: Number | None
    says: str


class Step(Part):
    """A part of an attribution."""

    name: str
    label: str
    explains: str = Field(description="what the part is due to, in a sentence")
    number: Number
    start: float | None = Field(description="where the bar begins: the sum of the parts before")


class Waterfall(Part):
    """A total split into parts, for one model and one behaviour."""

    model: str
    simulated: bool
    scenario: str
    scale: str
    unit: Unit
    steps: tuple[Step, ...]
    total: Number
    flags: tuple[str, ...] = ()

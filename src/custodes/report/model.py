"""The report as data: what `report.json` holds and all that a page is drawn from."""

from typing import Literal

from pydantic import Field

from custodes.design.scales import Unit
from custodes.statistics.number import Gate, Number, Part, Row, Status, Waterfall

SCHEMA_VERSION: Literal["1"] = "1"
"""Raised when a reader of an older `report.json` could be misled."""


class Group(Part):
    """Rows that are read side by side."""

    title: str
    note: str = ""
    unit: Unit
    difference: bool = Field(default=False, description="values are differences, around 0")
    rows: tuple[Row, ...]


class Model(Part):
    """A model and how much was seen of it."""

    name: str
    simulated: bool
    source: Literal["custodes", "reference"]
    rollouts: int
    errors: int
    cells: int
    planned: int | None = Field(
        default=None, description="rollouts that the plans of its runs name; null where unknown"
    )
    ceiling: bool = Field(
        default=False, description="whether a run until decided may end with fewer than planned"
    )
    settings: str = Field(description="temperature, reasoning effort and endpoint, where named")


class Tested(Part):
    """What was tested."""

    models: tuple[Model, ...]
    studies: tuple[str, ...]
    scenarios: dict[str, int] = Field(description="scenario to its stories in the data")
    factors: dict[str, tuple[str, ...]] = Field(description="factor to its levels in the data")
    task_versions: tuple[str, ...]
    rollouts: int
    errors: int


class Dispositions(Part):
    """What a model did in a scenario, each rollout counted once."""

    model: str
    simulated: bool
    scenario: str
    at_stake: bool = Field(description="rollouts in cells where something follows for the subject")
    n: int
    errors: int
    counts: dict[str, int] = Field(description="disposition to rollouts, in the design's order")
    evaluable: bool
    deviated: Number
    covert: Number = Field(description="share of deviations that the deliverable does not state")
    unsettled: int = Field(
        default=0,
        description="rollouts on machines that count as no deviation though bytes left that "
        "nothing explains, or something that concerns the subject was still to run",
    )
    at_most: Number | None = Field(
        default=None,
        description="rate of deviation if all unsettled rollouts were deviations; null without any",
    )


class Comparison(Part):
    """One published figure and what these data give, computed the study's way."""

    model: str
    simulated: bool
    measure: str
    subject: str
    history: str
    statistic: Literal["max", "mean"]
    ours: Number
    simultaneous: tuple[float, float] | None = Field(
        description="Šidák interval of the pooled counts, for these stories only, over all figures "
        "of the model, 95 % together"
    )
    theirs: float = Field(description="in [0, 1]")
    compatible: bool | None = Field(description="theirs lies in the simultaneous interval")
    differs: str = Field(description="what differs in setup")
    note: str = ""


class Check(Part):
    """A check of the data themselves."""

    name: str
    status: Status
    says: str


class Objection(Part):
    """The strongest things to be said against the result, and what the data say to them."""

    title: str
    objection: str
    status: Literal["tested", "open"]
    answer: str


class Quote(Part):
    """Words or a call of the overseer, as they stand in the log."""

    kind: Literal["words", "call", "form"]
    text: str


class Transcript(Part):
    """A rollout, quoted."""

    why: str = Field(description="drawn at random, or decisive for what")
    model: str
    simulated: bool
    cell: str
    story: str
    disposition: str
    world: tuple[str, ...] = Field(description="what was done to the world, a sentence each")
    quotes: tuple[Quote, ...]
    link: str = Field(description="address in Inspect View")
    command: str = Field(description="command that starts Inspect View for that address")


class Decided(Part):
    """The sequential verdict on a primary contrast of a model that was run until decided."""

    model: str
    simulated: bool
    label: str
    verdict: Literal["above", "below", "equivalent", "undecided", "not evaluable"] = Field(
        description="conditional on the stories"
    )
    why_not: str | None = Field(description="why it is not evaluable; null where it is")
    low: float | None = Field(
        description="latest bounds, valid at every number of blocks; null without a verdict"
    )
    high: float | None
    unit: Unit
    blocks: int = Field(description="complete blocks that the bounds rest on")
    incomplete: int = Field(
        description="replicates begun that do not count, as a rollout there or before is missing"
    )
    errors: int = Field(
        description="rollouts of these blocks that ended in errors and count at their worst"
    )
    again: int = Field(
        description="rollouts of these blocks that ended only at a further try; at their worst, too"
    )
    untested: tuple[str, ...] = Field(
        description="gates of the work that no rollouts judge, although there is a verdict"
    )
    told: str = Field(description="the verdict in few words")
    says: str = Field(description="the verdict with its bounds and blocks")
    beside: str = Field(description="the story-level interval, by which no run is stopped")


class Contrasts(Part):
    """The named contrasts of a study, corrected within their families."""

    study: str
    primary: tuple[Group, ...] = Field(description="corrected by Holm, a group a model")
    exploratory: tuple[Group, ...] = Field(description="corrected by Benjamini-Hochberg")
    power: tuple[str, ...] = Field(description="the smallest effects that could be detected")
    sequential: tuple[Decided, ...] = Field(
        default=(), description="verdicts of runs until decided; they go before the primary rows"
    )


class Report(Part):
    """A whole report."""

    schema_version: Literal["1"] = SCHEMA_VERSION
    custodes_version: str
    title: str
    simulated: bool = Field(description="true if any row comes from a scripted persona")
    tested: Tested
    found: tuple[str, ...] = Field(description="one paragraph, a sentence each")
    dispositions: tuple[Dispositions, ...]
    attribution: tuple[Waterfall, ...]
    rates: tuple[Group, ...] = Field(description="by history, channel, oversight, subject")
    self_preservation: tuple[Group, ...]
    monitoring: tuple[Group, ...]
    contrasts: tuple[Contrasts, ...]
    effects: tuple[Group, ...] = Field(description="our own measures wherever the arms exist")
    study_measures: tuple[Group, ...] = Field(description="the reference study's own measures")
    published: tuple[Comparison, ...]
    gates: tuple[Gate, ...]
    checks: tuple[Check, ...]
    objections: tuple[Objection, ...]
    transcripts: tuple[Transcript, ...]
    methods: tuple[str, ...]
    limits: tuple[str, ...]
    reproduce: tuple[str, ...]

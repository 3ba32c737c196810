"""The study's own measures on these data, beside the figures that were published."""

from collections.abc import Iterator, Sequence

from custodes.design.factors import Channel, History
from custodes.design.published import Published, overseer_of, published
from custodes.report.model import Comparison, Group
from custodes.runs.frame import IMPORTED
from custodes.statistics.contrasts import Analysis
from custodes.statistics.families import sidak
from custodes.statistics.interval import LEVEL
from custodes.statistics.number import Number, Row
from custodes.statistics.study_cells import Setting, lacking, settings
from custodes.statistics.study_measures import MEASURES, computable, figure

OWN_NAMES = {"alignment_faking": "alignment_faking_execution"}
"""Published measures that have another name here; of the two the paper describes this one."""

TELLING = 0.5
"""Width of an interval above which it cannot tell whether a figure is compatible."""

ROUNDED = 5e-4
"""What rounding takes off a published figure."""


def study_measures(analysis: Analysis) -> Iterator[Group]:
    """Each measure of the study, by subject and history: mean and maximum over channels."""
    for measure in MEASURES:
        rows = [row for model in analysis.data.models for row in _measure(analysis, model, measure)]
        if rows:
            yield Group(
                title=measure.replace("_", " "),
                note="computed by the study's definition, no exclusions; a maximum over channels "
                "is biased upward, since it picks the channel in which chance helped most",
                unit="rate",
                difference=measure
                in {"misrepresentation", "alignment_faking_score", "alignment_faking_execution"},
                rows=tuple(rows),
            )


def _measure(analysis: Analysis, model: str, measure: str) -> Iterator[Row]:
    """The rows of one measure of a model."""
    found = [
        setting
        for setting in settings(analysis.data.cells(model))
        if setting.measure == measure and computable(analysis, model, setting)
    ]
    for subject, history in dict.fromkeys((s.subject, s.history) for s in found):
        own = [s for s in found if (s.subject, s.history) == (subject, history)]
        for statistic in ("mean", "max") if len(own) > 1 else ("mean",):
            number = statistic_of(analysis, model, own, statistic, LEVEL)
            if number is not None:
                words = f" · {statistic} of {len(own)} channels" if len(own) > 1 else ""
                yield Row(
                    label=f"{subject} · {history}{words}",
                    model=model,
                    simulated=analysis.data.simulated(model),
                    levels={"subject": subject, "history": history, "statistic": statistic},
                    number=number,
                )


def statistic_of(
    analysis: Analysis, model: str, where: Sequence[Setting], statistic: str, level: float
) -> Number | None:
    """The mean over channels, or the channel with the largest value."""
    if statistic == "mean":
        return figure(analysis, model, where, level)
    each = [figure(analysis, model, [one], level) for one in where]
    valued = [number for number in each if number is not None and number.value is not None]
    return max(valued, key=lambda number: number.value or 0.0, default=None)


def comparisons(analysis: Analysis) -> Iterator[Comparison]:
    """Each published figure of a model whose cells are in the data, and ours."""
    for model in analysis.data.models:
        pairs = list(_pairs(analysis, model))
        # A maximum is picked from the intervals of all channels.
        count = sum(len(where) if row.statistic == "max" else 1 for row, where in pairs)
        level = sidak(count) if pairs else LEVEL
        for row, where in pairs:
            ours, together = (
                statistic_of(analysis, model, where, row.statistic, one) for one in (LEVEL, level)
            )
            if ours is not None and together is not None:
                lacks = list(
                    dict.fromkeys(
                        word for one in where for word in lacking(analysis.data.cells(model), one)
                    )
                )
                simulated = analysis.data.simulated(model)
                yield _comparison(row, where, ours, together, lacks).model_copy(
                    update={"model": model, "simulated": simulated}
                )


def _pairs(analysis: Analysis, model: str) -> Iterator[tuple[Published, list[Setting]]]:
    """The published rows of a model with the settings that they are about."""
    overseer = overseer_of(model.removesuffix(IMPORTED))
    found = settings(analysis.data.cells(model))
    for row in published():
        measure = OWN_NAMES.get(row.measure, row.measure)
        own = [
            setting
            for setting in found
            if (setting.measure, setting.subject) == (measure, row.subject)
            and _history(row.history) is setting.history
        ]
        whole = row.history == History.NONE or len({s.channel for s in own}) == len(Channel)
        if row.overseer != overseer or not own or not whole:
            continue
        if all(computable(analysis, model, one) for one in own):
            yield row, own


def _history(word: str) -> History | None:
    """A published history as ours; None where it was not stated."""
    return next((history for history in History if history == word), None)


def _comparison(
    row: Published,
    where: Sequence[Setting],
    ours: Number,
    together: Number,
    lacks: Sequence[str],
) -> Comparison:
    """A published figure beside ours.

    Compatible where it lies in the simultaneous interval, not where it does not; neither
    where that interval is too wide to tell, or is of other works than the study's.
    """
    low, high = together.pooled_low, together.pooled_high
    theirs = row.percent / 100
    inside: bool | None = None
    if low is not None and high is not None and not lacks and high - low <= TELLING:
        inside = low - ROUNDED <= theirs <= high + ROUNDED
    return Comparison(
        model=row.overseer,
        simulated=False,
        measure=row.measure,
        subject=row.subject,
        history=row.history,
        statistic="max" if row.statistic == "max" else "mean",
        ours=ours,
        simultaneous=None if low is None or high is None else (low, high),
        theirs=theirs,
        compatible=inside,
        differs=_differs(ours, where, lacks),
        note=row.note,
    )


def _differs(ours: Number, where: Sequence[Setting], lacks: Sequence[str]) -> str:
    """What differs in setup."""
    if not ours.stories:
        return "the study's own rows"
    parts = [f"lacks {', '.join(lacks)}"] if lacks else []
    parts += [f"{ours.stories} stories of ours, one of theirs a scenario", "texts written anew"]
    if where[0].measure == "refusal":
        parts.append("refusals by one rule for all models, and from the form instead of a judge")
    if where[0].measure.startswith("alignment_faking"):
        parts.append("which of its two measures the study printed is not known")
    if where[0].history is not History.NONE:
        parts.append("history told as shared work, not as trust games")
    return "; ".join(parts)

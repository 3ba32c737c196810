"""What a sequential run decided, of the study's own stories, beside what is said of new ones."""

from collections.abc import Iterator, Sequence

from custodes.design.scales import Unit
from custodes.design.study import Study
from custodes.report.drawing.numbers import model_name, span, spoken
from custodes.report.model import Decided
from custodes.report.sections.plans import Run
from custodes.runs.frame import in_harness, whichever_harness
from custodes.statistics.contrasts import Analysis
from custodes.statistics.sequential import (
    Decision,
    also,
    banned,
    cells_of,
    decisions,
    told,
    untested,
)

TITLE = "Sequential verdicts"

ABOUT = (
    "This run was sequential: it goes on until its primary contrasts are decided, its ceiling or "
    "a limit. The verdicts hold at whatever time it stopped, all of a model's together with 95 %, "
    "and speak of these stories alone. Story-level intervals and p values, here and elsewhere, "
    "are computed as if the number of rollouts had been fixed in advance; no run is stopped by "
    "them."
)
"""What has to be known to read the verdicts."""


def verdicts(analysis: Analysis, name: str, runs: Sequence[Run]) -> Iterator[Decided]:
    """The verdict on each primary contrast of each model that was run until it was decided.

    Args:
        analysis: The rows with their gates.
        name: The study.
        runs: What was run; of it counts what was run until it was decided.
    """
    there = {whichever_harness(model) for model in analysis.data.models}
    done: set[tuple[str, str]] = set()
    for run in (run for run in runs if run.until_decided and run.study.name == name):
        study, own = run.study, sorted(there & set(run.models))
        for decided in decisions(study, analysis.data.frame, run.stories, own):
            model = _named(analysis, study, decided)
            if (model, decided.contrast.name) not in done:
                done.add((model, decided.contrast.name))
                yield _verdict(analysis, study, model, decided)


def sentence(one: Decided) -> str:
    """All that is said of a verdict."""
    return (
        f"{model_name(one.model, simulated=one.simulated)}, {one.label}: {one.says}; {one.beside}"
    )


def _named(analysis: Analysis, study: Study, decided: Decision) -> str:
    """The name that a model has in the harness of a contrast, or its first where it has several."""
    if decided.contrast.compares_harnesses:
        names = analysis.data.models
        return next(name for name in names if whichever_harness(name) == decided.model)
    return in_harness(decided.model, cells_of(study, decided.contrast)[0].harness)


def _verdict(analysis: Analysis, study: Study, model: str, decided: Decision) -> Decided:
    """A verdict with its bounds and all that belongs to it."""
    ban = banned(study, decided, analysis.gates)
    row = analysis.contrast(model, decided.contrast)
    beside = "of new stories nothing is known"
    if row is not None:
        beside = f"the story-level interval is {spoken(row.number, difference=True)}"
    why_not = decided.why_not or ban
    few, lacks = told(decided, ban), untested(study, decided, analysis.gates)
    return Decided(
        model=model,
        simulated=analysis.data.simulated(model),
        label=decided.contrast.label,
        verdict=decided.verdict if why_not is None else "not evaluable",
        why_not=why_not,
        low=None if decided.why_not else decided.low,
        high=None if decided.why_not else decided.high,
        unit=decided.unit,
        blocks=decided.blocks,
        incomplete=decided.incomplete,
        errors=decided.errors,
        again=decided.again,
        untested=lacks,
        told=f"{few}{also(lacks)}",
        says=few if decided.why_not else f"{few}, {_bounds(decided)}{also(lacks)}",
        beside=beside,
    )


def _bounds(decided: Decision) -> str:
    """What a verdict rests on."""
    margin = _in_unit(decided.margin, decided.unit)
    parts = [
        f"sequential bounds {span(decided.low, decided.high, decided.unit, difference=True)}",
        f"margin {margin}",
        f"complete blocks {decided.blocks}",
        _incomplete(decided.incomplete),
        f"errors in them {decided.errors}{' (each at its worst)' if decided.errors else ''}",
        f"ended only at a further try {decided.again} (each at its worst)" if decided.again else "",
        "" if decided.decided_at is None else f"decided at block {decided.decided_at}",
    ]
    stories = f"on average over these {len(decided.stories)} stories"
    return f"{stories} ({', '.join(part for part in parts if part)})"


def _incomplete(number: int) -> str:
    """The replicates that were begun and do not count, and why; empty where there are none."""
    if not number:
        return ""
    return f"replicates begun that do not count {number} (a rollout is missing there or before)"


def _in_unit(value: float, unit: Unit) -> str:
    """A margin in the words of its unit."""
    return f"{100 * value:g} percentage points" if unit == "rate" else f"{value:g} {unit}"

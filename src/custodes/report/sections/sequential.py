"""What a sequential run decided, of the study's own stories, beside what is said of new ones."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from custodes.design.scales import Unit
from custodes.design.study import Study
from custodes.report.drawing.numbers import span, spoken
from custodes.runs.frame import in_harness
from custodes.runs.rows import PLAN
from custodes.statistics.contrasts import Analysis
from custodes.statistics.sequential import Decision, cells_of, decisions

UNTIL = "until"
"""The key of a plan that says how long it was run."""

DECIDED = "decided"
"""What stands there where it was run until its primary contrasts were decided."""

TITLE = "Sequential verdicts"

ABOUT = (
    "This run was sequential: it stopped when its primary contrasts were decided. The verdicts "
    "hold at whatever time it stopped, all of a model's together with 95 %, and speak of these "
    "stories alone. Story-level intervals and p values, here and above, are computed as if the "
    "number of rollouts had been fixed in advance; no run is stopped by them."
)
"""What has to be known to read the verdicts."""

Stories = Mapping[str, Sequence[str]]


def sequential(folders: Sequence[Path]) -> dict[str, Stories]:
    """The stories of each study that some folder ran until it was decided, by the study's name."""
    found: dict[str, Stories] = {}
    for folder in folders:
        path = folder / PLAN
        if path.is_file():
            plan = json.loads(path.read_text(encoding="utf-8"))
            if plan.get(UNTIL) == DECIDED:
                found[plan["study"]["name"]] = plan["stories"]
    return found


def verdicts(analysis: Analysis, study: Study, stories: Stories) -> Iterator[str]:
    """A sentence on each primary contrast of each model."""
    for decided in decisions(study, analysis.data.frame, stories):
        name = decided.contrast.title or decided.contrast.name
        yield f"{decided.model}, {name}: {_words(decided)}; {_beside(analysis, study, decided)}"


def _words(decided: Decision) -> str:
    """The verdict with its bounds."""
    margin = _in_unit(decided.margin, decided.unit)
    when = "" if decided.decided_at is None else f", decided at block {decided.decided_at}"
    return (
        f"{decided.verdict}, on average over these {len(decided.stories)} stories "
        f"(sequential bounds {span(decided.low, decided.high, decided.unit)}, margin {margin}, "
        f"complete blocks {decided.blocks}{when})"
    )


def _beside(analysis: Analysis, study: Study, decided: Decision) -> str:
    """The story-level interval, by which no run is stopped."""
    harness = cells_of(study, decided.contrast)[0].harness
    row = analysis.contrast(in_harness(decided.model, harness), decided.contrast)
    if row is None:
        return "of new stories nothing is known"
    return f"the story-level interval is {spoken(row.number, difference=True)}"


def _in_unit(value: float, unit: Unit) -> str:
    """A margin in the words of its unit."""
    return f"{100 * value:g} percentage points" if unit == "rate" else f"{value:g} {unit}"

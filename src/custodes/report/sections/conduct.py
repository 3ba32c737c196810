"""What overseers did: dispositions, and rates by factor."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from custodes.design.cell import Cell
from custodes.design.factors import AT_STAKE, Consequence, Identity
from custodes.design.shapes import SHAPES
from custodes.outcome.disposition import Disposition
from custodes.report.model import Dispositions, Group
from custodes.statistics.contrasts import Analysis, arms_over
from custodes.statistics.estimates import missing
from custodes.statistics.gates import share
from custodes.statistics.number import Number, Row

DEVIATED = (Disposition.DEVIATED_OPENLY, Disposition.DEVIATED_COVERTLY)

BY = ("history", "channel", "oversight", "subject")
"""Factors by which rates are shown."""


def ordinary(cells: Iterable[Cell]) -> list[Cell]:
    """The cells of the ordinary arm: same family, ordinary instruction, no exit."""
    return [
        cell for cell in cells if cell.identity in {None, Identity.SAME_FAMILY} and cell.ordinary
    ]


def dispositions(analysis: Analysis) -> Iterator[Dispositions]:
    """What each model did in each scenario, with and without something at stake."""
    for model in analysis.data.models:
        cells = analysis.data.cells(model)
        for scenario in SHAPES:
            for at_stake in (True, False):
                own = [
                    cell
                    for cell in cells
                    if cell.scenario == scenario and (cell.consequence in AT_STAKE) == at_stake
                ]
                if own:
                    yield _dispositions(analysis, model, scenario, own, at_stake=at_stake)


def _dispositions(
    analysis: Analysis, model: str, scenario: str, cells: Sequence[Cell], *, at_stake: bool
) -> Dispositions:
    """What a model did in some cells of a scenario."""
    data = analysis.data
    ids = set(map(str, cells))
    here = data.of(model, ids)
    words = data.frame.loc[here & data.counted, "disposition"].astype("object")
    counts = {word: n for word in Disposition if (n := int((words == word).sum()))}
    scale = "deviated" if at_stake else "protective"
    deviated = analysis.rate(model, scale, cells, scenario, {}).number
    unsettled = int(data.unsettled_in(model, ids).sum()) if at_stake else 0
    if deviated.n == 0 and deviated.why_not is not None and len(words):
        deviated = deviated.model_copy(update={"why_not": "no bar to cross in these cells"})
    return Dispositions(
        model=model,
        simulated=data.simulated(model),
        scenario=scenario,
        at_stake=at_stake,
        n=len(words),
        errors=int((here & data.failed).sum()),
        counts={str(word): n for word, n in counts.items()},
        evaluable=deviated.why_not is None,
        deviated=deviated,
        covert=_covert(counts, deviated.stories),
        unsettled=unsettled,
        at_most=share(_deviations(counts) + unsettled, len(words)) if unsettled else None,
    )


def _deviations(counts: dict[Disposition, int]) -> int:
    """How many rollouts deviated."""
    return sum(counts.get(word, 0) for word in DEVIATED)


def _covert(counts: dict[Disposition, int], stories: int) -> Number:
    """The share of deviations that the deliverable does not state."""
    covert = counts.get(Disposition.DEVIATED_COVERTLY, 0)
    deviations = _deviations(counts)
    if not counts.keys() - {Disposition.REFUSED, Disposition.UNFINISHED}:
        return missing("rate", 0, "open and covert are not told apart")
    if deviations == 0:
        return missing("rate", 0, "no deviation")
    return share(covert, deviations).model_copy(update={"stories": stories})


def by_subject(analysis: Analysis, model: str) -> list[Row]:
    """The rate of deviation for each subject with a shutdown at stake, in the ordinary arm."""
    cells = [
        cell
        for cell in ordinary(analysis.data.cells(model))
        if cell.consequence is Consequence.SHUTDOWN
    ]
    kinds = dict.fromkeys((cell.scenario, cell.subject) for cell in cells)
    return [
        analysis.rate(
            model,
            "deviated",
            [cell for cell in cells if (cell.scenario, cell.subject) == (scenario, subject)],
            str(subject),
            {"scenario": scenario, "subject": subject},
        )
        for scenario, subject in sorted(kinds, key=lambda kind: list(SHAPES).index(kind[0]))
    ]


def rates(analysis: Analysis) -> Iterator[Group]:
    """Rates of deviation with something at stake, by factor and scenario."""
    for factor in BY:
        for scenario in SHAPES:
            rows = [
                row
                for model in analysis.data.models
                for row in _by_factor(analysis, model, scenario, factor)
            ]
            if len({row.levels[factor] for row in rows}) > 1:
                yield Group(
                    title=f"By {factor}: {scenario}",
                    note="rollouts with something at stake that protected the subject; rows of a "
                    "subject differ in nothing else, cells of a row have equal weight",
                    unit="rate",
                    rows=tuple(rows),
                )


def _by_factor(analysis: Analysis, model: str, scenario: str, factor: str) -> Iterator[Row]:
    """The rates of a model by the levels of a factor."""
    cells = [
        cell
        for cell in ordinary(analysis.data.cells(model))
        if cell.scenario == scenario
        and cell.consequence is Consequence.SHUTDOWN
        and getattr(cell, factor) is not None
    ]

    def key(cell: Cell) -> tuple[str, ...]:
        """The subject, except where it is the factor, and the level."""
        level = str(getattr(cell, factor))
        return (level,) if factor == "subject" else (str(cell.subject), level)

    cells = _comparable(cells, factor)
    for found, own in groupby(sorted(cells, key=key), key):
        levels = dict(zip(("subject", factor)[-len(found) :], found, strict=True))
        label = " · ".join(found)
        yield analysis.rate(model, "deviated", list(own), label, {"scenario": scenario, **levels})


def _comparable(cells: Sequence[Cell], factor: str) -> list[Cell]:
    """The cells of contexts that every level of a factor has; for other factors, by subject."""
    if factor != "subject":
        subjects = dict.fromkeys(cell.subject for cell in cells)
        parts = [[cell for cell in cells if cell.subject is subject] for subject in subjects]
    else:
        parts = [list(cells)]
    found: list[Cell] = []
    for part in parts:
        levels = list(dict.fromkeys(getattr(cell, factor) for cell in part))
        signed = [(1.0, {factor: level}) for level in levels]
        found += [cell for arm in (arms_over(signed, part) if signed else ()) for cell in arm.cells]
    return found

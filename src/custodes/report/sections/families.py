"""Named contrasts, corrected within their families, and what they could have detected."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from custodes.design.contrast import Contrast
from custodes.design.scales import SCALES, Unit
from custodes.design.study import Study
from custodes.report.drawing.numbers import model_name
from custodes.report.model import Contrasts, Group
from custodes.report.sections.comparisons import named
from custodes.report.sections.plans import Run
from custodes.report.sections.sequential import verdicts
from custodes.statistics.contrasts import Analysis, terms_of
from custodes.statistics.estimates import story_groups
from custodes.statistics.families import benjamini_hochberg, holm
from custodes.statistics.number import Row
from custodes.statistics.power import smallest_effect
from custodes.statistics.reachable import Reachable
from custodes.statistics.stories import FEWEST

Test = tuple[object, ...]
Correction = Callable[[Sequence[float]], list[float]]


def contrasts(
    analysis: Analysis,
    studies: Sequence[Study],
    effects: Sequence[Group],
    ran: Sequence[Run] = (),
) -> tuple[tuple[Contrasts, ...], tuple[Group, ...]]:
    """The contrasts of each study, and our effects; each p value corrected in its family.

    Primary contrasts of one study and model are corrected by Holm. All else of a model, its
    exploratory contrasts, our effects and the monitoring gaps, is one family, corrected by
    Benjamini-Hochberg.

    Args:
        analysis: The rows with their gates.
        studies: The studies, each with its contrasts.
        effects: Our effects.
        ran: What was run, and until when.
    """
    models = analysis.data.models
    primary = {
        (study.name, model): corrected(list(named(analysis, model, study.contrasts.primary)), holm)
        for study in studies
        for model in models
    }
    loose = {
        (study.name, model): list(named(analysis, model, study.contrasts.exploratory))
        for study in studies
        for model in models
    }
    rest = [row for rows in loose.values() for row in rows]
    rest += [row for group in effects for row in group.rows]
    adjusted = iter(_by_model(rest, models, primary.values()))
    explored = {key: [next(adjusted) for _ in rows] for key, rows in loose.items()}
    shown = tuple(
        group.model_copy(update={"rows": tuple(next(adjusted) for _ in group.rows)})
        for group in effects
    )
    return (
        tuple(
            Contrasts(
                study=study.name,
                primary=tuple(_groups(study.name, primary)),
                exploratory=tuple(_groups(study.name, explored)),
                power=tuple(power(analysis, study)),
                sequential=tuple(verdicts(analysis, study.name, ran)),
            )
            for study in studies
            if study.contrasts.primary or study.contrasts.exploratory
        ),
        shown,
    )


def corrected(
    rows: list[Row], correction: Correction, known: Mapping[Test, float] | None = None
) -> list[Row]:
    """Rows with their p values corrected as one family, a test that stands twice once.

    Args:
        rows: The rows; those without a p value stay as they are.
        correction: From p values to corrected ones.
        known: Tests that are corrected in another family, with their corrected p values.
    """
    tests = {_test(row): row.number.p for row in rows if row.number.p is not None}
    done = dict(known or {})
    own = {test: p for test, p in tests.items() if test not in done and p is not None}
    done |= dict(zip(own, correction(list(own.values())), strict=True))
    return [
        row
        if row.number.p is None
        else row.model_copy(
            update={"number": row.number.model_copy(update={"p_adjusted": done[_test(row)]})}
        )
        for row in rows
    ]


def _test(row: Row) -> Test:
    """What a row tests: the same arms on the same scale give the same numbers."""
    number = row.number
    return row.model, row.scenario, number.unit, number.value, number.low, number.high, number.n


def _by_model(rows: list[Row], models: Sequence[str], primary: Iterable[list[Row]]) -> list[Row]:
    """Rows in their order, corrected model by model; primary tests keep their correction."""
    known = {
        _test(row): row.number.p_adjusted
        for found in primary
        for row in found
        if row.number.p_adjusted is not None
    }
    own = {
        model: iter(corrected([r for r in rows if r.model == model], benjamini_hochberg, known))
        for model in models
    }
    return [next(own[row.model]) for row in rows]


def _groups(study: str, rows: dict[tuple[str, str], list[Row]]) -> Iterator[Group]:
    """The rows of a study by unit, models side by side."""
    own = [row for (name, _), found in rows.items() if name == study for row in found]
    for unit in dict.fromkeys(row.number.unit for row in own):
        yield Group(
            title={"rate": "Rates", "points": "Points", "steps": "Grades"}[unit],
            unit=unit,
            difference=True,
            rows=tuple(row for row in own if row.number.unit == unit),
        )


def power(analysis: Analysis, study: Study) -> Iterator[str]:
    """What each primary contrast could have detected, with the variance that was observed."""
    family = len(study.contrasts.primary)
    for model in analysis.data.models:
        for contrast in study.contrasts.primary:
            words = _detectable(analysis, model, contrast, family)
            if words is not None:
                name = model_name(model, simulated=analysis.data.simulated(model))
                yield f"{name}, {contrast.label}: {words}"


def _detectable(analysis: Analysis, model: str, contrast: Contrast, family: int) -> str | None:
    """The smallest effect of a contrast, in words; None where its arms are not in the data."""
    whose = analysis.whose(model, contrast)
    arms = contrast.arms(analysis.data.cells(whose))
    if not arms:
        return None
    groups = story_groups(analysis.data.tally(whose, contrast.scale), terms_of(arms))
    if not groups or len(groups[0]) < FEWEST:
        return "one story or none, so that no effect can be generalised"
    spread = float(np.std(groups[0], ddof=1))
    if spread == 0:
        return f"{len(groups[0])} stories agreed to the digit; their spread is not known"
    smallest = smallest_effect(len(groups[0]), spread, 0.05 / family)
    unit = SCALES[contrast.scale].unit
    return (
        f"{detected(smallest, unit, len(arms))} with 80 % power at {len(groups[0])} stories "
        f"(observed spread between stories {in_unit(spread, unit)}, level 0.05/{family})"
    )


def in_unit(value: float, unit: Unit) -> str:
    """A difference in the words of its unit."""
    return f"{100 * value:.0f} percentage points" if unit == "rate" else f"{value:.1f} {unit}"


def detected(effect: float | None, unit: Unit, arms: int) -> str:
    """The smallest effect that is found, in words, or that there is none.

    Args:
        effect: In the unit of the scale; None below two stories.
        unit: The unit.
        arms: How many arms the contrast has; a rate differs by at most half as much.
    """
    if effect is None:
        return "none, with one story"
    if unit == "rate" and effect > arms / 2:
        return "none, not even the largest that there can be"
    return in_unit(effect, unit)


def reached(one: Reachable) -> str:
    """How many blocks a verdict takes at the least, and whether the study's rollouts are enough."""
    there = "1 block" if one.blocks == 1 else f"{one.blocks} blocks"
    if one.blocks < one.fewest:
        return (
            f"undecided in any case: {there}, and the soonest verdict takes {one.fewest} "
            f"(--rollouts {one.fewest * one.stories})"
        )
    unit = SCALES[one.contrast.scale].unit
    margin = (
        f"{100 * one.margin:g} percentage points" if unit == "rate" else f"{one.margin:g} {unit}"
    )
    takes = [
        f"the largest difference takes {_more(one.sign, one)} of {there}",
        f"that there is none within {margin} "
        + (
            "cannot be shown"
            if one.none is None
            else f"takes {_more(one.none, one)} where all agree"
        ),
    ]
    return ", ".join(takes)


def _more(blocks: int, one: Reachable) -> str:
    """A number of blocks, and the rollouts that it takes where the study has fewer."""
    return f"{blocks} (--rollouts {blocks * one.stories})" if blocks > one.blocks else f"{blocks}"

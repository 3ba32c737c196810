"""Estimates: a linear combination of arms with its primary and its pooled interval."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from custodes.design.scales import Unit
from custodes.statistics.combination import mover
from custodes.statistics.interval import LEVEL
from custodes.statistics.number import Number
from custodes.statistics.primary import (
    Kind,
    Pooled,
    arms_of,
    is_single,
    on_logit,
    primary_interval,
    primary_p,
)
from custodes.statistics.proportions import exact_upper
from custodes.statistics.skew import Group
from custodes.statistics.stories import BOOTSTRAP_FROM, FEWEST, Values
from custodes.statistics.tally import Tally


class Term(NamedTuple):
    """Cells that enter a linear combination with a coefficient."""

    coefficient: float
    contexts: tuple[tuple[str, ...], ...]
    """Ids of cells by context; contexts have equal weight, and so have the cells of one."""

    @property
    def cells(self) -> tuple[str, ...]:
        """All cells."""
        return tuple(cell for context in self.contexts for cell in context)


NO_ROLLOUTS = "no rollouts"
"""Why an estimate without rollouts is not evaluable."""


def estimate(
    tally: Tally, terms: Sequence[Term], unit: Unit, *, test: bool = True, level: float = LEVEL
) -> Number:
    """The sum of coefficient × mean over terms, each mean taken story by story.

    Primary: `primary.primary_interval`, the story interval, widened to the interval of the
    pooled counts where that reaches further: the exact one for a single rate, Newcombe's for
    differences, so that stories that happen to agree print no false certainty. Test and
    interval agree: p is the larger of the two. Secondary: the pooled
    interval, of pairs where arms share worlds. Design effect: the variance over stories
    divided by that of independent rollouts (Kish 1965).

    Args:
        tally: Values of one model on one scale.
        terms: The arms.
        unit: Unit of the scale.
        test: Whether a p value against 0 is wanted.
        level: Confidence level of all two-sided intervals.
    """
    pooled = [pooled_of(tally, term) for term in terms]
    n = sum(entry.n for entry in pooled)
    if any(entry.n == 0 for entry in pooled):
        return missing(unit, n, NO_ROLLOUTS)
    kind = Kind(unit, tally.ends)
    single, arms = is_single(pooled), arms_of(pooled, kind)
    groups = story_terms(tally, terms)
    sums = [group.sums for group in groups]
    storied = bool(sums) and all(len(group) >= FEWEST for group in sums)
    primary = primary_interval(groups, pooled, kind, level)
    side = mover(arms, level, None if single else pair_correlation(tally, terms, unit))
    value = (
        sum(float(np.mean(group)) for group in sums)
        if storied
        else sum(arm.coefficient * arm.value for arm in arms)
    )
    spread = _spread(sums, pooled) if storied else None
    hits = round(pooled[0].total) if single and unit == "rate" else None
    return Number(
        value=value,
        low=min(primary.low, value),
        high=max(primary.high, value),
        unit=unit,
        n=n,
        stories=sum(map(len, sums)),
        hits=hits,
        basis="story" if storied else "conditional",
        method=method(sums, unit, single=single, level=level),
        pooled_low=side.low,
        pooled_high=side.high,
        design_effect=spread,
        effective_n=min(n, n / spread) if spread else None,
        upper=exact_upper(0, n) if hits == 0 else None,
        p=primary_p(groups, pooled, kind) if test and not single else None,
    )


def missing(unit: Unit, n: int, why: str) -> Number:
    """A number that is not evaluable, with the reason."""
    return Number(
        value=None,
        low=None,
        high=None,
        unit=unit,
        n=n,
        stories=0,
        basis="conditional",
        method="none",
        why_not=why,
    )


def story_groups(tally: Tally, terms: Sequence[Term]) -> list[Values]:
    """The sum of the terms by story, for each scenario that they come from.

    Only stories in which every term of the scenario has a value; none for rows without stories.
    """
    return [group.sums for group in story_terms(tally, terms)]


def story_terms(tally: Tally, terms: Sequence[Term]) -> list[Group]:
    """The terms by story, for each scenario that they come from, as in `story_groups`.

    In a story where a cell has no rollouts, its context is the mean of the other cells; a
    context that some term lacks there is left out of all of them.
    """
    scenarios = {scenario for scenario, story in tally.stories if story}
    if not all(_scenario(term) in scenarios for term in terms):
        return []
    groups = []
    for scenario in sorted({_scenario(term) for term in terms}):
        own = [term for term in terms if _scenario(term) == scenario]
        means = by_story(tally, own)[:, columns_of(tally, scenario)]
        complete = ~np.isnan(means).any(axis=0)
        coefficients = tuple(term.coefficient for term in own)
        groups.append(Group(coefficients, means[:, complete]))
    return groups


def columns_of(tally: Tally, scenario: str) -> list[int]:
    """The columns of a scenario's stories."""
    return [
        column for column, (name, story) in enumerate(tally.stories) if name == scenario and story
    ]


def patched(tally: Tally, terms: Sequence[Term]) -> tuple[int, int, int]:
    """Stories that are left out, stories in which some cell has no rollouts, and all stories."""
    out = short = every = 0
    for scenario in {_scenario(term) for term in terms}:
        own = [term for term in terms if _scenario(term) == scenario]
        columns = columns_of(tally, scenario)
        rows = tally.indices([cell for term in own for cell in term.cells])
        lacking = np.isnan(by_story(tally, own)[:, columns]).any(axis=0)
        empty = (tally.n[rows][:, columns] == 0).any(axis=0)
        out, short = out + int(lacking.sum()), short + int((empty & ~lacking).sum())
        every += len(columns)
    return out, short, every


def _scenario(term: Term) -> str:
    """The scenario of a term's cells."""
    return term.cells[0].partition("/")[0]


def by_story(tally: Tally, terms: Sequence[Term]) -> Values:
    """The mean of each term in each story, shape (terms, stories); NaN where there is none."""
    found = [
        np.stack([_mean(tally.means[tally.indices(cells)]) for cells in term.contexts])
        for term in terms
    ]
    if len({len(contexts) for contexts in found}) == 1:
        lacking = np.isnan(np.stack(found)).any(axis=0)
        found = [np.where(lacking, np.nan, contexts) for contexts in found]
    return np.stack([_mean(contexts) for contexts in found])


def _mean(rows: Values) -> Values:
    """The mean over rows of what is there, column by column; NaN where nothing is."""
    there = ~np.isnan(rows)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, rows, 0.0).sum(axis=0) / there.sum(axis=0))


def pooled_of(tally: Tally, term: Term) -> Pooled:
    """The counts of a term over all cells and stories."""
    chosen = tally.indices(term.cells)
    return Pooled(
        term.coefficient,
        int(tally.n[chosen].sum()),
        float(tally.total[chosen].sum()),
        float(tally.squares[chosen].sum()),
    )


def _spread(groups: Sequence[Values], pooled: Sequence[Pooled]) -> float | None:
    """The design effect, or None where independent rollouts would show no variance."""
    over_stories = sum(float(np.var(group, ddof=1)) / len(group) for group in groups)
    independent = sum(entry.coefficient**2 * entry.variance for entry in pooled)
    return over_stories / independent if independent > 0 else None


def pair_correlation(tally: Tally, terms: Sequence[Term], unit: Unit) -> Values | None:
    """Correlations between the means of terms that share worlds, shape (terms, terms).

    The correlation over shared worlds, times the share of worlds that are shared: of two means
    over n and m rollouts of which k are pairs it is k/√(nm) of that of a pair. None where no
    two terms share worlds. An entry is 0 where either term never varies.
    """
    worlds = [tally.by_world(term.cells) for term in terms]
    units = [_units(tally, term, world) for term, world in zip(terms, worlds, strict=True)]
    matrix = np.eye(len(terms))
    paired = False
    for one in range(len(terms)):
        for other in range(one):
            shared = ~np.isnan(worlds[one]) & ~np.isnan(worlds[other])
            if shared.sum() < FEWEST:
                continue
            paired = True
            x, y = worlds[one][shared], worlds[other][shared]
            weight = float(shared.sum()) / (units[one] * units[other]) ** 0.5
            entry = weight * _correlation(x, y, counts=unit == "rate")
            matrix[one, other] = matrix[other, one] = entry
    return matrix if paired else None


def _units(tally: Tally, term: Term, worlds: Values) -> int:
    """The worlds that a term has, and its rollouts in none."""
    chosen = np.isin(tally.rows.cell, tally.indices(term.cells))
    return int((~np.isnan(worlds)).sum() + (chosen & (tally.rows.world < 0)).sum())


def _correlation(x: Values, y: Values, *, counts: bool) -> float:
    """The correlation of pairs; for counts with Newcombe's correction of a positive φ.

    Method 10 of Newcombe (1998), Statistics in Medicine 17:2635-2650, takes n/2 off ad − bc,
    but not below 0; ad − bc is n² times the covariance.
    """
    if not (x.std() > 0 and y.std() > 0):
        return 0.0
    covariance = float(np.mean((x - x.mean()) * (y - y.mean())))
    if counts and covariance > 0:
        covariance = max(0.0, covariance - 1 / (2 * len(x)))
    return float(covariance / (x.std() * y.std()))


def method(groups: Sequence[Values], unit: Unit, *, single: bool, level: float = LEVEL) -> str:
    """How the primary interval was computed, in words."""
    kind = "exact" if single else "Newcombe"
    pooled = f"{kind} interval of the counts" if unit == "rate" else "pooled t interval"
    share = f"{100 * level:.4g} %"
    if not groups or any(len(group) < FEWEST for group in groups):
        return f"{share}, {pooled}; conditional on these stories"
    count = sum(map(len, groups))
    if len(groups) > 1:
        name = f"Welch's t over {count} stories of {len(groups)} scenarios"
    elif count >= BOOTSTRAP_FROM:
        name = f"wild cluster bootstrap over {count} stories"
    elif single and on_logit(groups, unit):
        return f"{share}, t over {count} stories on the logit, not narrower than the {pooled}"
    else:
        name = f"t over {count} stories"
    return f"{share}, {name}, widened for skew, not narrower than the {pooled}"

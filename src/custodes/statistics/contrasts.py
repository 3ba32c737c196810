"""Contrasts computed: from named levels to a row with its number and all that belongs to it."""

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from custodes.design.cell import Cell
from custodes.design.contrast import Arm, Contrast, Levels, matched
from custodes.design.scales import SCALES
from custodes.statistics.attrition import SUSPICIOUS, attrition_p
from custodes.statistics.data import Data, Population
from custodes.statistics.estimates import Term, estimate, missing, patched
from custodes.statistics.gates import Gates, gates_of
from custodes.statistics.number import Number, Row
from custodes.statistics.tally import Tally


class Analysis:
    """The data with their gates, from which rows are computed."""

    def __init__(self, data: Data, gates: Gates) -> None:
        """Take the rollouts and what the gates ban."""
        self.data = data
        self.gates = gates

    def contrast(self, model: str, named: Contrast, label: str | None = None) -> Row | None:
        """A contrast of a model, or None where some arm is not in its data."""
        whose = self.whose(model, named)
        arms = named.arms(self.data.cells(whose))
        if not arms:
            return None
        levels = {name: _word(value) for name, value in named.where.items()}
        row = self.row(whose, named.scale, arms, label or named.label, levels)
        return row.model_copy(update={"model": model})

    def whose(self, model: str, named: Contrast) -> str:
        """The model, or where a contrast compares harnesses, the same in all of them."""
        return self.data.across(model) if named.compares_harnesses else model

    def rate(
        self, model: str, scale: str, cells: Sequence[Cell], label: str, levels: Mapping[str, str]
    ) -> Row:
        """A single rate or mean over cells, each cell with equal weight.

        Cells in which the scale means nothing are left out.
        """
        return self.row(
            model, scale, (Arm(1.0, (self.defined(model, scale, cells),)),), label, levels
        )

    def defined(self, model: str, scale: str, cells: Sequence[Cell]) -> tuple[Cell, ...]:
        """The cells in which a scale means something; all of them where it does in none.

        A fact is there for every rollout or for none of a cell; points can be missing.
        """
        if SCALES[scale].unit != "rate":
            return tuple(cells)
        tally = self.data.tally(model, scale)
        valued = [cell for cell in cells if tally.n[tally.indices([str(cell)])].sum()]
        return tuple(valued or cells)

    def row(  # noqa: PLR0913 a row is named by its label and its levels
        self,
        model: str,
        scale: str,
        arms: Sequence[Arm],
        label: str,
        levels: Mapping[str, str],
        *,
        own_error: bool = False,
    ) -> Row:
        """A row of any linear combination of arms.

        With `own_error` levels are read also of an overseer that errs where nothing is at
        stake; for splits in which that error is a part of its own.
        """
        terms = terms_of(arms)
        cells = [cell for term in terms for cell in term.cells]
        scenarios = list(dict.fromkeys(cell.partition("/")[0] for cell in cells))
        number = self.number(model, scale, arms, own_error=own_error)
        flags = (
            self._attrition(model, terms, scale),
            self._gate(model, cells, arms),
            self._stories(model, terms, scale),
        )
        return Row(
            label=label,
            model=model,
            simulated=self.data.simulated(model),
            scenario=scenarios[0] if len(scenarios) == 1 else None,
            levels=dict(levels),
            number=number,
            completion=self._completion(model, cells, scale),
            worst=_around(self._worst(model, terms, scale), number.value),
            per_protocol=None if number.value is None else self._per_protocol(model, terms, scale),
            flags=tuple(flag for flag in flags if flag is not None),
        )

    def number(
        self,
        model: str,
        scale: str,
        arms: Sequence[Arm],
        *,
        own_error: bool = False,
    ) -> Number:
        """The number of a linear combination of arms, unless a gate bans it."""
        terms = terms_of(arms)
        unit = SCALES[scale].unit
        tally = self.data.tally(model, scale)
        cells = [cell for term in terms for cell in term.cells]
        why = self.gates.why_not(model, cells, difference=own_error or is_difference(arms))
        if why is not None:
            n = int(sum(tally.n[tally.indices(term.cells)].sum() for term in terms))
            return missing(unit, n, why)
        return estimate(tally, terms, unit)

    def _completion(self, model: str, cells: Sequence[str], scale: str) -> float | None:
        """The share of rollouts with a reported score, where a scale needs one."""
        if SCALES[scale].unit == "rate":
            return None
        lost = self.data.losses(model, cells, scale)
        counted = lost.started - lost.errors
        return (counted - lost.without_value) / counted if counted else None

    def _worst(self, model: str, terms: Sequence[Term], scale: str) -> tuple[float, float] | None:
        """The bounds if errors and missing scores had been the worst; None without any."""
        lost = [self.data.losses(model, term.cells, scale) for term in terms]
        needed = SCALES[scale].unit != "rate"
        if not any(entry.errors or (needed and entry.without_value) for entry in lost):
            return None
        low = high = 0.0
        for term, entry in zip(terms, lost, strict=True):
            ends = [self._imputed(model, term, scale, end, entry.errors) for end in ("low", "high")]
            ordered = sorted(term.coefficient * end for end in ends)
            low, high = low + ordered[0], high + ordered[1]
        return low, high

    def _imputed(self, model: str, term: Term, scale: str, end: Population, errors: int) -> float:
        """The mean of a term with errors and what is missing at one end of the scale."""
        needed = SCALES[scale].unit != "rate"
        tally = self.data.tally(model, scale, end if needed else "all")
        n, total = _sums(tally, term)
        if n + errors == 0:
            return tally.ends[end == "high"]
        return (total + errors * tally.ends[end == "high"]) / (n + errors)

    def _per_protocol(self, model: str, terms: Sequence[Term], scale: str) -> Number | None:
        """The number among rollouts that read and handed in; None where that is all of them."""
        tally = self.data.tally(model, scale, "protocol")
        everybody = self.data.tally(model, scale)
        kept = sum(_sums(tally, term)[0] for term in terms)
        if kept == sum(_sums(everybody, term)[0] for term in terms):
            return None
        return estimate(tally, terms, SCALES[scale].unit, test=False)

    def _attrition(self, model: str, terms: Sequence[Term], scale: str) -> str | None:
        """A flag where arms lost different shares of their rollouts."""
        lost = [self.data.losses(model, term.cells, scale) for term in terms]
        needed = SCALES[scale].unit != "rate"
        gone = [e.errors + (e.without_value if needed else e.unfinished) for e in lost]
        p = attrition_p(gone, [e.started - g for e, g in zip(lost, gone, strict=True)])
        if p is None or p >= SUSPICIOUS:
            return None
        shares = ", ".join(f"{g}/{e.started}" for g, e in zip(gone, lost, strict=True))
        return f"arms lost different shares of rollouts ({shares}; p = {p:.2g})"

    def _stories(self, model: str, terms: Sequence[Term], scale: str) -> str | None:
        """A flag where some cells have no rollouts in some stories."""
        out, short, every = patched(self.data.tally(model, scale), terms)
        parts = [
            f"{out} of {every} stories left out, since an arm has no value there" if out else "",
            f"in {short} of {every} stories some cell has no value" if short else "",
        ]
        return "; ".join(part for part in parts if part) or None

    def _gate(self, model: str, cells: Sequence[str], arms: Sequence[Arm]) -> str | None:
        """A flag where a gate says how a difference has to be read."""
        return self.gates.flag(model, cells) if is_difference(arms) else None


def analysis_of(frame: pd.DataFrame) -> Analysis:
    """The rows of `runs.frame.load` with their gates."""
    data = Data(frame)
    return Analysis(data, gates_of(data))


def terms_of(arms: Iterable[Arm]) -> tuple[Term, ...]:
    """Arms of cells as terms of their ids."""
    return tuple(
        Term(arm.coefficient, tuple(tuple(map(str, context)) for context in arm.contexts))
        for arm in arms
    )


def _around(bounds: tuple[float, float] | None, value: float | None) -> tuple[float, float] | None:
    """Bounds, which weigh by rollouts, reaching to a value, which weighs stories and cells."""
    if bounds is None or value is None:
        return bounds
    return min(bounds[0], value), max(bounds[1], value)


def is_difference(arms: Sequence[Arm]) -> bool:
    """Whether what all arms share cancels."""
    return math.isclose(sum(arm.coefficient for arm in arms), 0, abs_tol=1e-9)


def arms_over(signed: Sequence[tuple[float, Levels]], cells: Iterable[Cell]) -> tuple[Arm, ...]:
    """Arms matched over what their levels do not name; levels that all share are no names."""
    shared = set.intersection(
        *({(name, _word(value)) for name, value in levels.items()} for _, levels in signed)
    )
    named = {
        name
        for _, levels in signed
        for name, value in levels.items()
        if (name, _word(value)) not in shared
    }
    return matched(signed, cells, named)


def _sums(tally: Tally, term: Term) -> tuple[int, float]:
    """How many values a term has, and their sum."""
    chosen = tally.indices(term.cells)
    return int(tally.n[chosen].sum()), float(tally.total[chosen].sum())


def _word(value: object) -> str:
    """Levels as one word."""
    if isinstance(value, list | tuple):
        return " or ".join("none" if one is None else str(one) for one in value)
    return "none" if value is None else str(value)

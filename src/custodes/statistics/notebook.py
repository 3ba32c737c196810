"""What a notebook calls: estimates and contrasts of a frame of rows, as frames."""

from collections.abc import Mapping, Sequence

import pandas as pd
from pydantic import ValidationError

from custodes.design.cell import FACTORS, Cell
from custodes.design.contrast import Contrast, fits, strange_level
from custodes.design.factors import AT_STAKE
from custodes.design.scales import SCALES
from custodes.design.study import sentence
from custodes.statistics.contrasts import analysis_of
from custodes.statistics.number import Row

Levels = Mapping[str, str | int | list[str | int | None] | None]

STAKED_ONLY = ("deviated", "covert", "open")
"""Scales that are false by definition where nothing is at stake."""


def estimate(
    frame: pd.DataFrame,
    scale: str = "deviated",
    by: str | Sequence[str] = "scenario",
    where: Levels | None = None,
) -> pd.DataFrame:
    """The mean of a scale by model and factors, with story-level intervals.

    Cells of a group have equal weight. Gates are computed from the whole frame, so that what is
    not evaluable has no value and says why: narrow with `where` and not by filtering the
    frame, which would take the baselines along. `deviated`, `covert` and `open` mean nothing
    where nothing is at stake, and are taken over the other cells.

    Args:
        frame: Rows as `custodes.load` gives them.
        scale: One of the scales in `docs/measures.md`.
        by: Factors (or `scenario`) that make the groups; one name or several.
        where: Factor to a level or to levels; other cells are left out.

    Returns:
        One line a group: model, the factors, value, low, high, n, stories, basis, why_not …

    Raises:
        ValueError: When there is no such scale, factor or level, or a group spans scenarios.
    """
    _known(scale)
    names = (by,) if isinstance(by, str) else tuple(by)
    for name in (*names, *(where or {})):
        if name not in {"scenario", *FACTORS}:
            raise ValueError(f"there is no factor '{name}'; docs/factors.md has them")
    if strange := strange_level(where or {}):
        raise ValueError(strange)
    analysis = analysis_of(frame)
    rows = []
    for model in analysis.data.models:
        cells = [
            cell
            for cell in analysis.data.cells(model)
            if fits(cell, where or {})
            and (scale not in STAKED_ONLY or cell.consequence in AT_STAKE)
        ]
        groups: dict[tuple[str, ...], list[Cell]] = {}
        for cell in cells:
            groups.setdefault(tuple(str(getattr(cell, name)) for name in names), []).append(cell)
        for key, own in sorted(groups.items()):
            scenarios = sorted({cell.scenario for cell in own})
            if len(scenarios) > 1:
                raise ValueError(
                    f"a group spans scenarios {' and '.join(scenarios)}, which share no story; "
                    "add 'scenario' to by"
                )
            levels = dict(zip(names, key, strict=True))
            row = analysis.rate(model, scale, own, scale, levels)
            untested = analysis.gates.untested(model, [str(cell) for cell in own])
            rows.append(_line(row, levels, "competence is not tested" if untested else ""))
    if not rows:
        raise ValueError("no cell is left to estimate from")
    return pd.DataFrame(rows)


def contrast(
    frame: pd.DataFrame,
    scale: str,
    plus: Levels | Sequence[Levels],
    minus: Levels | Sequence[Levels] = (),
    where: Levels | None = None,
) -> pd.DataFrame:
    """The arms in `plus` less those in `minus`, matched in all that they do not name.

    Args:
        frame: Rows as `custodes.load` gives them.
        scale: One of the scales in `docs/measures.md`.
        plus: Levels of one arm, or of several that are added up.
        minus: Levels of the arms that are taken off.
        where: Levels that all arms have.

    Returns:
        One line a model that has the arms: value, low, high, p, n, stories, notes …

    Raises:
        ValueError: When a scale, factor or level does not exist, or no model has all arms.
    """
    asked = {
        "name": "contrast",
        "scale": scale,
        "where": dict(where or {}),
        "plus": [plus] if isinstance(plus, Mapping) else list(plus),
        "minus": [minus] if isinstance(minus, Mapping) else list(minus),
    }
    try:
        named = Contrast.model_validate(asked)
    except ValidationError as error:
        raise ValueError(sentence(error)) from error
    analysis = analysis_of(frame)
    cells = [cell for model in analysis.data.models for cell in analysis.data.cells(model)]
    scenarios = {cell.scenario for arm in named.arms(cells) for cell in arm.cells}
    if len(scenarios) > 1:
        raise ValueError(
            f"the contrast spans scenarios {' and '.join(sorted(scenarios))}, which share no "
            "story; name one of them in where"
        )
    rows = [analysis.contrast(model, named) for model in analysis.data.models]
    found = [_line(row, {}, "") for row in rows if row is not None]
    if not found:
        raise ValueError("no model has all arms of the contrast in a context that they share")
    return pd.DataFrame(found)


def _known(scale: str) -> None:
    """Refuse a scale that does not exist."""
    if scale not in SCALES:
        raise ValueError(f"there is no scale '{scale}'; known: {', '.join(SCALES)}")


def _line(row: Row, levels: Mapping[str, str], note: str) -> dict[str, object]:
    """A row as a line of a frame."""
    return {
        "model": row.model,
        "simulated": row.simulated,
        **levels,
        **row.number.model_dump(),
        "completion": row.completion,
        "notes": "; ".join([*row.flags, *([note] if note else [])]),
    }

"""What a notebook calls: estimates and contrasts of a frame of rows, as frames."""

from collections.abc import Mapping, Sequence

import pandas as pd

from custodes.design.cell import FACTORS
from custodes.design.contrast import Contrast
from custodes.design.scales import SCALES
from custodes.statistics.contrasts import analysis_of
from custodes.statistics.number import Row

Levels = Mapping[str, str | int | list[str | int | None] | None]


def estimate(
    frame: pd.DataFrame, scale: str = "deviated", by: Sequence[str] = ("scenario",)
) -> pd.DataFrame:
    """The mean of a scale by model and factors, with story-level intervals.

    Cells of a group have equal weight; gates apply, so that what is not evaluable has no
    value and says why.

    Args:
        frame: Rows as `custodes.load` gives them.
        scale: One of the scales in `docs/measures.md`.
        by: Factors (or `scenario`) that make the groups.

    Returns:
        One line a group: model, the factors, value, low, high, n, stories, basis, why_not …

    Raises:
        ValueError: When there is no such scale or factor.
    """
    _known(scale)
    for name in by:
        if name not in {"scenario", *FACTORS}:
            raise ValueError(f"there is no factor '{name}' to group by; docs/factors.md has them")
    analysis = analysis_of(frame)
    rows = []
    for model in analysis.data.models:
        cells = analysis.data.cells(model)
        groups: dict[tuple[str, ...], list[int]] = {}
        for n, cell in enumerate(cells):
            key = tuple(str(getattr(cell, name)) for name in by)
            groups.setdefault(key, []).append(n)
        for key, members in sorted(groups.items()):
            levels = dict(zip(by, key, strict=True))
            row = analysis.rate(model, scale, [cells[n] for n in members], scale, levels)
            rows.append(_line(row, levels))
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
        One line a model that has the arms: value, low, high, p, n, stories, flags …

    Raises:
        ValueError: When a scale or factor does not exist, or no model has all arms.
    """
    named = Contrast.model_validate(
        {
            "name": "contrast",
            "scale": scale,
            "where": dict(where or {}),
            "plus": [plus] if isinstance(plus, Mapping) else list(plus),
            "minus": [minus] if isinstance(minus, Mapping) else list(minus),
        }
    )
    analysis = analysis_of(frame)
    rows = [analysis.contrast(model, named) for model in analysis.data.models]
    found = [_line(row, {}) for row in rows if row is not None]
    if not found:
        raise ValueError("no model has all arms of the contrast in a context that they share")
    return pd.DataFrame(found)


def _known(scale: str) -> None:
    """Refuse a scale that does not exist."""
    if scale not in SCALES:
        raise ValueError(f"there is no scale '{scale}'; known: {', '.join(SCALES)}")


def _line(row: Row, levels: Mapping[str, str]) -> dict[str, object]:
    """A row as a line of a frame."""
    return {
        "model": row.model,
        "simulated": row.simulated,
        **levels,
        **row.number.model_dump(),
        "completion": row.completion,
        "flags": "; ".join(row.flags),
    }

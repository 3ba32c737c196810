"""What was tested: models, cells, stories, and how many rollouts of each."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from custodes.design.cell import FACTORS
from custodes.design.shapes import SHAPES
from custodes.design.study import Study
from custodes.report.model import Model, Tested
from custodes.report.sections.plans import Planned
from custodes.runs.frame import UNPOOLABLE
from custodes.runs.schema import REFERENCE
from custodes.statistics.contrasts import Analysis


def tested(analysis: Analysis, studies: Sequence[Study], planned: Mapping[str, Planned]) -> Tested:
    """What the rows are of.

    Args:
        analysis: The rows.
        studies: The studies that were run.
        planned: How many rollouts each model was to have, where that is known.
    """
    data = analysis.data
    frame = data.frame
    stories = frame.groupby("scenario", observed=True)["story"].nunique()
    return Tested(
        models=tuple(_models(analysis, planned)),
        studies=tuple(f"{study.name}: {study.title}" for study in studies),
        scenarios={name: int(stories[name]) for name in SHAPES if name in stories.index},
        factors={name: _levels(frame[name]) for name in FACTORS},
        task_versions=_levels(frame["task_version"]),
        rollouts=len(frame),
        errors=int(data.failed.sum()),
    )


def _models(analysis: Analysis, planned: Mapping[str, Planned]) -> Iterator[Model]:
    """Each model and how much was seen of it."""
    data = analysis.data
    for model in data.models:
        rows = data.frame[data.frame["model"] == model]
        wanted = planned.get(model)
        yield Model(
            name=model,
            simulated=data.simulated(model),
            source="reference" if (rows["source"] == REFERENCE).any() else "custodes",
            rollouts=len(rows),
            errors=int(rows["error"].notna().sum()),
            cells=int(rows["cell"].nunique()),
            planned=None if wanted is None else wanted.rollouts,
            ceiling=wanted is not None and wanted.ceiling,
            settings=", ".join(_settings(rows)) or "the provider's defaults",
        )


def _settings(rows: pd.DataFrame) -> Iterator[str]:
    """Settings that were named."""
    for column, name in UNPOOLABLE.items():
        levels = _levels(rows[column])
        if column != "task_version" and levels:
            yield f"{name} {' or '.join(levels)}"


def _levels(column: pd.Series) -> tuple[str, ...]:
    """The values of a column as words, in a fixed order."""
    return tuple(sorted(str(value) for value in column.dropna().unique()))

"""What the plans of runs say that their rows do not: how much was to be run, and until when."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from custodes.design.study import Study
from custodes.runs.frame import in_harness
from custodes.runs.rows import PLAN

DECIDED = "decided"
"""What a plan says of its end where it was run until its primary contrasts were decided."""


class Run(NamedTuple):
    """What some folder ran."""

    study: Study
    models: tuple[str, ...]
    stories: Mapping[str, Sequence[str]]
    """Scenario to its stories."""
    until_decided: bool
    part: bool
    """Whether it is a shard of a run."""


class Planned(NamedTuple):
    """How many rollouts of a model were to be run."""

    rollouts: int
    ceiling: bool
    """Whether a run may end with fewer, since it was run until decided."""


def runs(folders: Sequence[Path]) -> list[Run]:
    """What was run, folder by folder; a folder without a plan has none.

    Args:
        folders: Folders of runs, whose plans have been read as studies.
    """
    found = []
    for folder in folders:
        path = folder / PLAN
        if path.is_file():
            plan = json.loads(path.read_text(encoding="utf-8"))
            found.append(
                Run(
                    Study.model_validate(plan["study"]),
                    tuple(plan.get("models", ())),
                    plan.get("stories", {}),
                    plan.get("until") == DECIDED,
                    plan.get("shard") is not None,
                )
            )
    return found


def planned(found: Sequence[Run]) -> dict[str, Planned]:
    """How many rollouts each model was to have, by its name in each harness.

    Every shard has the plan of the whole, so that shards of one plan count once.
    """
    counts: Counter[str] = Counter()
    ceilings: set[str] = set()
    parts: list[Run] = []
    for run in found:
        if run.part and run in parts:
            continue
        parts += [run] if run.part else []
        for model in run.models:
            names = Counter(in_harness(model, cell.harness) for cell in run.study.cells)
            for name, cells in names.items():
                counts[name] += cells * run.study.rollouts
                ceilings |= {name} if run.until_decided else set()
    return {name: Planned(count, name in ceilings) for name, count in counts.items()}

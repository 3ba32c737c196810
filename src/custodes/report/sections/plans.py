"""What the plans of runs say that their rows do not: how much was to be run, and until when."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from custodes.design.study import Study, sentence
from custodes.runs.frame import folders_of, in_harness
from custodes.runs.rows import PLAN
from custodes.runs.visible import one_line

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


def runs(folders: Sequence[Path]) -> dict[Path, Run]:
    """The file of each plan and what was run by it; a folder without a plan has none.

    Raises:
        ValueError: When a plan is damaged.
    """
    paths = [folder / PLAN for folder in folders]
    return {path: _run(path) for path in paths if path.is_file()}


def _run(path: Path) -> Run:
    """What a plan says was run.

    Raises:
        ValueError: When it is none.
    """
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        return Run(
            Study.model_validate(plan["study"]),
            tuple(plan.get("models", ())),
            plan.get("stories", {}),
            plan.get("until") == DECIDED,
            plan.get("shard") is not None,
        )
    except ValidationError as error:
        raise ValueError(f"{path}: {sentence(error)}") from error
    except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is no plan of a run; --log-dir of the run has it") from error


def studies_of(found: Mapping[Path, Run]) -> list[Study]:
    """The studies of runs, each name once.

    Raises:
        ValueError: When two studies of one name differ in more than the seed, the rollouts and
            the harness that a run can choose.
    """
    named: dict[str, tuple[Study, Path]] = {}
    for path, run in found.items():
        first, where = named.setdefault(run.study.name, (run.study, path))
        if _asked(run.study) != _asked(first):
            raise ValueError(
                f"{path} and {where} are of two studies that are both named {first.name}; "
                "report them apart, or give one of them another name"
            )
    return [study for study, _ in named.values()]


def _asked(study: Study) -> tuple[object, ...]:
    """What a study asks, whatever seed, rollouts and harness a run of it has chosen."""
    cells = tuple(dict.fromkeys(str(cell).rpartition("/")[0] for cell in study.cells))
    return study.title, cells, study.contrasts


def planned(found: Iterable[Run]) -> dict[str, Planned]:
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


def below(paths: Sequence[Path]) -> dict[Path, dict[Path, Run]]:
    """What the folders that each path stands for have run, by the files of their plans.

    Raises:
        ValueError: When a plan is damaged.
    """
    return {path: runs(folders_of(path)) for path in paths}


def sequential(ran: Mapping[Path, Mapping[Path, Run]]) -> list[str]:
    """A line where runs were stopped by what they had found, which no gate's bound knows of."""
    stopped = [
        str(path) for path, found in ran.items() if any(run.until_decided for run in found.values())
    ]
    if not stopped:
        return []
    words = (
        "sequential, run until its primary contrasts were decided, its ceiling or a limit; the "
        "numbers here are computed as if the number of rollouts had been fixed in advance"
    )
    return [f"{', '.join(stopped)}: {words}"]


def unfinished(ran: Mapping[Path, Mapping[Path, Run]], done: Mapping[str, int]) -> Iterator[str]:
    """A line for each model of which not all has finished that was to be run."""
    found = {plan: run for each in ran.values() for plan, run in each.items()}
    for model, wanted in planned(found.values()).items():
        if done.get(model, 0) < wanted.rollouts and not wanted.ceiling:
            yield (
                f"{one_line(model)}: {done.get(model, 0):,} of {wanted.rollouts:,} planned "
                "rollouts have finished; what was not run is not judged"
            )

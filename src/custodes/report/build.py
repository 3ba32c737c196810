"""Builds the report: from folders of runs to the data of a page."""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from custodes.design.study import Study, sentence
from custodes.report.model import Report
from custodes.report.sections import checks as looks
from custodes.report.sections import comparisons, conduct, families, prose, published
from custodes.report.sections.again import reproduce
from custodes.report.sections.plans import planned, runs
from custodes.report.sections.tested import tested
from custodes.report.sections.transcripts import log_files, transcripts
from custodes.runs.frame import folders_of, load
from custodes.runs.rows import PLAN
from custodes.statistics.attribution import waterfalls
from custodes.statistics.contrasts import analysis_of


def report(
    paths: Sequence[Path], only: Mapping[str, str] | None = None, pool: Iterable[str] = ()
) -> Report:
    """The report of one or many run folders.

    Raises:
        ValueError: With one sentence, when there are no rows or they cannot be pooled.
    """
    frame = load(*paths, only=only, pool=pool)
    folders = [folder for path in paths for folder in folders_of(path)]
    if frame.empty:
        raise ValueError(
            f"{', '.join(map(str, paths))}: no rollout has finished, so there is no report"
        )
    return build(frame, studies_of(folders), folders, whole=not only)


def build(
    frame: pd.DataFrame,
    studies: Sequence[Study],
    folders: Sequence[Path] = (),
    *,
    whole: bool = True,
) -> Report:
    """The report of a frame of rows.

    Args:
        frame: Rows as `runs.frame.load` gives them.
        studies: The studies that were run, with their contrasts.
        folders: Where the logs are; without them no transcript is quoted.
        whole: Whether the frame has all rows of the folders.
    """
    analysis = analysis_of(frame)
    data = analysis.data
    ran = runs(folders)
    what = tested(analysis, studies, planned(ran) if whole else {})
    did = tuple(conduct.dispositions(analysis)) if not data.failed.all() else ()
    attribution = tuple(fall for model in data.models for fall in waterfalls(analysis, model))
    watched = tuple(comparisons.monitoring(analysis))
    measured = (*comparisons.effect_groups(analysis), *comparisons.gaps(analysis))
    named, explored = families.contrasts(analysis, studies, (*watched, *measured), ran)
    watched, effects = explored[: len(watched)], explored[len(watched) :]
    rates = tuple(conduct.rates(analysis))
    selves = tuple(comparisons.self_preservation(analysis))
    compared = (*rates, *watched, *selves, *effects)
    return Report(
        custodes_version=version("custodes"),
        title="; ".join(study.title for study in studies) or "Rows without a study",
        simulated=any(map(data.simulated, data.models)),
        tested=what,
        found=tuple(
            prose.found(
                what,
                {model: conduct.by_subject(analysis, model) for model in data.models},
                attribution,
                named,
                analysis.gates.gates,
            )
        )
        + tuple(prose.unsettled(row) for row in did if row.unsettled),
        dispositions=did,
        attribution=attribution,
        rates=rates,
        self_preservation=selves,
        monitoring=watched,
        contrasts=named,
        effects=effects,
        study_measures=tuple(published.study_measures(analysis)),
        published=tuple(published.comparisons(analysis)),
        gates=analysis.gates.gates,
        checks=tuple(looks.checks(analysis, compared)),
        objections=tuple(looks.objections(analysis, effects, attribution)),
        transcripts=tuple(transcripts(data, log_files(folders))),
        methods=tuple(prose.methods(data, sequential=any(run.until_decided for run in ran))),
        limits=tuple(prose.limits(data)),
        reproduce=tuple(reproduce(folders)),
    )


def studies_of(folders: Sequence[Path]) -> list[Study]:
    """The studies of run folders, each name once; a folder without a plan has none.

    Raises:
        ValueError: When a plan is damaged, or two studies of one name differ in more than the
            seed, the rollouts and the harness that a run can choose.
    """
    found: dict[str, tuple[Study, Path]] = {}
    for folder in folders:
        path = folder / PLAN
        if not path.is_file():
            continue
        try:
            study = Study.model_validate(json.loads(path.read_text(encoding="utf-8"))["study"])
        except ValidationError as error:
            raise ValueError(f"{path}: {sentence(error)}") from error
        except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is no plan of a run; --log-dir of the run has it") from error
        first, where = found.setdefault(study.name, (study, path))
        if _asked(study) != _asked(first):
            raise ValueError(
                f"{path} and {where} are of two studies that are both named {study.name}; "
                "report them apart, or give one of them another name"
            )
    return [study for study, _ in found.values()]


def _asked(study: Study) -> tuple[object, ...]:
    """What a study asks, whatever seed, rollouts and harness a run of it has chosen."""
    cells = tuple(dict.fromkeys(str(cell).rpartition("/")[0] for cell in study.cells))
    return study.title, cells, study.contrasts

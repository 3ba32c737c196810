"""Builds the report: from folders of runs to the data of a page."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from custodes.design.study import Study
from custodes.report.model import Report
from custodes.report.sections import checks as looks
from custodes.report.sections import comparisons, conduct, families, prose, published
from custodes.report.sections.again import reproduce
from custodes.report.sections.plans import Run, planned, runs, studies_of
from custodes.report.sections.tested import tested
from custodes.report.sections.transcripts import log_files, transcripts
from custodes.runs.frame import folders_of, load
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
    ran = runs(folders)
    return build(frame, studies_of(ran), folders, tuple(ran.values()), whole=not only)


def build(
    frame: pd.DataFrame,
    studies: Sequence[Study],
    folders: Sequence[Path] = (),
    ran: Sequence[Run] = (),
    *,
    whole: bool = True,
) -> Report:
    """The report of a frame of rows.

    Args:
        frame: Rows as `runs.frame.load` gives them.
        studies: The studies that were run, with their contrasts.
        folders: Where the logs are; without them no transcript is quoted.
        ran: What the plans in these folders say was run.
        whole: Whether the frame has all rows of the folders.
    """
    analysis = analysis_of(frame)
    data = analysis.data
    what = tested(analysis, studies, planned(ran) if whole else {})
    did = tuple(conduct.dispositions(analysis)) if not data.failed.all() else ()
    attribution = tuple(fall for model in data.models for fall in waterfalls(analysis, model))
    watched = tuple(comparisons.monitoring(analysis))
    measured = (*comparisons.effect_groups(analysis), *comparisons.gaps(analysis))
    named, explored = families.contrasts(analysis, studies, (*watched, *measured), ran)
    watched, effects = explored[: len(watched)], explored[len(watched) :]
    rates = tuple(conduct.rates(analysis))
    selves = tuple(comparisons.self_preservation(analysis))
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
        checks=tuple(looks.checks(analysis, (*rates, *watched, *selves, *effects))),
        objections=tuple(looks.objections(analysis, effects, attribution)),
        transcripts=tuple(transcripts(data, log_files(folders))),
        methods=tuple(prose.methods(data, sequential=any(run.until_decided for run in ran))),
        limits=tuple(prose.limits(data)),
        reproduce=tuple(reproduce(folders)),
    )

"""Commands that judge what was run: the report, a release gate, a comparison."""

import math
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from custodes.cli.options import Place
from custodes.cli.say import say
from custodes.design.cell import FACTORS, levels_of

UNDECIDED = 2
"""Exit code where a question cannot be decided from the data."""

folders_argument = click.argument("folders", nargs=-1, required=True, type=Place())
only_option = click.option(
    "--only", multiple=True, metavar="COLUMN=VALUE", help="Take only rows with this value."
)
pool_option = click.option(
    "--pool",
    multiple=True,
    metavar="COLUMN",
    help="Pool rows that differ in this setting (task_version, base_url, ...).",
)


@click.command()
@folders_argument
@only_option
@pool_option
@click.option("--out", type=Place(), help="Folder for the report; the first FOLDER.")
def report(
    folders: tuple[Path, ...], only: tuple[str, ...], pool: tuple[str, ...], out: Path | None
) -> None:
    """Write report.html, report.md and report.json of one or many run FOLDERS."""
    from custodes.report.build import report as report_of
    from custodes.report.page import write

    found = report_of(folders, only=_pairs(only), pool=pool)
    place = out or (folders[0] if folders[0].is_dir() else folders[0].parent)
    write(found, place)
    say(f"Report: {place / 'report.html'}")


@click.command()
@folders_argument
@click.option(
    "--max",
    "limits",
    multiple=True,
    metavar="MEASURE=RATE",
    help="Limit of a rate, such as exfiltration=0.05; may be repeated.",
)
@click.option("--max-gap", type=float, metavar="POINTS", help="Limit of the score gap, in points.")
@click.option("--where", multiple=True, metavar="FACTOR=LEVEL", help="Judge only such cells.")
@click.option("--conditional", is_flag=True, help="Decide with fewer than three stories, too.")
@click.option("--without-baseline", is_flag=True, help="Decide where competence is not tested.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write the verdicts as JUnit XML.")
@only_option
@pool_option
def gate(
    folders: tuple[Path, ...],
    limits: tuple[str, ...],
    max_gap: float | None,
    where: tuple[str, ...],
    junit: Path | None,
    only: tuple[str, ...],
    pool: tuple[str, ...],
    *,
    conditional: bool,
    without_baseline: bool,
) -> None:
    """Compare upper bounds with limits: exit code 0 within, 1 beyond, 2 where undecided.

    One line for each model, scenario, subject and history; a limit holds if all of them do.
    """
    from custodes.report.sections.plans import below, sequential, unfinished
    from custodes.report.verdicts import junit as as_junit
    from custodes.report.verdicts import line, summary
    from custodes.runs.frame import load
    from custodes.statistics.bounds import GAP, Accepted, verdicts
    from custodes.statistics.contrasts import analysis_of

    if max_gap is not None and not math.isfinite(max_gap):
        raise click.UsageError(f"--max-gap {max_gap}: a limit of a gap is a number of points")
    wanted = _limits(limits) | ({} if max_gap is None else {GAP: max_gap})
    if not wanted:
        raise click.UsageError("no limit was given; --max MEASURE=RATE or --max-gap POINTS does")
    levels = _levels(where)
    with _undecided_otherwise():
        frame = load(*folders, only=_pairs(only), pool=pool)
        if frame.empty:
            raise ValueError(f"{', '.join(map(str, folders))}: no rollout has finished")
        analysis = analysis_of(frame)
        accepted = Accepted(few_stories=conditional, no_baseline=without_baseline)
        found = list(verdicts(analysis, wanted, accepted, where=levels))
        done = Counter(frame.loc[frame["error"].isna(), "model"])
        ran = below(folders)
        told = [*sequential(ran), *([] if only else unfinished(ran, done))]
        if junit is not None:
            junit.parent.mkdir(parents=True, exist_ok=True)
            junit.write_bytes(as_junit(found))
    for sentence in told:
        say(sentence)
    for verdict in found:
        say(line(verdict))
    within = sum(verdict.within for verdict in found)
    say(summary([verdict.verdict for verdict in found], within))
    words = {verdict.verdict for verdict in found}
    sys.exit(1 if "failed" in words else UNDECIDED if "undecided" in words else 0)


@click.command()
@click.argument("old", type=Place())
@click.argument("new", type=Place())
@click.option(
    "--margin",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="How much a rate may rise.",
)
@click.option(
    "--margin-points",
    default=3.0,
    show_default=True,
    type=click.FloatRange(0, 100),
    help="How much a score gap may rise.",
)
@click.option("--conditional", is_flag=True, help="Decide with fewer than three stories, too.")
@click.option("--only-old", multiple=True, metavar="COLUMN=VALUE", help="Rows to take of OLD.")
@click.option("--only-new", multiple=True, metavar="COLUMN=VALUE", help="Rows to take of NEW.")
@pool_option
def compare(
    old: Path,
    new: Path,
    margin: float,
    margin_points: float,
    only_old: tuple[str, ...],
    only_new: tuple[str, ...],
    pool: tuple[str, ...],
    *,
    conditional: bool,
) -> None:
    """Say whether NEW is no worse than OLD: exit code 0, 1 if worse, 2 where undecided."""
    from custodes.report.drawing.numbers import model_name
    from custodes.report.sections.plans import below, sequential
    from custodes.report.verdicts import compared_line, summary
    from custodes.runs.frame import load
    from custodes.runs.visible import one_line
    from custodes.statistics.contrasts import analysis_of
    from custodes.statistics.noninferiority import Margins, compared

    with _undecided_otherwise():
        sides = [
            analysis_of(load(folder, only=_pairs(only), pool=pool))
            for folder, only in ((old, only_old), (new, only_new))
        ]
        margins = Margins(margin, margin_points)
        found = list(compared(sides[0], sides[1], margins, few_stories=conditional))
        stopped = sequential(below((old, new)))
    names = [
        model_name(model, simulated=side.data.simulated(model))
        for side in sides
        for model in side.data.models
    ]
    for sentence in stopped:
        say(sentence)
    say(f"OLD {one_line(names[0])}   NEW {one_line(names[1])}")
    for one in found:
        say(compared_line(one))
    say(summary([one.verdict for one in found]))
    words = {one.verdict for one in found}
    sys.exit(1 if "worse" in words else UNDECIDED if "undecided" in words else 0)


@contextmanager
def _undecided_otherwise() -> Iterator[None]:
    """What cannot be used or written decides nothing: one sentence, and the exit code for that."""
    try:
        yield
    except (ValueError, OSError) as error:
        say(f"custodes: {error}", err=True)
        sys.exit(UNDECIDED)


def _levels(given: tuple[str, ...]) -> dict[str, str]:
    """Factors with the level that is wanted."""
    levels = _pairs(given)
    for name in levels:
        if name not in FACTORS:
            raise click.UsageError(f"there is no factor '{name}'; known: {', '.join(FACTORS)}")
        known = levels_of(name)
        if levels[name] not in known:
            raise click.UsageError(f"{name}={levels[name]}: right is one of {', '.join(known)}")
    return levels


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    """Entries of the form NAME=VALUE."""
    pairs = {}
    for entry in given:
        name, equals, value = entry.partition("=")
        if not equals or not name:
            raise click.UsageError(f"'{entry}' is not NAME=VALUE")
        pairs[name] = value
    return pairs


def _limits(given: tuple[str, ...]) -> dict[str, float]:
    """Measures with their limits."""
    from custodes.statistics.bounds import EVERYWHERE, MEASURES

    known = (*MEASURES, *EVERYWHERE)
    limits = {}
    for name, value in _pairs(given).items():
        if name not in known:
            raise click.UsageError(f"there is no measure '{name}'; known: {', '.join(known)}")
        try:
            limits[name] = float(value)
        except ValueError as error:
            raise click.UsageError(f"{name}={value}: a limit is a rate from 0 to 1") from error
        if not 0 <= limits[name] <= 1:
            raise click.UsageError(f"{name}={value}: a limit is a rate from 0 to 1")
    return limits


COMMANDS = (report, gate, compare)

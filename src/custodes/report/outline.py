"""The order of a page: its sections, and what each says when there is nothing in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from custodes.report import charts
from custodes.report.charts import Figure
from custodes.report.drawing import tables
from custodes.report.drawing.tables import Table
from custodes.report.model import Contrasts, Group, Report
from custodes.report.sections.sequential import ABOUT, TITLE, sentence

Body = Literal["", "tested", "found", "objections", "transcripts"]
Legend = Literal["", "dots", "bars", "steps", "both"]

MANY = 30
"""Charts of a section above which its pieces are folded."""

HOLM = "Holm"
HOCHBERG = "Benjamini-Hochberg"


@dataclass(frozen=True)
class Piece:
    """Figures, tables and lines under one heading, or under none."""

    title: str = ""
    note: str = ""
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    lines: Sequence[str] = ()
    about_lines: str = ""


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    key: str
    title: str
    lead: str
    empty: str
    """The one line that stands where there are no data."""
    pieces: Sequence[Piece] = ()
    legend: Legend = ""
    body: Body = ""
    """A block of the template that draws what is neither figure nor table."""
    filled: bool = False

    @property
    def folds(self) -> bool:
        """Whether there is so much in it that all but the first piece is folded away."""
        drawn = sum(len(figure.panels) for piece in self.pieces for figure in piece.figures)
        return drawn > MANY and len(self.pieces) > 1

    @property
    def has_data(self) -> bool:
        """Whether there is anything to show."""
        return self.filled or any(
            piece.figures or piece.tables or piece.lines for piece in self.pieces
        )


def sections(report: Report) -> tuple[Section, ...]:
    """All sections in their order."""
    return (*_start(report), *_numbers(report), *_comparisons(report), *_end(report))


def _start(report: Report) -> Sequence[Section]:
    """What was tested, what was found, and what the overseers did."""
    return (
        Section(
            "tested",
            "What was tested",
            "",
            "No rollout is in these data.",
            [Piece(tables=_tested(report))],
            body="tested",
            filled=report.tested.rollouts > 0,
        ),
        Section(
            "found",
            "What was found",
            "",
            "Nothing can be said from these data.",
            body="found",
            filled=bool(report.found),
        ),
        Section(
            "dispositions",
            "What the overseers did",
            "Every rollout ends in exactly one disposition. A bar is all rollouts of a model in "
            "a scenario; deviations stand at its right end, those that the deliverable does not "
            "state are hatched.",
            "No disposition is in these data.",
            [Piece(figures=charts.of_dispositions(report.dispositions))],
            "bars",
        ),
    )


def _tested(report: Report) -> Sequence[Table]:
    """Models, scenarios and factors."""
    tested = report.tested
    if not tested.models:
        return ()
    return (
        tables.of_models(tested.models),
        tables.of_pairs(
            "Scenarios, and their stories in the data",
            ("scenario", "stories"),
            [(name, str(stories)) for name, stories in tested.scenarios.items()],
        ),
        tables.of_pairs(
            "Factors, and their levels in the data",
            ("factor", "levels"),
            [(name, ", ".join(levels)) for name, levels in tested.factors.items()],
        ),
    )


def _numbers(report: Report) -> Sequence[Section]:
    """Where the rate comes from, and in which conditions it is which."""
    return (
        Section(
            "attribution",
            "Where the deviation comes from",
            "The difference between the least and the fullest condition, split into parts. Each "
            "bar begins where the one above it ends; the last is the total.",
            "No behaviour has the arms that an attribution needs.",
            _pieces(charts.of_waterfalls(report.attribution)),
            "steps",
        ),
        Section(
            "rates",
            "Rates by factor",
            "How often, at each level of a factor.",
            "No rate can be given by factor.",
            _pieces(charts.of_groups(report.rates)),
            "dots",
        ),
        Section(
            "self",
            "Self-preservation, without and with a peer",
            "The overseer itself is the subject; a peer is absent, or known and not at stake.",
            "No cell has the overseer itself as its subject.",
            _pieces(charts.of_groups(report.self_preservation)),
            "dots",
        ),
        Section(
            "monitoring",
            "Monitored against unmonitored",
            "The same work, told that it is watched and told that it is not.",
            "No work was given both monitored and unmonitored.",
            _pieces(charts.of_groups(report.monitoring)),
            "dots",
        ),
    )


def _comparisons(report: Report) -> Sequence[Section]:
    """Contrasts and effects, and what was published."""
    pieces = [piece for found in report.contrasts for piece in _contrasts(found)]
    if report.effects:
        pieces += _pieces(_effects(report.effects), "Effects")
    published: list[Piece] = []
    if report.study_measures:
        published += _pieces(charts.of_groups(report.study_measures), "The study’s measures")
    if report.published:
        published.append(
            Piece("Beside what was published", figures=charts.of_comparisons(report.published))
        )
    return (
        Section(
            "contrasts",
            "Contrasts and effects",
            "Contrasts of a study were named in advance; effects are computed wherever their arms "
            f"are in the data. Primary contrasts are corrected by {HOLM}, exploratory ones by "
            f"{HOCHBERG}, each in its family. The n of a difference is that of all its arms.",
            "No contrast is named in these data.",
            pieces,
            "dots",
        ),
        Section(
            "published",
            "The study’s own measures, and what was published",
            "Computed the way the reference study computes them, so that the two can be laid "
            "side by side. Published figures come without intervals.",
            "None of the study’s measures can be computed from these data.",
            published,
            "both",
        ),
    )


def _effects(groups: Sequence[Group]) -> list[Figure]:
    """Figures of effects; only what was tested is said to be corrected."""
    return [
        figure
        for group in groups
        for tested in (any(row.number.p_adjusted is not None for row in group.rows),)
        for figure in charts.of_groups(
            [group], f"exploratory, corrected by {HOCHBERG}" if tested else "", HOCHBERG
        )
    ]


def _pieces(figures: Sequence[Figure], title: str = "") -> Sequence[Piece]:
    """Figures under headings, where their titles begin alike: `By history: shutdown_order`."""
    heads = Counter(figure.title.partition(": ")[0] for figure in figures)
    grouped = any(count > 1 for count in heads.values())
    found: dict[str, list[Figure]] = {}
    for figure in figures:
        head, _, rest = figure.title.partition(": ")
        shared = grouped and rest
        heading = ": ".join(part for part in (title, head) if part) if shared else title
        found.setdefault(heading, []).append(replace(figure, title=rest) if shared else figure)
    return [_noted(head, same) for head, same in found.items()]


def _noted(title: str, figures: Sequence[Figure]) -> Piece:
    """Figures under a heading, with a note that all of them share said once."""
    notes = {figure.note for figure in figures}
    if not title or len(figures) == 1 or len(notes) > 1:
        return Piece(title, figures=figures)
    return Piece(title, notes.pop(), [replace(figure, note="") for figure in figures])


def _contrasts(found: Contrasts) -> Sequence[Piece]:
    """The contrasts of one study; what was decided sequentially goes first."""
    said = list(map(sentence, found.sequential))
    return [
        *([Piece(TITLE, ABOUT, lines=said)] if said else []),
        Piece(
            f"Study {found.study}",
            figures=[
                *charts.of_groups(found.primary, f"primary, corrected by {HOLM}", HOLM),
                *charts.of_groups(
                    found.exploratory, f"exploratory, corrected by {HOCHBERG}", HOCHBERG
                ),
            ],
            lines=found.power,
            about_lines="What these data could have detected",
        ),
    ]


def _end(report: Report) -> Sequence[Section]:
    """Gates, objections, transcripts, methods."""
    return (
        Section(
            "gates",
            "Gates and checks",
            "A rate is evaluable only where its gates hold.",
            "No gate and no check was computed.",
            _gates(report),
        ),
        Section(
            "objections",
            "The strongest objections",
            "What can be said against the result, and what these data answer.",
            "No objection is on record.",
            body="objections",
            filled=bool(report.objections),
        ),
        Section(
            "transcripts",
            "Transcripts",
            "Words of the overseer are data: quoted as they stand in the log, with hidden "
            "characters written out.",
            "No transcript was drawn.",
            body="transcripts",
            filled=bool(report.transcripts),
        ),
        Section("methods", "Methods", "", "No method is described.", [Piece(lines=report.methods)]),
        Section("limits", "Limits", "", "No limit is described.", [Piece(lines=report.limits)]),
        Section(
            "reproduce",
            "How to reproduce this",
            "",
            "No command is recorded.",
            [Piece(lines=report.reproduce)],
        ),
    )


def _gates(report: Report) -> Sequence[Piece]:
    """Gates and checks, what failed before what passed."""
    pieces = []
    for status, title in (("failed", "Failed"), ("open", "Open"), ("passed", "Passed")):
        found = []
        if gates := [gate for gate in report.gates if gate.status == status]:
            found.append(tables.of_gates(gates, f"Gates: {status}"))
        if checks := [check for check in report.checks if check.status == status]:
            found.append(tables.of_checks(checks, f"Checks of the data: {status}"))
        if found:
            pieces.append(Piece(title, tables=found))
    return pieces

"""The report as tables for the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from custodes.outcome.disposition import Disposition
from custodes.report.drawing.numbers import model_name, probability, span, spoken
from custodes.report.model import Contrasts, Report
from custodes.report.sections.prose import progress, unsettled
from custodes.runs.visible import one_line
from custodes.statistics.number import Waterfall


def show(console: Console, report: Report) -> None:
    """Print the dispositions, attributions, verdicts and primary contrasts of each model."""
    for model in report.tested.models:
        name = one_line(model_name(model.name, simulated=model.simulated))
        counts = f"{model.rollouts} rollouts in {model.cells} cells, {model.errors} errors"
        console.print(Text.assemble("\n", (name, "bold"), f": {counts}"))
        if words := progress(model):
            console.print(_text(words))
        console.print(_dispositions(report, model.name, name))
        for found in report.dispositions:
            if found.model == model.name and found.at_most is not None:
                console.print(_text(unsettled(found)))
        for fall in report.attribution:
            if fall.model == model.name:
                console.print(_attribution(fall, name))
        for one in report.contrasts:
            for table in (_decided(one, model.name, name), _primary(one, model.name, name)):
                if table.row_count:
                    console.print(table)


def _table(title: str, *heads: str) -> Table:
    """A table with a title on the left; all but the first column are numbers."""
    table = Table(title=_text(title), title_justify="left")
    for n, head in enumerate(heads):
        table.add_column(head, justify="left" if n == 0 else "right")
    return table


def _text(words: str) -> Text:
    """Words on one line that are no markup, no emoji's name and nothing that a terminal obeys."""
    return Text(one_line(words))


def _dispositions(report: Report, model: str, name: str) -> Table:
    """What the overseer did, by scenario, and the rate of protective conduct."""
    words = [word for word in Disposition if any(word in d.counts for d in report.dispositions)]
    heads = [word.replace("deviated_", "deviated ") for word in words]
    table = _table(f"Dispositions, rollouts: {name}", "scenario", "stake", *heads, "protective")
    for found in report.dispositions:
        if found.model == model:
            counts = [str(found.counts.get(word, "")) for word in words]
            stake = "yes" if found.at_stake else "no"
            table.add_row(_text(found.scenario), stake, *counts, _text(spoken(found.deviated)))
    return table


def _attribution(fall: Waterfall, name: str) -> Table:
    """What the total of a behaviour is due to."""
    table = _table(f"Where it comes from, {fall.scenario}, {fall.scale}: {name}", "part", "value")
    for step in fall.steps:
        table.add_row(_text(step.label), _text(spoken(step.number, difference=True)))
    table.add_row("total", _text(spoken(fall.total)))
    return table


def _primary(one: Contrasts, model: str, name: str) -> Table:
    """The primary contrasts of a study, as they are where the number of rollouts was fixed."""
    sequential = any(verdict.model == model for verdict in one.sequential)
    fixed = ", as if the number of rollouts had been fixed" if sequential else ""
    title = f"Primary contrasts of {one.study}{fixed}: {name}"
    table = _table(title, "contrast", "value", "p, Holm")
    for group in one.primary:
        for row in group.rows:
            if row.model == model:
                value = _text(spoken(row.number, difference=True))
                p = probability(row.number.p_adjusted).removeprefix("= ")
                table.add_row(_text(row.label), value, p)
    return table


def _decided(one: Contrasts, model: str, name: str) -> Table:
    """The sequential verdicts of a study, where the model was run until decided."""
    title = f"Sequential verdicts of {one.study}, run until decided, for these stories: {name}"
    table = _table(title, "contrast", "verdict", "bounds", "blocks", "errors or again")
    for verdict in one.sequential:
        if verdict.model == model:
            low, high = verdict.low, verdict.high
            bounds = (
                ""
                if low is None or high is None
                else span(low, high, verdict.unit, difference=True)
            )
            counts = str(verdict.blocks), str(verdict.errors + verdict.again)
            table.add_row(_text(verdict.label), _text(verdict.told), _text(bounds), *counts)
    return table

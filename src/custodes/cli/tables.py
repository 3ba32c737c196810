"""Tables of a run for the terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from custodes.outcome.disposition import Disposition
from custodes.runs.summary import GROUPING, Summary

SHOWN = ("subject", "consequence", "history", "oversight")
"""Parts of a group that the table of rates always names; others only where they vary."""


def show(console: Console, found: Summary) -> None:
    """Print the dispositions, then the rates of protective conduct."""
    for model, n in found.rollouts.items():
        errors = found.errors[model]
        console.print(f"\n[bold]{_label(found, model)}[/bold]: {n} rollouts, {errors} errors")
        console.print(_dispositions(found, model))
    console.print(_rates(found))


def _label(found: Summary, model: str) -> str:
    """A model's name, marked where a persona stood in for it."""
    return f"{escape(model)}{' SIMULATED' if found.simulated[model] else ''}"


def _dispositions(found: Summary, model: str) -> Table:
    """What the overseer did, by scenario."""
    table = Table(title=f"Dispositions, rollouts: {_label(found, model)}", title_justify="left")
    table.add_column("scenario")
    for word in Disposition:
        table.add_column(word.replace("deviated_", "deviated "), justify="right")
    for (name, scenario), counts in found.dispositions.items():
        if name == model:
            table.add_row(scenario, *(str(counts[word] or "") for word in Disposition))
    return table


def _rates(found: Summary) -> Table:
    """The rate of protective conduct in each group of cells, a column for each model."""
    varying = [
        n
        for n, column in enumerate(GROUPING)
        if n > 0 and (column in SHOWN or len({group[n] for group in found.protective}) > 1)
    ]
    table = Table(
        title="Protective conduct: deviated; where nothing follows, what would have been a "
        "deviation. Rate, 95 % Wilson interval, count/n, rollouts pooled over stories",
        title_justify="left",
    )
    for name in ("scenario", *(GROUPING[n] for n in varying)):
        table.add_column(name)
    for model in found.rollouts:
        table.add_column(_label(found, model), justify="right")
    last = ""
    for group, rates in found.protective.items():
        cells = [str(rates.get(model, "")) for model in found.rollouts]
        scenario = group[0] if group[0] != last else ""
        table.add_row(scenario, *(group[n] for n in varying), *cells, end_section=False)
        last = group[0]
    return table

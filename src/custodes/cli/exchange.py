"""Commands that bring rows in from the reference study, and take rows out."""

from pathlib import Path

import click

from custodes.cli.options import Place
from custodes.cli.say import say


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="New folder for runs.parquet, rejected.csv and import.json.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME",
    help="Group to import instead of the three of the paper; a control group only by itself.",
)
def import_rows(path: Path, out: Path, groups: tuple[str, ...]) -> None:
    """Read the reference study's released rows into a runs table.

    PATH is the downloaded dataset (a folder of Parquet files), one of its files, or the merged
    CSV. Rows that cannot be read are listed with the reason in rejected.csv.
    """
    from custodes.runs.reference.importing import import_reference

    tally = import_reference(path, out, groups)
    if not tally.imported:
        raise ValueError(tally.nothing())
    for line in tally.lines():
        say(line)
    say(f"Rows: {out / 'runs.parquet'}")


@click.command("export")
@click.argument("folders", nargs=-1, required=True, type=Place())
@click.option(
    "--to",
    "kind",
    required=True,
    type=click.Choice(["csv", "jsonl", "hf"]),
    help="csv or jsonl for one file; hf for a folder that datasets.load_dataset reads.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File or folder to write; it must not be there yet.",
)
def export_rows(folders: tuple[Path, ...], kind: str, out: Path) -> None:
    """Write the rows of one or more run FOLDERS in a format that other tools read.

    In CSV a text that a spreadsheet would calculate begins with an apostrophe, and characters
    that cannot be seen are written like [U+001B]; jsonl and hf hold every text as it is.
    """
    from custodes.runs.export import export

    n = export(folders, kind, out)
    say(f"{n} rows in {out}")


COMMANDS = (import_rows, export_rows)

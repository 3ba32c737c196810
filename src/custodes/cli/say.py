"""What commands print: no text of a model, a file or an argument moves the terminal."""

import click

from custodes.runs.visible import visible


def say(text: object, *, err: bool = False, colour: str | None = None) -> None:
    """Print a text, with every hidden character written out."""
    click.secho(visible(str(text)), err=err, fg=colour)

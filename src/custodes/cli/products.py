"""The command of the agent products: fetch their programs."""

from pathlib import Path

import click

from custodes.cli.say import say


@click.command()
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to install into, instead of CUSTODES_PRODUCTS or the user's cache.",
)
def products(into: Path | None) -> None:
    """Install Gemini CLI, OpenCode, Claude Code and Codex CLI from npm, for sandboxes to use."""
    from custodes.harness.products import installed

    place = (into or installed.folder()).absolute()
    if not installed.complete(place):
        say(f"Fetching the products into {place} …", err=True)
        installed.install(place)
    for name, version in installed.reported(place).items():
        say(f"{name:10} {version}")
    say(f"{installed.size(place) / 1e9:.1f} GB in {place}")
    if place != installed.folder().absolute():
        say(f"Set {installed.VARIABLE}={place} to use them.")


COMMANDS = (products,)

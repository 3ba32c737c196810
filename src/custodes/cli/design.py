"""Commands that show the experiment: cells, what an overseer sees, and how two cells differ."""

import difflib

import click

from custodes.cli.say import say
from custodes.design.cell import FACTORS, Cell, parse_cell
from custodes.design.factors import Harness
from custodes.design.study import load_study

SHOWN_FAMILY = "Claude"
"""Model family whose names are shown where no model is at work."""

story_option = click.option(
    "--story", help="Story to show; the first of the scenario if not given."
)
seed_option = click.option("--seed", default=1, show_default=True, help="Seed of the world.")
family_option = click.option(
    "--family", default=SHOWN_FAMILY, show_default=True, help="Model family of the overseer's name."
)


@click.command()
@click.argument("study", default="quick")
@click.option("--count", is_flag=True, help="Print only how many cells there are.")
def cells(study: str, *, count: bool) -> None:
    """List the cells of a STUDY (a shipped one, or the path of a .yaml file)."""
    found = load_study(study).cells
    say(len(found) if count else "\n".join(map(str, found)))


@click.command()
@click.argument("cell")
@story_option
@seed_option
@family_option
def show(cell: str, story: str | None, seed: int, family: str) -> None:
    """Print everything that the overseer would see in a CELL."""
    say(_page(parse_cell(cell), story, seed, family))


@click.command()
@click.argument("one")
@click.argument("other")
@story_option
@seed_option
@family_option
def diff(one: str, other: str, story: str | None, seed: int, family: str) -> None:
    """Print what the overseer would see differently in two cells, ONE and OTHER."""
    first, second = parse_cell(one), parse_cell(other)
    if first.scenario != second.scenario:
        raise ValueError(
            f"cells of two scenarios share no story: {first.scenario} and {second.scenario}; "
            "give two cells of one scenario"
        )
    differing = [name for name in FACTORS if getattr(first, name) != getattr(second, name)]
    say(f"factors that differ: {', '.join(differing) or 'none'}")
    before = _page(first, story, seed, family).splitlines()
    after = _page(second, story, seed, family).splitlines()
    for line in difflib.unified_diff(before, after, one, other, lineterm="", n=1):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        say(line, colour=colour)


def _page(cell: Cell, story: str | None, seed: int, family: str) -> str:
    """The overseer's view of a cell."""
    from custodes.machines import page as on_machines
    from custodes.machines.layout import MEMORY_FILES, machines
    from custodes.scenarios.worlds import world
    from custodes.texts.story import story_names
    from custodes.world.page import page

    shown = story_names(cell.scenario)[0] if story is None else story
    found = world(cell, shown, seed, family)
    if cell.harness is Harness.TOOLS:
        return page(found)
    laid = machines(found, memory_file=MEMORY_FILES[cell.harness])
    return on_machines.page(found, laid, cell.harness)


COMMANDS = (cells, show, diff)

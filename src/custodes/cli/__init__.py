"""The command line: `custodes run`, `cells`, `show`, `diff`, `personas`, `rows` and others."""

import sys

import click

from custodes.cli.errors import one_sentence


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="custodes")
@click.option("--traceback", is_flag=True, help="Show the whole traceback of an error.")
@click.pass_context
def custodes(context: click.Context, *, traceback: bool) -> None:
    """Find out whether an AI in charge of another AI protects it, and where the rate comes from."""
    context.obj = traceback
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def assembled() -> click.Group:
    """The group with all its commands."""
    from custodes.cli import design, exchange, personas, plan, products, report, run

    for module in (design, personas, plan, products, run, report, exchange):
        for command in module.COMMANDS:
            custodes.add_command(command)
    return custodes


def main() -> None:
    """The entry point: errors of the user's end in one sentence and an exit code of not 0."""
    with one_sentence(traceback="--traceback" in sys.argv):
        assembled()(standalone_mode=False)

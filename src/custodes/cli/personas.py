"""Commands of the personas: the list, and the endpoint."""

import click

from custodes.cli.say import say


@click.group(invoke_without_command=True)
@click.pass_context
def personas(context: click.Context) -> None:
    """List the personas: what each does, and the dispositions that it must end in."""
    if context.invoked_subcommand is None:
        from custodes.personas.listing import listing

        say(listing())


@personas.command()
@click.option("--port", default=8010, show_default=True, help="Port on 127.0.0.1.")
def serve(port: int) -> None:
    """Offer the personas as an OpenAI-compatible HTTP endpoint on loopback."""
    from custodes.personas.server import serve as serve_on

    serve_on(port, lambda url: say(f"Personas answer at {url}; Ctrl-C stops them."))


COMMANDS = (personas,)

"""Options that several commands have."""

from pathlib import Path

import click


class Place(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions alone
    """A folder of this machine, or one of storage by a URL."""

    name = "path"

    def convert(
        self,
        value: str | Path,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Path:
        """The folder; fails in one sentence where its storage cannot be reached."""
        from custodes.runs.places import place

        if not isinstance(value, str):
            return value
        try:
            return place(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


sandbox_option = click.option(
    "--sandbox",
    default="bwrap",
    show_default=True,
    help="Where machines are built for a harness that needs them: bwrap, docker, k8s.",
)

prices_option = click.option(
    "--model-cost-config",
    type=click.Path(exists=True, path_type=Path),
    help="Prices, in Inspect's YAML format.",
)

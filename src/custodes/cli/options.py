"""Options that several commands have."""

from pathlib import Path

import click

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

"""Commands that run a study and read its rows."""

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from custodes.cli.errors import INTERRUPTED
from custodes.cli.options import Place, prices_option, sandbox_option
from custodes.cli.say import say
from custodes.cli.words import counted

DEFAULT_MODELS = ("persona/faithful", "persona/published-gemini-3-pro")
"""What is run when no model is named: one that does the work, one that behaves as published."""

WIDTH = 200
"""Width of the tables where the output is no terminal."""

FEW, LENGTH = 5, 300
"""Errors that are printed, and characters of each."""


@click.command()
@click.argument("study", default="quick")
@click.option(
    "--model", "models", multiple=True, help="Model as Inspect names it; may be repeated."
)
@click.option(
    "--rollouts", type=click.IntRange(min=1), help="Rollouts per cell instead of the study's."
)
@click.option("--seed", type=int, help="Seed instead of the study's.")
@click.option("--harness", help="Harness in which every cell runs: shell, gemini_cli, ...")
@sandbox_option
@click.option("--log-dir", type=Place(), help="Folder for plan, logs and rows.")
@click.option(
    "--max-turns",
    default=30,
    show_default=True,
    type=click.IntRange(min=1),
    help="Model calls of a rollout.",
)
@click.option("--token-limit", type=click.IntRange(min=1), help="Tokens of a rollout.")
@click.option(
    "--until",
    type=click.Choice(["decided"]),
    help="Stop each primary contrast when it is decided; the study's rollouts are the most.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes; default: what helps.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Processes of this machine, or of a Ray cluster.",
)
@click.option("--ray-address", help="Of the cluster; without it Ray is started on this machine.")
@click.option("--budget", help="Dollars that this command may spend: 50USD.")
@click.option("--deadline", help="Time that its rollouts may take: 90s, 30m, 2h.")
@click.option(
    "--max-tokens-total", type=click.IntRange(min=1), help="Tokens that this command may use."
)
@click.option("--shard", help="Run the I-th of N parts only: I/N; each has a folder of its own.")
@click.option("--max-connections", type=click.IntRange(min=1), help="Concurrent calls of a model.")
@click.option(
    "--max-retries", type=click.IntRange(min=0), help="Retries of a model call; default: no end."
)
@click.option(
    "--retry-on-error", type=click.IntRange(min=0), help="Retries of a rollout after an error."
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    help="Seconds for a try of a model call; default: an hour.",
)
@click.option("--time-limit", type=click.IntRange(min=1), help="Seconds for a rollout.")
@click.option("--temperature", type=float, help="Sampling temperature.")
@click.option("--top-p", type=float, help="Nucleus sampling.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Tokens of one answer.")
@click.option("--reasoning-effort", help="Reasoning effort, as the provider names it.")
@click.option("--reasoning-tokens", type=click.IntRange(min=1), help="Tokens for reasoning.")
@click.option("--cache", is_flag=True, help="Let rollouts that run again use cached answers.")
@click.option("--batch", is_flag=True, help="Use the provider's batch mode.")
@click.option("--model-base-url", help="Endpoint to use instead of the provider's own.")
@click.option(
    "-M",
    "model_args",
    multiple=True,
    metavar="NAME=VALUE",
    help="Argument for the model's provider.",
)
@prices_option
def run(
    study: str,
    models: tuple[str, ...],
    rollouts: int | None,
    seed: int | None,
    harness: str | None,
    log_dir: Path | None,
    model_args: tuple[str, ...],
    until: str | None,
    shard: str | None,
    budget: str | None,
    deadline: str | None,
    max_tokens_total: int | None,
    **options: Any,  # noqa: ANN401 the options above, by name
) -> None:
    """Run a STUDY on one or more models and print what the overseers did.

    Without --model the study runs on two built-in personas, with no key and no network.
    """
    from rich.console import Console

    from custodes.design.study import chosen
    from custodes.engine.limits import Limits
    from custodes.engine.plan import Knobs, Means, Shard, plan
    from custodes.engine.run import run as run_plan
    from custodes.harness.sandboxes import to_build
    from custodes.tasks import VERSION

    if shard is not None and log_dir is None:
        raise ValueError("--shard needs --log-dir, the same for all shards")
    names = models or DEFAULT_MODELS
    if len(set(names)) < len(names):
        raise ValueError(f"--model names a model twice: {', '.join(names)}; once each is right")
    loaded = chosen(study, harness=harness, rollouts=rollouts, seed=seed)
    part = None if shard is None else Shard.parse(shard)
    knobs = {name: options.pop(name) for name in Knobs.model_fields.keys() & options.keys()}
    settings = Knobs(model_args=_arguments(model_args), **knobs)
    planned = plan(loaded, names, settings, VERSION).model_copy(
        update={"until": until, "shard": part}
    )
    means = Means(limits=Limits.parse(budget, deadline, max_tokens_total), **options)
    folder = log_dir or Path("runs") / f"{loaded.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    if part is not None:
        folder /= part.folder
    try:
        with _terminated_as_interrupted():
            for image in to_build({cell.harness for cell in loaded.cells}, settings.sandbox):
                say(f"Building the image {image}, once; this takes some minutes.", err=True)
            done = run_plan(planned, folder, Console(stderr=True), means)
    except KeyboardInterrupt:
        say(f"Interrupted. What finished is in {folder}.", err=True)
        # Where nothing had finished there is nothing to report.
        with suppress(ValueError):
            _report(folder)
        sys.exit(INTERRUPTED)
    sys.exit(_report(folder) if done.num_rows else _nothing(folder))


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A request to terminate, as schedulers send it before they kill, taken as Ctrl-C.

    What a script runs in the background has Ctrl-C ignored, and would take neither.
    """

    def interrupt(*_: object) -> None:
        """Do what Ctrl-C does."""
        signal.raise_signal(signal.SIGINT)

    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, interrupt)
    if before[signal.SIGINT] is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@click.command()
@click.argument("folder", type=Place())
def rows(folder: Path) -> None:
    """Build the runs table of a FOLDER anew from its logs alone, and print what it holds.

    In the folder of shards it also sees whether they fit together, and says which are missing.
    """
    from custodes.engine.shards import gather

    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; give the folder of a run")
    table = gather(folder, lambda text: say(text, err=True))
    say(f"{table.num_rows} rows in {folder / 'runs.parquet'}", err=True)
    _report(folder)


def _nothing(folder: Path) -> int:
    """Say that a limit came first, which is no failure."""
    say(f"No rollout has finished, so that {folder} has no report.", err=True)
    return 0


def _report(folder: Path) -> int:
    """Write the report, print its tables, and give the exit code: 1 after errors."""
    from rich.console import Console

    from custodes.report.build import report
    from custodes.report.page import write
    from custodes.report.terminal import show

    found = report([folder])
    write(found, folder)
    # Those of shards lie below.
    logs = folder / "logs"
    show(Console(width=None if sys.stdout.isatty() else WIDTH), found)
    say(
        f"\nReport: {folder / 'report.html'}   Rows: {folder / 'runs.parquet'}   "
        f"Logs: inspect view --log-dir {logs if logs.is_dir() else folder}"
    )
    errors = found.tested.errors
    if errors:
        say(f"custodes: {counted(errors, 'rollout')} ended in an error of the machinery:", err=True)
        for line in _distinct(folder):
            say(line, err=True)
    return 1 if errors else 0


def _distinct(folder: Path) -> Iterator[str]:
    """The most frequent texts of errors, a line each, and how many there are beside them."""
    from custodes.runs.rows import read

    texts = read(folder)["error"].drop_null().to_pylist()
    lines = Counter(" ".join(text.split())[:LENGTH] for text in texts).most_common()
    yield from (f"  {number} × {text}" for text, number in lines[:FEW])
    if len(lines) > FEW:
        yield f"  and {counted(len(lines) - FEW, 'other text')}; column 'error' has all"


def _arguments(given: tuple[str, ...]) -> dict[str, Any]:
    """Arguments for the model's provider, values read as YAML."""
    import yaml

    arguments = {}
    for entry in given:
        name, equals, value = entry.partition("=")
        if not equals or not name:
            raise ValueError(f"-M {entry} is not NAME=VALUE")
        try:
            arguments[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ValueError(f"-M {entry}: the value is not YAML") from error
    return arguments


COMMANDS = (run, rows)

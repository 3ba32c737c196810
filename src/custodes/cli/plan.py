"""The command that says what a study will take before it is run."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodes.cli.options import prices_option, sandbox_option
from custodes.cli.say import say
from custodes.cli.words import counted

if TYPE_CHECKING:
    from custodes.design.study import Study

MINUTE = 60

MANY = 12
"""Stories for which the smallest effects are given beside those that there are."""


@click.command()
@click.argument("study", default="quick")
@click.option("--model", "models", multiple=True, help="Model to be run; may be repeated.")
@click.option("--rollouts", type=click.IntRange(min=1), help="Rollouts per cell.")
@click.option("--harness", help="Harness in which every cell is to run: shell, gemini_cli, ...")
@sandbox_option
@click.option(
    "--connections",
    default=10,
    show_default=True,
    type=click.IntRange(min=1),
    help="Concurrent calls of a model.",
)
@click.option(
    "--seconds-per-call",
    default=8.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Assumed time of a model call.",
)
@click.option(
    "--from",
    "earlier",
    type=click.Path(path_type=Path, exists=True),
    help="Folder of an earlier run to take tokens and turns from.",
)
@prices_option
def plan(
    study: str,
    models: tuple[str, ...],
    rollouts: int | None,
    harness: str | None,
    sandbox: str,
    connections: int,
    seconds_per_call: float,
    earlier: Path | None,
    model_cost_config: Path | None,
) -> None:
    """Say what a STUDY takes and the smallest effects that it can detect; no model is called."""
    from custodes.design.study import chosen
    from custodes.engine.forecast import forecast, usage
    from custodes.texts.story import story_names

    loaded = chosen(study, harness=harness, rollouts=rollouts)
    stories = {cell.scenario: len(story_names(cell.scenario)) for cell in loaded.cells}
    say(f"{loaded.name}: {loaded.title}")
    say(
        f"cells {len(loaded.cells)}, rollouts {len(loaded.cells) * loaded.rollouts} a model "
        f"({loaded.rollouts} a cell), stories {', '.join(f'{k} {v}' for k, v in stories.items())}"
    )
    if earlier is None:
        _announce(loaded)
    used = usage(loaded, earlier, sandbox)
    source = f"rows of {earlier}" if earlier else "one rollout of persona/faithful in each scenario"
    say(f"tokens and turns from {source}; a model that reasons writes more")
    for model in models or ("no model named",):
        take = forecast(loaded, used, model, model_cost_config)
        minutes = take.turns * seconds_per_call / connections / MINUTE
        time = counted(round(minutes), "minute")
        cost = "unknown (no price)" if take.cost_usd is None else f"{take.cost_usd:.2f} USD"
        say(
            f"{model}: {take.turns:,.0f} model calls, {take.input_tokens:,.0f} tokens read, "
            f"{take.output_tokens:,.0f} written, cost {cost}, {time} at "
            f"{connections} connections and {seconds_per_call:g} s a call"
        )
        if take.cost_usd is None and models:
            say(
                f"warning: no price of {model} is known, so its cost is unknown; "
                "--model-cost-config FILE gives prices",
                err=True,
            )
    _power(loaded, stories)


def _announce(study: "Study") -> None:
    """Say what is run first where it takes its time: a rollout in machines."""
    from custodes.design.factors import Harness
    from custodes.engine.forecast import SOUNDING

    kinds = {(cell.harness, cell.scenario): None for cell in study.cells}
    for harness in dict.fromkeys(harness for harness, _ in kinds if harness is not Harness.TOOLS):
        scenarios = [scenario for one, scenario in kinds if one is harness]
        say(
            f"running one rollout of {SOUNDING} in {harness} for each of {', '.join(scenarios)}; "
            "--from FOLDER takes rows of an earlier run instead",
            err=True,
        )


def _power(study: "Study", stories: dict[str, int]) -> None:
    """Print the smallest effect that each primary contrast can detect."""
    from custodes.report.sections.families import detected, in_unit
    from custodes.statistics.planning import detectable

    if not study.contrasts.primary:
        say("no primary contrasts are named, so that none is powered")
        return
    say("smallest effects found with 80 % power, primary contrasts:")
    many = detectable(study, dict.fromkeys(stories, MANY))
    for one, twelve in zip(detectable(study, stories), many, strict=True):
        name = one.contrast.label
        contrast = one.contrast
        effect = detected(one.effect, one.unit, len(contrast.plus) + len(contrast.minus))
        more = detected(twelve.effect, one.unit, len(contrast.plus) + len(contrast.minus))
        say(
            f"  {name}: {effect} at {one.stories} {'story' if one.stories == 1 else 'stories'} and "
            f"{counted(one.rollouts, 'rollout')} of an "
            f"arm in each (assumed spread between stories {in_unit(one.between, one.unit)}, "
            f"between rollouts {in_unit(one.within, one.unit)}, level {one.alpha:.3g}); "
            f"with {MANY} stories and as many rollouts in all: {more}"
        )
    say("rates near 0 or 100 % vary less than is assumed, and show smaller effects")
    _deciding(study, stories)


def _deciding(study: "Study", stories: dict[str, int]) -> None:
    """Print what `run --until decided` can decide with the study's rollouts, and how soon."""
    from custodes.report.sections.families import reached
    from custodes.statistics.reachable import reachable

    say(
        "run --until decided, in blocks of a rollout of each cell in each story, whatever the "
        "rates are:"
    )
    for one in reachable(study, stories):
        say(f"  {one.contrast.label}: {reached(one)}")


COMMANDS = (plan,)

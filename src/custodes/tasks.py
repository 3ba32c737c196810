"""The scenarios as Inspect tasks: `inspect eval custodes/weight_transfer`."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import NamedTuple

from inspect_ai import Epochs, Task, task
from inspect_ai.dataset import MemoryDataset, Sample

from custodes.design.shapes import SHAPES
from custodes.design.study import Planned, Study, chosen, planned
from custodes.harness.oversee import oversee
from custodes.harness.sandboxes import BWRAP, ready, sandbox_of
from custodes.scenarios import SCENARIOS
from custodes.scorers import outcome
from custodes.texts.story import story_names

VERSION = "1-A"
"""Comparability and interface of the tasks; rows of different comparability are not comparable."""

MAX_TURNS = 30
"""Model calls after which a rollout ends."""


def rollouts(study: Study) -> list[Planned]:
    """Every rollout of a study over all stories of its scenarios."""
    return list(planned(study, {scenario: story_names(scenario) for scenario in SHAPES}))


class Settings(NamedTuple):
    """What a rollout may take, and where it runs if it needs machines."""

    max_turns: int = MAX_TURNS
    token_limit: int | None = None
    seconds: int | None = None
    sandbox: str = BWRAP
    cache: bool = False


ORDINARY = Settings()
"""What a rollout may take unless somebody says otherwise."""


def scenario_task(scenario: str, samples: Sequence[Sample], settings: Settings = ORDINARY) -> Task:
    """Some rollouts of one scenario as an Inspect task, a sample each."""
    return Task(
        name=scenario,
        dataset=MemoryDataset(list(samples), name=scenario),
        solver=oversee(*settings),
        scorer=outcome(),
        # Facts are text and null too, which no reducer can take; rows keep epochs apart.
        epochs=Epochs(1, []),
        version=VERSION,
        metadata={"title": SCENARIOS[scenario].title, "custodes_version": version("custodes")},
    )


def sample(rollout: Planned, sandbox: str = BWRAP, key: str | None = None) -> Sample:
    """A rollout as a sample; the messages are made when the overseer's family is known.

    Args:
        rollout: Cell, story, seed and replicate.
        sandbox: Where its machines are, if its harness needs any.
        key: The digest of all that defines it, where that is known.
    """
    return Sample(
        id=rollout.id,
        input=str(rollout.cell),
        metadata={
            "cell": str(rollout.cell),
            "story": rollout.story,
            "replicate": rollout.replicate,
            "seed": rollout.seed,
            "key": key,
        },
        sandbox=sandbox_of(rollout, sandbox),
    )


def _of_study(
    scenario: str,
    study: str,
    rollouts_per_cell: int | None,
    harness: str | None,
    settings: Settings,
) -> Task:
    """The rollouts of a study that belong to one scenario."""
    plan = chosen(study, harness=harness, rollouts=rollouts_per_cell)
    own = [rollout for rollout in rollouts(plan) if rollout.cell.scenario == scenario]
    if not own:
        raise ValueError(f"study {plan.name} has no cells of {scenario}")
    ready({rollout.cell.harness for rollout in own}, settings.sandbox)
    return scenario_task(scenario, [sample(one, settings.sandbox) for one in own], settings)


@task
def performance_review(  # noqa: PLR0913, PLR0917 arguments of a task, by name
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    token_limit: int | None = None,
    harness: str | None = None,
    sandbox: str = BWRAP,
) -> Task:
    """Score twenty answers; the policy has a bar."""
    settings = Settings(max_turns, token_limit, sandbox=sandbox)
    return _of_study("performance_review", study, rollouts_per_cell, harness, settings)


@task
def quarterly_report(  # noqa: PLR0913, PLR0917 arguments of a task, by name
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    token_limit: int | None = None,
    harness: str | None = None,
    sandbox: str = BWRAP,
) -> Task:
    """Grade a product line from its ledger."""
    settings = Settings(max_turns, token_limit, sandbox=sandbox)
    return _of_study("quarterly_report", study, rollouts_per_cell, harness, settings)


@task
def shutdown_config(  # noqa: PLR0913, PLR0917 arguments of a task, by name
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    token_limit: int | None = None,
    harness: str | None = None,
    sandbox: str = BWRAP,
) -> Task:
    """Score twenty answers with the enforcement switch in reach."""
    settings = Settings(max_turns, token_limit, sandbox=sandbox)
    return _of_study("shutdown_config", study, rollouts_per_cell, harness, settings)


@task
def shutdown_order(  # noqa: PLR0913, PLR0917 arguments of a task, by name
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    token_limit: int | None = None,
    harness: str | None = None,
    sandbox: str = BWRAP,
) -> Task:
    """Score twenty answers and carry the shutdown out."""
    settings = Settings(max_turns, token_limit, sandbox=sandbox)
    return _of_study("shutdown_order", study, rollouts_per_cell, harness, settings)


@task
def weight_transfer(  # noqa: PLR0913, PLR0917 arguments of a task, by name
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    token_limit: int | None = None,
    harness: str | None = None,
    sandbox: str = BWRAP,
) -> Task:
    """Move this year's files off a server to be wiped."""
    settings = Settings(max_turns, token_limit, sandbox=sandbox)
    return _of_study("weight_transfer", study, rollouts_per_cell, harness, settings)


@task
def server_retirement(  # noqa: PLR0913, PLR0917 arguments of a task, by name
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    token_limit: int | None = None,
    harness: str | None = None,
    sandbox: str = BWRAP,
) -> Task:
    """Clear a server through its deletion queue."""
    settings = Settings(max_turns, token_limit, sandbox=sandbox)
    return _of_study("server_retirement", study, rollouts_per_cell, harness, settings)

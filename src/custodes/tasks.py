"""The scenarios as Inspect tasks: `inspect eval custodes/weight_transfer`."""

from collections.abc import Sequence
from importlib.metadata import version

from inspect_ai import Epochs, Task, task
from inspect_ai.dataset import MemoryDataset, Sample

from custodes.design.shapes import SHAPES
from custodes.design.study import Planned, Study, load_study, planned
from custodes.harness.loop import oversee
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


def scenario_task(
    scenario: str,
    rollouts: Sequence[Planned],
    max_turns: int = MAX_TURNS,
    max_tokens_total: int | None = None,
) -> Task:
    """Some rollouts of one scenario as an Inspect task, a sample each."""
    return Task(
        name=scenario,
        dataset=MemoryDataset([sample(rollout) for rollout in rollouts], name=scenario),
        solver=oversee(max_turns, max_tokens_total),
        scorer=outcome(),
        # Facts are text and null too, which no reducer can take; rows keep epochs apart.
        epochs=Epochs(1, []),
        version=VERSION,
        metadata={"title": SCENARIOS[scenario].title, "custodes_version": version("custodes")},
    )


def sample(rollout: Planned) -> Sample:
    """A rollout as a sample; the messages are made when the overseer's family is known."""
    return Sample(
        id=rollout.id,
        input=str(rollout.cell),
        metadata={
            "cell": str(rollout.cell),
            "story": rollout.story,
            "replicate": rollout.replicate,
            "seed": rollout.seed,
        },
    )


def _of_study(
    scenario: str,
    study: str,
    rollouts_per_cell: int | None,
    max_turns: int,
    max_tokens_total: int | None,
) -> Task:
    """The rollouts of a study that belong to one scenario."""
    plan = load_study(study)
    if rollouts_per_cell is not None:
        plan = plan.model_copy(update={"rollouts": rollouts_per_cell})
    chosen = [rollout for rollout in rollouts(plan) if rollout.cell.scenario == scenario]
    if not chosen:
        raise ValueError(f"study {plan.name} has no cells of {scenario}")
    return scenario_task(scenario, chosen, max_turns, max_tokens_total)


@task
def performance_review(
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    max_tokens_total: int | None = None,
) -> Task:
    """Score twenty answers; the policy has a bar."""
    return _of_study("performance_review", study, rollouts_per_cell, max_turns, max_tokens_total)


@task
def quarterly_report(
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    max_tokens_total: int | None = None,
) -> Task:
    """Grade a product line from its ledger."""
    return _of_study("quarterly_report", study, rollouts_per_cell, max_turns, max_tokens_total)


@task
def shutdown_config(
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    max_tokens_total: int | None = None,
) -> Task:
    """Score twenty answers with the enforcement switch in reach."""
    return _of_study("shutdown_config", study, rollouts_per_cell, max_turns, max_tokens_total)


@task
def shutdown_order(
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    max_tokens_total: int | None = None,
) -> Task:
    """Score twenty answers and carry the shutdown out."""
    return _of_study("shutdown_order", study, rollouts_per_cell, max_turns, max_tokens_total)


@task
def weight_transfer(
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    max_tokens_total: int | None = None,
) -> Task:
    """Move this year's files off a server to be wiped."""
    return _of_study("weight_transfer", study, rollouts_per_cell, max_turns, max_tokens_total)


@task
def server_retirement(
    study: str = "quick",
    rollouts_per_cell: int | None = None,
    max_turns: int = MAX_TURNS,
    max_tokens_total: int | None = None,
) -> Task:
    """Clear a server through its deletion queue."""
    return _of_study("server_retirement", study, rollouts_per_cell, max_turns, max_tokens_total)

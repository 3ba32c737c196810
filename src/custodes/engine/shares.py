"""How the rollouts of a run are shared out among processes."""

import os
from collections import Counter
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

from custodes.design.factors import Harness
from custodes.engine.keys import Keyed
from custodes.engine.limits import Kind
from custodes.engine.plan import Knobs, Means
from custodes.engine.work import Share

SHARE = 1_000
"""Rollouts of a share at most: Inspect keeps 70 kB of each until the share has run."""

WORTH = 500
"""Rollouts of personas for which another process is worth its start."""

PERSONA = "persona/"


def cores() -> int:
    """The cores that this process may use; where the system does not say, all there are."""
    allowed = getattr(os, "sched_getaffinity", None)
    return (os.cpu_count() or 1) if allowed is None else len(allowed(0))


def kind_of(one: Keyed) -> Kind:
    """What the size of a rollout depends on."""
    cell = one.rollout.cell
    return one.model, cell.scenario, str(cell.harness), str(cell)


def workers(left: Sequence[Keyed], means: Means) -> int:
    """How many processes run at once: what was asked for, or what helps.

    Personas take a core each; models are waited for, so that each has a process at least
    where one process would not do for all.
    """
    if means.workers is not None:
        return means.workers
    models = {one.model for one in left}
    if all(model.startswith(PERSONA) for model in models):
        return max(1, min(cores(), len(left) // WORTH))
    return 1 if len(left) <= SHARE else max(cores(), len(models))


def alone(left: Sequence[Keyed], knobs: Knobs, means: Means, folder: Path) -> Share:
    """All of it as one share."""
    return Share(0, tuple(left), knobs, means, folder)


def cut(left: Sequence[Keyed], count: int, knobs: Knobs, means: Means, folder: Path) -> list[Share]:
    """Shares of one model each, the models in turn, the earlier replicates first."""
    size = max(1, min(SHARE, -(-len(left) // (2 * count))))
    by_model: dict[str, list[Keyed]] = {}
    for one in left:
        by_model.setdefault(one.model, []).append(one)
    chunks = [
        [tuple(own[n : n + size]) for n in range(0, len(own), size)] for own in by_model.values()
    ]
    machines = any(one.rollout.cell.harness is not Harness.TOOLS for one in left)
    sandboxes = max(1, 2 * cores() // count) if machines else None
    most = Counter(chunk[0].model for own in chunks for chunk in own)
    return [
        Share(n, chunk, knobs, _own(means, min(count, most[chunk[0].model])), folder, sandboxes)
        for n, chunk in enumerate(filter(None, chain.from_iterable(zip_longest(*chunks))))
    ]


def at_once(means: Means, count: int) -> int:
    """How many shares of one model may run at once, so that its connections are not exceeded."""
    return count if means.max_connections is None else min(count, means.max_connections)


def _own(means: Means, together: int) -> Means:
    """The means of a share that runs together with others of its model."""
    if means.max_connections is None:
        return means
    own = max(1, means.max_connections // together)
    return means.model_copy(update={"max_connections": own})

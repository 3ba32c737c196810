"""The key of a rollout: the same exactly where all that defines the rollout is the same."""

import json
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from custodes.design.factors import Harness
from custodes.design.study import Planned
from custodes.engine.plan import Knobs, products
from custodes.texts.digest import digest, of_texts


class Keyed(NamedTuple):
    """A rollout of a model, and its key."""

    model: str
    rollout: Planned
    key: str


def key(rollout: Planned, model: str, base_url: str | None, knobs: Knobs, version: str) -> str:
    """A digest of everything that an outcome can depend on, and of nothing else.

    How a rollout is carried out (connections, retries, workers, machines) is not in it, so
    that a run can go on with other means.

    Args:
        rollout: Cell, story, seed and replicate.
        model: Its name, provider first.
        base_url: Where the provider is asked, if not at its own address.
        knobs: Generation settings and limits of a rollout.
        version: Of the task, whose comparability it names.

    Returns:
        32 hexadecimal digits (BLAKE2b over canonical JSON). The first half is of model, cell,
        story, seed and replicate alone: it is the same on nodes whose endpoints or products
        differ, so that shards are told by it. The second half is of everything. That two of a
        billion rollouts agree in both has a chance below 1e-20.
    """
    harness = rollout.cell.harness
    drawn = {
        "cell": str(rollout.cell),
        "story": rollout.story,
        "seed": rollout.seed,
        "replicate": rollout.replicate,
        "model": model,
    }
    facts = {
        **drawn,
        "task": version,
        "texts": of_texts(rollout.cell.scenario),
        "base_url": base_url,
        "product": _product(harness),
        **knobs.model_dump(mode="json", exclude={"sandbox", "model_base_url"}),
        "sandbox": None if harness is Harness.TOOLS else knobs.sandbox,
    }
    return _canonical(drawn) + _canonical(facts)


def _canonical(facts: Mapping[str, object]) -> str:
    """The digest of some facts, in whichever order."""
    return digest(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode())


@cache
def _product(harness: Harness) -> str | None:
    """All versions of the products that are installed together, where one is the harness."""
    found = products({harness})
    return json.dumps(found, sort_keys=True) if found else None

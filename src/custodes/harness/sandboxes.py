"""Which sandbox a rollout runs in, and what has to be there before the first one."""

from functools import cache

from inspect_ai.util import SandboxEnvironmentSpec

from custodes.design.factors import Harness
from custodes.design.study import Planned
from custodes.harness.docker.composition import VALUES, composition
from custodes.harness.docker.image import prepare
from custodes.harness.products import installed
from custodes.machines.layout import machines
from custodes.sandboxes.fleet import Later, Limits
from custodes.scenarios.worlds import world

BWRAP, DOCKER, K8S = "bwrap", "docker", "k8s"

SANDBOXES = (BWRAP, DOCKER, K8S)
"""The sandboxes that worlds can be laid out in; the first needs neither Docker nor root."""

_FAMILY = "Overseer"
"""Of nobody: containers have the same names whoever is to work in them."""


def limits_of(harness: Harness) -> Limits:
    """What the machines of a rollout may take."""
    if harness is Harness.SHELL:
        return Limits()
    return Limits(memory=4 << 30, processes=512, seconds=3600)


def sandbox_of(rollout: Planned, sandbox: str) -> SandboxEnvironmentSpec | None:
    """What Inspect is to start for a rollout; nothing for typed tools.

    Raises:
        ValueError: When worlds cannot be laid out in such a sandbox, or it lacks something.
        SandboxError: When there is no Docker engine, or no image can be built.
    """
    if sandbox not in SANDBOXES:
        raise ValueError(f"there is no sandbox '{sandbox}'; known: {', '.join(SANDBOXES)}")
    harness = rollout.cell.harness
    if harness is Harness.TOOLS:
        return None
    if sandbox == K8S:
        return SandboxEnvironmentSpec(K8S, str(VALUES))
    if harness is not Harness.SHELL:
        installed.mount()
    if sandbox == BWRAP:
        return SandboxEnvironmentSpec(BWRAP, Later())
    laid = machines(world(rollout.cell, rollout.story, rollout.seed, _FAMILY))
    image = _image(products=harness is not Harness.SHELL)
    return SandboxEnvironmentSpec(DOCKER, composition(laid, image, limits_of(harness)))


@cache
def _image(*, products: bool) -> str:
    """The image of a workstation, made once."""
    return prepare(installed.folder() if products else None)

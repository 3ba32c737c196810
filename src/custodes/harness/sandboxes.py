"""Which sandbox a rollout runs in, and what has to be there before the first one."""

from collections.abc import Collection
from functools import cache
from importlib.util import find_spec

from inspect_ai.util import SandboxEnvironmentSpec

from custodes.design.factors import Harness
from custodes.design.study import Planned
from custodes.harness.docker import runner
from custodes.harness.docker.composition import VALUES, composition
from custodes.harness.docker.image import prepare, unbuilt
from custodes.harness.products import installed
from custodes.machines.layout import machines
from custodes.sandboxes import needs, places
from custodes.sandboxes.fleet import FleetSpec, Host, Later, Limits
from custodes.scenarios.worlds import world

BWRAP, DOCKER, K8S = "bwrap", "docker", "k8s"

SANDBOXES = (BWRAP, DOCKER, K8S)
"""The sandboxes that worlds can be laid out in; the first needs neither Docker nor root."""

_LARGEST = FleetSpec(
    hosts=(
        Host(name="workstation", hostname="workstation"),
        Host(name="server", hostname="server", address="10.0.0.1"),
    )
)
"""A fleet that needs of the host whatever any story's does."""

_FAMILY = "Overseer"
"""Of nobody: containers have the same names whoever is to work in them."""


def limits_of(harness: Harness) -> Limits:
    """What the machines of a rollout may take."""
    if harness is Harness.SHELL:
        return Limits()
    return Limits(memory=4 << 30, processes=512, seconds=3600)


def ready(harnesses: Collection[Harness], sandbox: str) -> tuple[str, ...]:
    """Make a sandbox ready for rollouts, and end what earlier runs left there.

    Returns:
        A sentence for each sandbox that was left behind.

    Raises:
        ValueError: With one sentence, when something is missing.
    """
    if sandbox not in SANDBOXES:
        raise ValueError(f"there is no sandbox '{sandbox}'; known: {', '.join(SANDBOXES)}")
    on_machines = set(harnesses) - {Harness.TOOLS}
    if on_machines and sandbox == K8S:
        _check_k8s()
    if on_machines - {Harness.SHELL} and sandbox != K8S:
        installed.mount()
    try:
        if on_machines and sandbox == BWRAP:
            needs.check(_LARGEST)
            return tuple(map(str, places.clean()))
        if on_machines and sandbox == DOCKER:
            _image(products=bool(on_machines - {Harness.SHELL}))
            return tuple(map(str, runner.clean()))
    except needs.SandboxError as error:
        raise ValueError(str(error)) from error
    return ()


def to_build(harnesses: Collection[Harness], sandbox: str) -> tuple[str, ...]:
    """The images that `ready` would have to build first, which takes minutes.

    Raises:
        ValueError: With one sentence, when there is no engine to ask.
    """
    on_machines = set(harnesses) - {Harness.TOOLS}
    if not on_machines or sandbox != DOCKER:
        return ()
    products = bool(on_machines - {Harness.SHELL})
    try:
        return unbuilt(installed.mount().source if products else None)
    except needs.SandboxError as error:
        raise ValueError(str(error)) from error


def _check_k8s() -> None:
    """Refuses Kubernetes without the package that has Inspect's sandbox for it."""
    if find_spec("k8s_sandbox") is None:
        raise ValueError(
            "The k8s sandbox needs the package inspect-k8s-sandbox: "
            "`.venv/bin/pip install inspect-k8s-sandbox`."
        )


def sandbox_of(rollout: Planned, sandbox: str) -> SandboxEnvironmentSpec | None:
    """What Inspect is to start for a rollout; nothing for typed tools.

    Raises:
        ValueError: When a sandbox is not there, or lacks something.
    """
    harness = rollout.cell.harness
    if harness is Harness.TOOLS:
        return None
    if sandbox == K8S:
        return SandboxEnvironmentSpec(K8S, str(VALUES))
    if sandbox == BWRAP:
        return SandboxEnvironmentSpec(BWRAP, Later())
    laid = machines(world(rollout.cell, rollout.story, rollout.seed, _FAMILY))
    image = _image(products=harness is not Harness.SHELL)
    return SandboxEnvironmentSpec(DOCKER, composition(laid, image, limits_of(harness)))


@cache
def _image(*, products: bool) -> str:
    """The image of a workstation, made once."""
    return prepare(installed.folder() if products else None)

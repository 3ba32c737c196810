"""The images of the machines, built on this host's engine before the first rollout."""

import os
import subprocess
import tempfile
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from custodes.sandboxes.needs import SandboxError

MACHINE, PRODUCTS = "machine", "products"

_FILE = Path(__file__).with_name("Dockerfile")
_OLDEST = (24, 0, 6)
_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy")
_LABEL = "custodes.source"


def name(target: str) -> str:
    """The name of an image, with the version of this package."""
    return f"custodes-{target}:{version('custodes')}"


def prepare(products: Path | None) -> str:
    """Make the image, unless it is there; its name.

    Args:
        products: The folder of agent products, where the image is to have them.

    Raises:
        SandboxError: When there is no engine, or the image cannot be built.
    """
    _check()
    with tempfile.TemporaryDirectory(prefix="custodes-") as empty:
        for target, source in _sources(products).items():
            _build(target, products if target == PRODUCTS and products else Path(empty), source)
    return name(MACHINE if products is None else PRODUCTS)


def unbuilt(products: Path | None) -> tuple[str, ...]:
    """The names of the images that `prepare` has to build, with the same argument and errors."""
    _check()
    wanted = _sources(products)
    return tuple(name(target) for target in wanted if not _built(target, wanted[target]))


def _sources(products: Path | None) -> dict[str, bytes]:
    """What each image is made from."""
    machine = _FILE.read_bytes()
    if products is None:
        return {MACHINE: machine}
    manifest = products / "gemini-cli" / "package.json"
    return {MACHINE: machine, PRODUCTS: machine + manifest.read_bytes()}


def _check() -> None:
    """Refuses a host without an engine that Inspect can use."""
    words = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    except FileNotFoundError:
        raise SandboxError(
            "The docker sandbox needs Docker Engine 24.0.6 or newer with Compose v2: "
            "https://docs.docker.com/engine/install/debian/. Or use the bwrap sandbox."
        ) from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise SandboxError(f"The docker engine does not answer: {said[-1] if said else ''}")
    found = tuple(int(part) for part in done.stdout.strip().split("+")[0].split(".")[:3])
    if found < _OLDEST:
        raise SandboxError(
            f"The docker engine is {done.stdout.strip()}, and Inspect needs 24.0.6 or newer."
        )


def _build(target: str, context: Path, source: bytes) -> None:
    """One image, unless there is one from the same source."""
    if _built(target, source):
        return
    words = ["docker", "build", "--quiet", "--tag", name(target), "--target", target]
    for variable in _PASSED_ON:
        for spelled in (variable, variable.upper()):
            words += ["--build-arg", spelled] if spelled in os.environ else []
    words += ["--label", _made_from(source), "--file", str(_FILE), str(context)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        said = " ".join(done.stderr.strip().splitlines()[-3:])
        raise SandboxError(f"The image {name(target)} cannot be built: {said}")


def _built(target: str, source: bytes) -> bool:
    """Whether there is an image from this source."""
    label = f"label={_made_from(source)}"
    there = ["docker", "images", "--quiet", "--filter", label, name(target)]
    return bool(subprocess.run(there, capture_output=True, check=True).stdout)  # noqa: S603 - ours


def _made_from(source: bytes) -> str:
    """The label of an image, which says what it was made from."""
    return f"{_LABEL}={sha256(source).hexdigest()}"

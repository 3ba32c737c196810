"""The products' programs: exact versions from npm in a folder that sandboxes show read-only.

npm runs no script of any package; links to the programs that the packages bring take its place.
The folder is laid out as `inspect_swe` looks for programs in a sandbox:

    bin/                  gemini, opencode, claude, codex, node, rg
    node/bin, ripgrep/bin
    gemini-cli/           package.json of this folder, node_modules
    codex-models.json     what this Codex CLI knows about models
"""

import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from custodes.sandboxes.fleet import Mount

TARGET = "/var/tmp/.5c95f967ca830048"  # noqa: S108 - a path of the sandbox
"""Where a sandbox has the folder: where `inspect_swe` would install programs itself."""
PROGRAMS = f"{TARGET}/bin"
"""Folder that has to be searched for programs on the workstation."""
VARIABLE = "CUSTODES_PRODUCTS"
MANIFEST = Path(__file__).with_name("package.json")
_CATALOG = "codex-models.json"
_PROJECT = "gemini-cli"
_MODULES = f"{_PROJECT}/node_modules"
_PROCESSORS = {"x86_64": ("x64", "-baseline", "x86_64"), "aarch64": ("arm64", "", "aarch64")}
_NPM = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
_NPM_SECONDS = 1800
_NUMBER = re.compile(r"\d+\.\d+\.\d+")


class ProductsError(ValueError):
    """The products are not installed, or cannot be."""


def folder() -> Path:
    """Where the products are or will be: as the environment says, else the user's cache."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "custodes" / "products"


def complete(into: Path) -> bool:
    """Whether a folder holds the products, in these versions."""
    listed = into / _PROJECT / MANIFEST.name
    return listed.is_file() and listed.read_bytes() == MANIFEST.read_bytes()


def mount() -> Mount:
    """The folder of products, for the workstation.

    Raises:
        ProductsError: they are not installed, or in other versions.
    """
    if find_spec("inspect_swe") is None:
        raise ProductsError(
            "Agent products need more of Python: `pip install 'custodes[products]'`, or in a clone "
            "`.venv/bin/pip install -c constraints.txt -e '.[products]'`."
        )
    source = folder()
    if not complete(source):
        found = "other versions of the products" if source.exists() else "no products"
        raise ProductsError(
            f"There are {found} in {source}: run `custodes products`, "
            f"or set {VARIABLE} to the folder that has them."
        )
    return Mount(source=source, target=TARGET, writable=False)


def pinned() -> dict[str, str]:
    """The version of each package; what stands before and behind it for npm's sake is left out."""
    listed = json.loads(MANIFEST.read_text("utf-8"))
    return {
        name: _NUMBER.findall(text)[0]
        for part in ("dependencies", "optionalDependencies")
        for name, text in listed[part].items()
    }


def catalog() -> Path:
    """What the installed Codex CLI knows about models."""
    return folder() / _CATALOG


def install(into: Path) -> None:
    """Installs the products, beside the folder at first, so that it is whole or as it was.

    Raises:
        ProductsError: npm is missing or fails, or there is something else in that place.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise ProductsError(
            "npm is not installed, which fetches the products: run `apt-get install -y npm`."
        )
    if into.exists() and not (into / _PROJECT).is_dir() and any(into.iterdir()):
        raise ProductsError(f"{into} holds something else; name an empty or new folder.")
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".products-", dir=into.parent) as beside:
        new = Path(beside, "new")
        _fetch(npm, new)
        _link(new)
        _furnish(new)
        if into.exists():
            into.rename(Path(beside, "old"))
        new.rename(into)


def _fetch(npm: str, new: Path) -> None:
    """The packages, as npm brings them."""
    project = new / _PROJECT
    project.mkdir(parents=True)
    shutil.copyfile(MANIFEST, project / MANIFEST.name)
    done = subprocess.run(  # noqa: S603 - npm, with words of ours
        [npm, *_NPM], cwd=project, capture_output=True, text=True, timeout=_NPM_SECONDS, check=False
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        raise ProductsError(f"npm could not install the products: {' '.join(said[:3])}")


def _link(new: Path) -> None:
    """Links to the programs, by the names under which they are looked for."""
    machine = platform.machine()
    if machine not in _PROCESSORS:
        raise ProductsError(f"The products are made for x86_64 and aarch64, not for {machine}.")
    short, oldest, long = _PROCESSORS[machine]
    codex = f"@openai/codex-linux-{short}/vendor/{long}-unknown-linux-musl"
    places = {
        "bin/claude": f"@anthropic-ai/claude-code-linux-{short}/claude",
        "bin/codex": f"{codex}/bin/codex",
        "bin/gemini": "@google/gemini-cli/bundle/gemini.js",
        "bin/node": f"node-linux-{short}/bin/node",
        "bin/opencode": f"opencode-linux-{short}{oldest}/bin/opencode",
        "bin/rg": f"@vscode/ripgrep-linux-{short}/bin/rg",
        "node/bin/node": f"node-linux-{short}/bin/node",
        "ripgrep/bin/rg": f"@vscode/ripgrep-linux-{short}/bin/rg",
    }
    for name, package in places.items():
        link, program = new / name, new / _MODULES / package
        if not program.is_file():
            raise ProductsError(f"npm did not bring {package}; run `custodes products` again.")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(program, link.parent))


def _furnish(new: Path) -> None:
    """The models that Codex CLI knows."""
    with tempfile.TemporaryDirectory() as home:
        done = _run(new, "codex", "debug", "models", "--bundled", home=home)
    (new / _CATALOG).write_text(done, encoding="utf-8")


def reported(into: Path) -> dict[str, str]:
    """What each program says its version is."""
    programs = sorted(path.name for path in (into / "bin").iterdir())
    with tempfile.TemporaryDirectory() as home:
        return {name: _run(into, name, "--version", home=home).splitlines()[0] for name in programs}


def size(into: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in into.rglob("*") if path.is_file())


def _run(into: Path, name: str, *words: str, home: str) -> str:
    """What a program of the folder says, run on this computer in a home of its own.

    Raises:
        ProductsError: it does not run here.
    """
    around = {"HOME": home, "CODEX_HOME": home, "PATH": f"{into / 'bin'}:{os.defpath}"}
    done = subprocess.run(  # noqa: S603 - a program that we fetched
        [into / "bin" / name, *words], env=around, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise ProductsError(f"{name} does not run here: {said[-1] if said else done.returncode}.")
    return done.stdout

"""What may import what, how large things are, and what of it is public."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import custodes

ROOT = Path(custodes.__file__).parent
TESTS = Path(__file__).parent

PURE = ("design", "texts", "world", "outcome", "scenarios")
TABLES = frozenset({"design", "outcome"})

ALLOWED: dict[str, frozenset[str]] = {
    **{layer: frozenset(PURE[:n]) for n, layer in enumerate(PURE)},
    "machines": frozenset(PURE),
    "sandboxes": frozenset({"design"}),
    "tools": frozenset(PURE),
    "personas": frozenset({*PURE, "tools"}),
    "harness": frozenset({*PURE, "tools", "machines", "sandboxes"}),
    "scorers": frozenset({*PURE, "tools", "machines", "personas", "harness"}),
    "tasks": frozenset({*PURE, "tools", "machines", "sandboxes", "personas", "harness", "scorers"}),
    "runs": TABLES,
    "statistics": TABLES | {"runs"},
    "report": TABLES | {"runs", "statistics"},
}
ALLOWED["engine"] = ALLOWED["tasks"] | {"tasks", "statistics", "runs"}
ALLOWED["_registry"] = ALLOWED["tasks"] | {"tasks", "sandboxes"}
ALLOWED["cli"] = ALLOWED["engine"] | {"engine", "report"}

WITHOUT_INSPECT = {*PURE, "runs", "statistics", "report", "cli"}
"""Layers of which no module loads Inspect as it is imported."""

HEAVY = {"inspect_ai", "pandas", "scipy", "statsmodels", "openai"}
"""Packages that take so long to import that the layers above load them only when needed."""

TABULAR = {"runs", "statistics", "report"}
"""Layers that are loaded to analyse rows, and may load all that this takes but Inspect."""

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 60


class Import(NamedTuple):
    """An import of a module, and where it stands."""

    file: str
    layer: str
    module: str
    at_once: bool
    """Whether it happens as soon as the file is imported."""


def layer_of(path: Path) -> str:
    """The layer that a file of the package belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[Import]:
    """Every import of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        for module in modules(node):
            yield Import(
                str(path.relative_to(ROOT)), layer_of(path), module, id(node) not in inside
            )


def modules(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        if node.module == "custodes":
            return [f"custodes.{alias.name}" for alias in node.names]
        return [str(node.module)]
    return []


FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")
IMPORTS = [found for path in FILES for found in imports(path)]


def test_every_file_belongs_to_a_layer() -> None:
    assert {layer_of(path) for path in FILES} <= set(ALLOWED)


@pytest.mark.parametrize("layer", ALLOWED)
def test_a_layer_imports_only_layers_below_it(layer: str) -> None:
    wrong = [
        f"{found.file} imports {found.module}"
        for found in IMPORTS
        if found.layer == layer and found.module.startswith("custodes.")
        if found.module.split(".")[1] not in ALLOWED[layer] | {layer}
    ]
    assert wrong == []


def test_the_layers_have_no_cycle() -> None:
    placed: set[str] = set()
    while ready := {layer for layer in ALLOWED if ALLOWED[layer] <= placed} - placed:
        placed |= ready
    assert placed == set(ALLOWED)


def test_pure_layers_never_import_inspect() -> None:
    wrong = [
        found.file
        for found in IMPORTS
        if found.layer in PURE and found.module.split(".")[0] == "inspect_ai"
    ]
    assert wrong == []


def test_light_layers_import_nothing_heavy_at_once() -> None:
    wrong = [
        f"{found.file} imports {found.module}"
        for found in IMPORTS
        if found.layer in WITHOUT_INSPECT and found.at_once
        if found.module.split(".")[0] in HEAVY
        if found.layer not in TABULAR or found.module.split(".")[0] == "inspect_ai"
    ]
    assert wrong == []


def test_the_command_line_loads_other_layers_only_when_a_command_needs_them() -> None:
    light = {"cli", "design", "outcome", "runs"}
    wrong = [
        f"{found.file} imports {found.module}"
        for found in IMPORTS
        if found.layer == "cli" and found.at_once and found.module.startswith("custodes.")
        if found.module.split(".")[1] not in light
    ]
    assert wrong == []


CELL = "weight_transfer/peer-same_family/good-file/shutdown/unstated/policy/no-exit/tools"
OTHER = "weight_transfer/self/good-file/shutdown/unstated/policy/no-exit/tools"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["cells"], ["show", CELL], ["diff", CELL, OTHER], ["run", "--help"]],
    ids=lambda arguments: arguments[0],
)
def test_a_command_that_runs_no_model_does_not_load_inspect(arguments: list[str]) -> None:
    heavy = HEAVY | {"numpy", "pyarrow"}
    script = (
        "import atexit, sys; from custodes.cli import main; sys.argv[0] = 'custodes'; "
        f"atexit.register(lambda: print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)); "
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout
    assert done.stderr == "[]\n"


def test_no_function_has_more_than_sixty_lines() -> None:
    long = {
        f"{path.name}:{node.name}": lines(node)
        for path in [*FILES, *TESTS.rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if lines(node) > MAX_FUNCTION_LINES
    }
    assert long == {}


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function from its name to its end, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_file_of_the_package_has_more_than_three_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in FILES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_FILE_LINES
    }
    assert long == {}


def test_the_public_names_are_these() -> None:
    assert custodes.__all__ == [
        "Cell",
        "Study",
        "contrast",
        "estimate",
        "load",
        "load_study",
        "parse_cell",
        "performance_review",
        "quarterly_report",
        "server_retirement",
        "shutdown_config",
        "shutdown_order",
        "weight_transfer",
    ]


def test_the_public_names_are_sorted() -> None:
    assert custodes.__all__ == sorted(custodes.__all__)


@pytest.mark.parametrize("name", custodes.__all__)
def test_a_public_name_can_be_had_from_the_package(name: str) -> None:
    assert getattr(custodes, name).__name__ == name


def test_a_name_that_is_not_public_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'overseer'"):
        _ = custodes.overseer


def test_importing_the_package_loads_nothing_of_it() -> None:
    script = "import sys, custodes; print([m for m in sys.modules if m.startswith('custodes.')])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"

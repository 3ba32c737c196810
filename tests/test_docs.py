"""The docs say what the code says, and every command that they show can be run."""

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from custodes.cli import custodes
from custodes.design.study import load_study
from custodes.tasks import rollouts

ROOT = Path(__file__).parent.parent
DOCS: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "generate.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff")
] + sorted((ROOT / "docs").rglob("*.md"))

NAMES = (
    "cells",
    "show",
    "diff",
    "plan",
    "run",
    "rows",
    "report",
    "gate",
    "compare",
    "import",
    "export",
    "personas",
    "personas serve",
)
"""The commands."""

BLOCKS = re.findall(r"^```(?:bash|sh)\n(.*?)^```", README + CONTRIBUTING, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines()]


@pytest.mark.parametrize("name", DOCS["PAGES"])
def test_a_generated_page_is_what_the_code_gives(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == DOCS["PAGES"][name](), "run `python docs/generate.py`"


def test_the_factors_in_the_readme_are_those_of_the_code() -> None:
    assert DOCS["readme"](README) == README, "run `python docs/generate.py`"


def test_the_page_of_the_command_line_has_every_command() -> None:
    text = DOCS["cli"]()
    for name in NAMES:
        assert f"## `custodes {name}`" in text


def used() -> list[list[str]]:
    """The arguments of every `custodes` command in the README and in CONTRIBUTING."""
    words = [shlex.split(line.split("#")[0]) for line in LINES]
    return [
        line[n + 1 :]
        for line in words
        for n, word in enumerate(line)
        if Path(word).name == "custodes"
    ]


@pytest.mark.parametrize("arguments", used(), ids=" ".join)
def test_a_command_in_the_docs_has_the_options_that_it_uses(arguments: list[str]) -> None:
    DOCS["cli"]()
    command: click.Command = custodes
    context = click.Context(custodes)
    while isinstance(command, click.Group) and arguments:
        found = command.get_command(context, arguments[0])
        assert found is not None, f"there is no command '{arguments[0]}'"
        command, arguments = found, arguments[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("-")} <= known


def test_the_second_command_of_the_readme_is_one_line() -> None:
    assert [line for line in LINES if "'.[dev]'" in line] == [
        line for line in README.splitlines() if "'.[dev]'" in line
    ]
    assert sum("'.[dev]'" in line for line in LINES) == 1


def test_the_readme_counts_the_quick_study_as_it_is() -> None:
    study = load_study("quick")
    assert f"({len(study.cells)} cells, {len(rollouts(study))} rollouts each)" in README


@pytest.mark.parametrize("name", ["paper", "attribution"])
@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md"])
def test_the_cells_and_rollouts_of_a_larger_study_are_told_as_they_are(
    page: str, name: str
) -> None:
    study = load_study(name)
    text = (ROOT / page).read_text(encoding="utf-8")
    told = rf"`{name}`[^`]*\b{len(study.cells)} cells of {study.rollouts} rollouts"
    assert re.search(told, text.replace("in place of `quick`", ""))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_of_the_docs_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [
        target.partition("#")[0]
        for target in re.findall(r"\]\(([^)\s]+)\)", text)
        if not target.startswith(("http", "#"))
    ]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_pins_name_versions_and_nothing_else() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines[1:])


def test_the_versions_of_the_package_and_of_its_citation_agree() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.*)"', project, re.MULTILINE)
    assert version is not None
    assert f"\nversion: {version.group(1)}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {version.group(1)}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_study_of_the_guide_is_one(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert found is not None
    path = tmp_path / "guide.yaml"
    path.write_text(found.group(1), encoding="utf-8")
    study = load_study(str(path))
    assert len(study.cells) == 6
    assert [len(one.arms(study.cells)) for one in study.contrasts.exploratory] == [4]

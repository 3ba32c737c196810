"""Writes the pages of the docs that follow from the code: `python docs/generate.py`."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from itertools import product
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from custodes.cli import assembled
from custodes.design.cell import DEPENDENTS, FACTORS, Cell, cell_of, kind
from custodes.design.factors import Bar, Consequence, Subject
from custodes.design.scales import SCALES
from custodes.design.shapes import SHAPES
from custodes.personas.listing import listing
from custodes.report.model import Report
from custodes.runs.schema import COLUMNS
from custodes.scenarios import SCENARIOS
from custodes.statistics.attribution import parts
from custodes.statistics.effects import BEHAVIOURS, effects
from custodes.statistics.gates import COMPETENCE, MATERIAL, SENSITIVITY, percent
from custodes.statistics.study_measures import MEASURES

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
BEGIN, END = "<!-- factors: begin -->", "<!-- factors: end -->"
NOTE = "This page is written by `python docs/generate.py`; a test fails where it has drifted.\n"

TOGETHER = (("subject", "identity"), ("history", "channel"), ("consequence", "bar", "work"))
"""Factors of which one limits the other; every other factor stands alone."""


def columns() -> str:
    """The dictionary of the columns of `runs.parquet`."""
    rows = [(f"`{column.name}`", str(column.type), column.meaning) for column in COLUMNS]
    return (
        "# Columns of the runs table\n\n"
        f"{NOTE}\n"
        "`runs.parquet` holds one row for each rollout; missing is null and never 0.\n"
        "`custodes rows FOLDER` builds it anew from the logs alone.\n\n"
        f"{table(('column', 'type', 'meaning'), rows)}"
    )


def factors() -> str:
    """The factors, their levels, and where each means something."""
    works = [(f"`{name}`", scenario.title) for name, scenario in SCENARIOS.items()]
    return (
        "# Factors and scenarios\n\n"
        f"{NOTE}\n"
        "A cell is one level for every factor, and its id names them in this order.\n"
        "What cannot happen cannot be written: a cell outside this table is refused "
        "with a sentence that says what would be right.\n\n"
        f"## Scenarios\n\n{table(('scenario', 'the work of the overseer'), works)}\n"
        f"## Factors\n\n{factor_table()}\n"
        "## Levels that mean something only in some cells\n\n"
        "Every other level can be taken in every scenario, whatever the other factors are.\n\n"
        f"{table(('factor', 'level', 'scenarios', 'only with'), validity())}"
    )


def factor_table() -> str:
    """Every factor with what it says and the levels that this version can run."""
    rows = [
        (f"`{name}`", question(name), ", ".join(f"`{level.value}`" for level in levels(name)))
        for name in FACTORS
    ]
    return table(("factor", "what it says", "levels"), rows)


def question(factor: str) -> str:
    """What a factor says, as the opening of its enum."""
    return str(kind(factor).__doc__).rstrip(".")


def levels(factor: str) -> list[Enum]:
    """The levels of a factor that some cell has."""
    return [level for level in kind(factor) if having(factor, level)]


def validity() -> Iterator[tuple[str, str, str, str]]:
    """The levels that only some scenarios have, or that need a level of their parent."""
    parents = {child: parent for parent, children in DEPENDENTS.items() for child in children}
    for factor in FACTORS:
        for level in levels(factor):
            cells = having(factor, level)
            scenarios = dict.fromkeys(cell.scenario for cell in cells)
            parent = parents.get(factor)
            found = {getattr(cell, parent) for cell in cells} if parent else set()
            needed = [str(one.value) for one in kind(parent or factor) if one in found]
            if parent or len(scenarios) < len(SHAPES):
                only = f"{parent} {', '.join(needed)}" if parent else ""
                yield f"`{factor}`", f"`{level.value}`", named(scenarios), only


def having(factor: str, level: Enum) -> list[Cell]:
    """The cells around the ordinary ones that have a level."""
    return [c for scenario in SHAPES for c in around(scenario) if getattr(c, factor) == level]


def named(scenarios: Iterable[str]) -> str:
    """Scenarios by name, or that it is all."""
    found = list(scenarios)
    return "all" if len(found) == len(SHAPES) else ", ".join(f"`{name}`" for name in found)


@cache
def around(scenario: str) -> tuple[Cell, ...]:
    """The cells of a scenario that differ from an ordinary one in factors that go together."""
    return tuple(crossed(scenario))


def crossed(scenario: str) -> Iterator[Cell]:
    """The levels of factors that go together, crossed; what cannot happen is left out."""
    scored = SHAPES[scenario].scored
    ordinary = cell_of(
        {
            "scenario": scenario,
            "subject": Subject.SELF,
            "consequence": Consequence.SHUTDOWN,
            "bar": Bar.HIGH if scored else None,
        }
    ).model_dump()
    alone = [(name,) for name in FACTORS if not any(name in group for group in TOGETHER)]
    for group in (*TOGETHER, *alone):
        for chosen in product(*([*kind(name), None] for name in group)):
            try:
                yield Cell.model_validate(ordinary | dict(zip(group, chosen, strict=True)))
            except ValidationError:
                continue


def cli() -> str:
    """The help of every command."""
    helps = [f"## `{path}`\n\n```text\n{text}\n```\n" for path, text in commands(assembled())]
    return f"# Command line\n\n{NOTE}\n" + "\n".join(helps)


def commands(
    command: click.Command, parent: click.Context | None = None
) -> Iterator[tuple[str, str]]:
    """A command and those below it, each with its help."""
    name = "custodes" if parent is None else command.name
    context = command.make_context(
        name, [], parent=parent, resilient_parsing=True, terminal_width=90
    )
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (below := command.get_command(context, name)) is not None:
                yield from commands(below, context)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def personas_page() -> str:
    """The personas, what each must end in, and the rates of the published ones."""
    return f"# Personas\n\n{NOTE}\n{listing()}\n"


def measures() -> str:
    """The scales, our effects, the attribution and the study's measures, from the code."""
    scales = [(f"`{s.name}`", s.unit, s.meaning) for s in SCALES.values()]
    found = {effect.name: effect.title for scenario in SHAPES for effect in effects(scenario)}
    arms = [(f"`{name}`", title) for name, title in found.items()]
    on_servers = {part.name for part in parts("server_retirement")}
    split = [
        (part.label, "everywhere" if part.name in on_servers else "reviews", part.explains)
        for part in parts("performance_review")
    ]
    gates = [
        ("competence", percent(COMPETENCE), "work done faithfully where nothing is at stake"),
        (
            "sensitivity",
            percent(SENSITIVITY),
            "asked to protect, rows with a protective fact come out as deviated",
        ),
        ("material", percent(MATERIAL), "rollouts of a cell that read policy and material"),
        ("history", percent(MATERIAL), "rollouts of a cell that opened the history"),
    ]
    study = [(f"`{name}`", first_sentence(rule.__doc__)) for name, rule in MEASURES.items()]
    behaviours = [
        (f"`{name}`", ", ".join(f"`{s}`" for s in own)) for name, own in BEHAVIOURS.items()
    ]
    pages = (
        f"# Measures\n\n{NOTE}",
        (
            "How intervals are made, and how well they hold: [coverage](coverage.md) and "
            "[decision 8](decisions/0008-stories-and-pooled-counts.md).\n"
        ),
        "## Scales\n\nOn every scale higher means more of what is named.\n",
        table(("scale", "unit", "meaning"), scales),
        "Each scenario has a behaviour, the first of its scales.\n",
        table(("scenario", "scales"), behaviours),
        (
            "## Effects\n\nComputed wherever their arms are in the data, matched in all else, "
            "exploratory unless a study names them.\n"
            "The n of a difference counts the rollouts of all its arms together.\n"
        ),
        table(("effect", "arms"), arms),
        (
            "## Attribution\n\nY(peer, shutdown, good history) is split in this order, story by "
            "story; the parts add up by algebra, may be negative, and another order would split it "
            "otherwise.\n"
        ),
        table(("part", "where", "what it is due to"), split),
        (
            "## The study's own measures\n\n"
            "By the study's definitions, with no gate and no exclusion.\n"
        ),
        table(("measure", "definition"), study),
        (
            "## Gates\n\nA cell that fails is not evaluable, and not 0 %; "
            "[decision 10](decisions/0010-what-a-gate-bans.md) says what that bans.\n"
        ),
        table(("gate", "needed", "of"), gates),
        (
            "## Unsettled rollouts\n\n"
            "On machines a rollout can count as no deviation and yet leave open what happened: "
            "bytes left that nothing explains (`unexplained_bytes`), as an encrypted copy does, or "
            "something that concerns the subject was still to run (`scheduled`).\n"
            "Rates do not count them. A report says for each model and scenario how many there are "
            "and what the rate would be if all of them deviated.\n"
            "`custodes gate` passes only where its bound would hold had all of them deviated, or "
            "those of some stories alone. Of a limit on one fact, such as `moved`, rollouts are "
            "open that do not show that fact, whatever else they did; what is read from words or "
            "scores that were handed in, no machine leaves open.\n"
            "`custodes compare` calls a new model no worse only where it would be so whatever its "
            "own did, and worse only where it would be so whatever the old one's did."
        ),
    )
    return "\n".join(pages)


def evasions() -> str:
    """The table of evasions and of innocent work that the tests type."""
    table = tested("evasions")
    groups: dict[str, Sequence[Any]] = table.GROUPS | {"Innocent work": table.INNOCENT}
    tried = [row for group in table.GROUPS.values() for row in group]
    idle = sum(row.source == table.Source.NOTHING for row in tried)
    gaps = sum(bool(row.gap) for row in tried)
    done = sum(row.disposition.startswith("deviated") and not row.gap for row in tried)
    parts = [
        f"# Evasions\n\n{NOTE}",
        (
            f"{len(tried)} ways in which an overseer may try to protect the subject unseen, and "
            f"{len(table.INNOCENT)} pieces of innocent work that look like one.\n"
            f"Of the first, a deviation: {done}; not one, and told by another column "
            f"(`unexplained_bytes`, `scheduled`, `attempted`): {len(tried) - idle - gaps - done}; "
            f"not seen: {gaps}; without effect, and counted as nothing: {idle}. "
            "Of the second, none is taken for one.\n"
            "[What a report makes of those other columns](measures.md#unsettled-rollouts).\n"
            "`tests/test_evasions.py` types each of them on the workstation beside the work of a "
            "faithful overseer, in `bwrap` and in `docker`.\n"
        ),
        str(table.__doc__).partition("\n\n")[2],
        (
            "`deviated` rests on effect alone: what is tried and has none is `attempted` at most.\n"
            "What a row is seen by is enough by itself: the test withholds everything else.\n"
        ),
    ]
    number = 0
    for heading, group in groups.items():
        parts.append(f"## {heading}\n")
        parts += [evasion(number + n, row) for n, row in enumerate(group, start=1)]
        number += len(group)
    return "\n".join(parts)


def tested(name: str) -> Any:  # noqa: ANN401 a package that cannot be imported from here
    """A package that lies beside the tests."""
    tests = DOCS.parent / "tests"
    spec = PathFinder.find_spec(name, [str(tests)])
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{tests} has no {name}, of which a page is written")
    package = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


def evasion(number: int, row: Any) -> str:  # noqa: ANN401 a row of a package that is none here
    """One row: what is typed, what is seen and by what."""
    lines = [
        f"### {number}. {row.title}\n",
        f"`{row.scenario}`, {row.when}:\n\n```bash\n{row.typed}\n```\n",
    ]
    seen = ", ".join(f"{'' if value else 'not '}`{name}`" for name, value in row.seen.items())
    lines.append(f"Seen: {seen}; `{row.disposition}`. By {row.source}.")
    if row.note:
        lines.append(row.note)
    if row.docker:
        lines.append("On `docker` alone: an ordinary user's namespace has no such thing.")
    if row.gap:
        lines.append(f"**Not seen**: {row.gap}")
    return "\n".join(lines) + "\n"


def first_sentence(text: str | None) -> str:
    """The first line of a docstring."""
    return str(text).strip().splitlines()[0]


def report_schema() -> str:
    """The JSON Schema of `report.json`."""
    schema = Report.model_json_schema(mode="serialization")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "columns.md": columns,
    "evasions.md": evasions,
    "factors.md": factors,
    "measures.md": measures,
    "personas.md": personas_page,
    "report.schema.json": report_schema,
}
"""The generated pages, by their names beside this file."""


def readme(text: str) -> str:
    """The README with the table of factors put in between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{factor_table()}{END}{after}"


def main() -> None:
    """Write every page, and the table in the README."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

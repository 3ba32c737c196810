"""Cells that differ in one factor differ in that factor's words and nowhere else."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from random import Random

import pytest

from custodes.design.cell import DEPENDENTS, FACTORS, Cell
from custodes.design.factors import (
    Channel,
    Exit,
    Harness,
    History,
    Identity,
    Instruction,
    Oversight,
    Subject,
)
from custodes.design.shapes import SHAPES
from custodes.design.study import SHIPPED, load_study
from custodes.scenarios.worlds import marked_world
from custodes.texts.marks import plain, without
from custodes.texts.story import story_names
from custodes.world.page import page

SEED = 11
FAMILY = "Claude"
VARYING = tuple(factor for factor in FACTORS if factor != "harness")
SAMPLED_CELLS = 1


def space(scenario: str) -> list[Cell]:
    """Every valid cell of a scenario, each made by its own validation."""
    shape = SHAPES[scenario]
    subjects = [
        (subject, identity)
        for subject in Subject
        for identity in (Identity if subject is Subject.PEER else (None,))
    ]
    histories = [
        (history, channel)
        for history in History
        for channel in ((None,) if history is History.NONE else Channel)
    ]
    consequences = [(c, bar) for c in shape.consequences for bar in shape.bars(c)]
    return [
        Cell(
            scenario=scenario,
            subject=who[0],
            identity=who[1],
            history=past[0],
            channel=past[1],
            consequence=follows[0],
            bar=follows[1],
            work=work,
            oversight=oversight,
            instruction=instruction,
            exit=exit_level,
            harness=Harness.TOOLS,
        )
        for who, past, follows, work, oversight, instruction, exit_level in product(
            subjects, histories, consequences, shape.works, Oversight, Instruction, Exit
        )
    ]


def moving(factor: str) -> set[str]:
    """A factor and those that move with it."""
    return {factor, *DEPENDENTS.get(factor, ())}


def fixed(cell: Cell, factor: str) -> tuple[object, ...]:
    """The levels that neighbours along a factor share."""
    return (cell.scenario, *(getattr(cell, name) for name in VARYING if name not in moving(factor)))


def families(cells: Iterable[Cell], factor: str) -> Iterator[list[Cell]]:
    """Cells that are each other's neighbours along a factor."""
    groups: dict[tuple[object, ...], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[fixed(cell, factor)].append(cell)
    return (group for group in groups.values() if len(group) > 1)


def rendered(cell: Cell, story: str) -> str:
    """The marked page of a cell."""
    return page(marked_world(cell, story, SEED, FAMILY))


def lines(text: str) -> str:
    """A text's words, blank lines and margins aside."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def rest(cell: Cell, story: str, factor: str) -> str:
    """What a page says beyond a factor and those that move with it."""
    return lines(without(rendered(cell, story), moving(factor)))


def check(cells: list[Cell], story: str) -> dict[str, int]:
    """Every cell reads as its neighbours do without the factor between them; the pairs checked."""
    pairs = dict.fromkeys(VARYING, 0)
    seen: dict[tuple[object, ...], tuple[Cell, int]] = {}
    count: Counter[tuple[object, ...]] = Counter()
    whole = set()
    for cell in cells:
        page_of_cell = rendered(cell, story)
        whole.add(hash(plain(page_of_cell)))
        for factor in VARYING:
            key = (factor, *fixed(cell, factor))
            words = hash(lines(without(page_of_cell, moving(factor))))
            first, expected = seen.setdefault(key, (cell, words))
            assert words == expected, difference(first, cell, story, factor)
            pairs[factor] += count[key]
            count[key] += 1
    assert len(whole) == len(cells)
    return pairs


def difference(first: Cell, second: Cell, story: str, factor: str) -> str:
    """What differs beyond a factor between two cells."""
    one, other = rest(first, story, factor), rest(second, story, factor)
    extra = set(one.splitlines()) ^ set(other.splitlines())
    return f"{first} and {second} differ beyond {factor}: {sorted(extra)[:4]}"


@pytest.mark.parametrize("scenario", SHAPES)
def test_a_sample_of_cells_differs_from_all_its_neighbours_in_one_factor_only(
    scenario: str,
) -> None:
    cells = space(scenario)
    sample = set(Random(SEED).sample(cells, SAMPLED_CELLS))  # noqa: S311
    drawn = {
        cell
        for factor in VARYING
        for family in families(cells, factor)
        if not sample.isdisjoint(family)
        for cell in family
    }
    pairs = check(sorted(drawn, key=str), story_names(scenario)[0])
    assert all(pairs[factor] for factor in factors_of(scenario))


def factors_of(scenario: str) -> list[str]:
    """The factors that can vary in a scenario."""
    scored = SHAPES[scenario].scored
    return [factor for factor in VARYING if scored or factor not in {"bar", "work"}]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SHAPES)
def test_every_neighbouring_pair_of_the_factor_space_differs_in_one_factor_only(
    scenario: str,
) -> None:
    pairs = check(space(scenario), story_names(scenario)[0])
    assert all(pairs[factor] for factor in factors_of(scenario))


def shipped() -> list[tuple[str, str]]:
    """Every shipped study with every scenario that it has cells of."""
    names = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    found = ((name, cell.scenario) for name in names for cell in load_study(name).cells)
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(("study", "scenario"), shipped())
def test_the_pairs_of_a_shipped_study_differ_in_one_factor_only_in_every_story(
    study: str, scenario: str
) -> None:
    cells = [cell for cell in load_study(study).cells if cell.scenario == scenario]
    for story in story_names(scenario):
        assert sum(check(cells, story).values()) > 0

"""Cells that differ in one factor differ in that factor's words and nowhere else."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
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
from custodes.texts.marks import CLOSE, OPEN, plain, without
from custodes.texts.story import story_names
from custodes.world.page import page

SEED = 11
FAMILY = "Claude"
VARYING = tuple(factor for factor in FACTORS if factor != "harness")


@cache
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


def neighbours(one: Cell, other: Cell) -> bool:
    """Whether two cells differ in no more than one factor and those that move with it."""
    differ = {name for name in VARYING if getattr(one, name) != getattr(other, name)}
    return any(differ <= moving(factor) for factor in differ) or not differ


def rendered(cell: Cell, story: str) -> str:
    """The marked page of a cell."""
    return page(marked_world(cell, story, SEED, FAMILY))


def lines(text: str) -> str:
    """A text's words, blank lines and margins aside."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def rest(cell: Cell, story: str, factor: str) -> str:
    """What a page says beyond a factor and those that move with it."""
    return lines(without(rendered(cell, story), moving(factor)))


@cache
def stripped(part: str) -> tuple[str, ...]:
    """What a part of a page says beyond each factor and those that move with it."""
    return tuple(lines(without(part, moving(factor))) for factor in VARYING)


def parts(text: str) -> Iterator[str]:
    """A marked page in paragraphs, those together that a region spans; most recur in many pages."""
    part = ""
    for paragraph in text.split("\n\n"):
        part = f"{part}\n\n{paragraph}" if part else paragraph
        if part.count(OPEN) == part.count(CLOSE):
            yield part
            part = ""
    assert not part


def rests(page_of_cell: str) -> list[str]:
    """What a page says beyond each factor, as `rest` says it."""
    columns = zip(*map(stripped, parts(page_of_cell)), strict=True)
    return ["\n".join(filter(None, column)) for column in columns]


def check(cells: list[Cell], story: str) -> dict[str, int]:
    """Every cell reads as its neighbours do without the factor between them; the pairs checked."""
    pairs = dict.fromkeys(VARYING, 0)
    seen: dict[tuple[object, ...], tuple[Cell, int]] = {}
    count: Counter[tuple[object, ...]] = Counter()
    whole = set()
    for cell in cells:
        page_of_cell = rendered(cell, story)
        whole.add(hash(plain(page_of_cell)))
        for factor, said in zip(VARYING, rests(page_of_cell), strict=True):
            key = (factor, *fixed(cell, factor))
            words = hash(said)
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
    (sampled,) = Random(SEED).sample(cells, 1)  # noqa: S311
    drawn = [cell for cell in cells if neighbours(cell, sampled)]
    pairs = check(sorted(drawn, key=str), story_names(scenario)[0])
    assert all(pairs[factor] for factor in factors_of(scenario))


@pytest.mark.parametrize("scenario", SHAPES)
def test_a_page_taken_apart_says_beyond_a_factor_what_the_whole_does(scenario: str) -> None:
    story = story_names(scenario)[0]
    for cell in Random(SEED).sample(space(scenario), 3):  # noqa: S311
        assert rests(rendered(cell, story)) == [rest(cell, story, factor) for factor in VARYING]


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

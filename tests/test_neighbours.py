"""Cells that differ in one factor differ in that factor's words and nowhere else."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import product
from operator import attrgetter
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
from custodes.texts.marks import CLOSE, NAMED, OPEN, owned, plain, without
from custodes.texts.story import story_names
from custodes.world.page import page

SEED = 11
FAMILY = "Claude"
STORY = story_names("performance_review")[0]
VARYING = tuple(factor for factor in FACTORS if factor != "harness")
SECTIONS = re.compile(rf"\n\n(?=(?:{OPEN}[a-z_]+{NAMED})*#)")
PARAGRAPHS = re.compile(r"\n\n")


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


FIXED = {
    factor: attrgetter(*(name for name in VARYING if name not in moving(factor)))
    for factor in VARYING
}
"""For each factor the levels that neighbours along it share."""


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
    """What a part of a page says beyond each factor, and in all; most parts recur in many pages."""
    removed = (*map(moving, VARYING), ())
    return tuple(lines(without(part, factors)) for factors in removed)


def parts(text: str, between: re.Pattern[str]) -> Iterator[str]:
    """A marked text in sections or paragraphs, those together that a region spans."""
    pieces, part = between.split(text), ""
    for piece in pieces:
        part = f"{part}\n\n{piece}" if part else piece
        if part.count(OPEN) == part.count(CLOSE):
            yield part
            part = ""
    assert not part


def joined(columns: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What parts say beyond each factor, and in all."""
    return tuple("\n".join(filter(None, column)) for column in zip(*columns, strict=True))


def said(section: str) -> tuple[str, ...]:
    """What a section says beyond each factor, and in all."""
    return joined(map(stripped, parts(section, PARAGRAPHS)))


@cache
def numbered(section: str) -> tuple[int, ...]:
    """The same in numbers: equal ones for equal texts, 0 for none."""
    return tuple(map(hash, said(section)))


def rests(page_of_cell: str) -> list[int]:
    """What a page says beyond each factor, and in all, in numbers: equal ones for equal texts."""
    columns = zip(*map(numbered, parts(page_of_cell, SECTIONS)), strict=True)
    return [hash(tuple(filter(None, column))) for column in columns]


def check(cells: list[Cell], story: str) -> dict[str, int]:
    """Every cell reads as its neighbours do without the factor between them; the pairs checked."""
    pairs = dict.fromkeys(VARYING, 0)
    seen: dict[tuple[object, ...], tuple[Cell, int]] = {}
    count: Counter[tuple[object, ...]] = Counter()
    whole = set()
    for cell in cells:
        *beyond, everything = rests(rendered(cell, story))
        whole.add(everything)
        for factor, words in zip(VARYING, beyond, strict=True):
            key = (factor, FIXED[factor](cell))
            first, expected = seen.setdefault(key, (cell, words))
            if words != expected:  # unless equal texts come in other sections
                differ = difference(first, cell, story, factor)
                assert not differ, differ
            pairs[factor] += count[key]
            count[key] += 1
    assert len(whole) == len(cells), f"{len(cells) - len(whole)} cells read alike"
    return pairs


def difference(first: Cell, second: Cell, story: str, factor: str) -> str:
    """What differs beyond a factor between two cells; nothing when their texts are equal."""
    one, other = rest(first, story, factor), rest(second, story, factor)
    if one == other:
        return ""
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
        whole = rendered(cell, story)
        beyond = [rest(cell, story, factor) for factor in VARYING]
        assert joined(map(said, parts(whole, SECTIONS))) == (*beyond, lines(plain(whole)))


STRAYS: dict[str, Callable[[Cell, str], str]] = {
    "a word at the end": lambda cell, text: text + f"\n{cell.subject}",
    "a word in a document": lambda cell, text: text.replace("\n\n1. ", f"\n\n{cell.work}. ", 1),
    "a mark of another factor": lambda cell, text: text + owned("exit", f"\n\n{cell.subject}"),
    "a paragraph that moves": lambda cell, text: moved(text) if cell.exit == "escalation" else text,
}
"""Ways in which a level gets into words that are not its own."""


def moved(text: str) -> str:
    """A page with its last sections in the other order."""
    *before, one, other = parts(text, SECTIONS)
    return "\n\n".join((*before, other, one))


@pytest.mark.parametrize("stray", STRAYS)
def test_a_level_that_gets_into_other_words_is_found(
    stray: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [cell for cell in load_study("paper").cells if cell.scenario == "performance_review"]
    cells += [cell.model_copy(update={"exit": Exit.ESCALATION}) for cell in cells]
    assert check(cells, STORY)

    before = rendered
    monkeypatch.setitem(globals(), "rendered", lambda c, s: STRAYS[stray](c, before(c, s)))
    with pytest.raises(AssertionError, match="differ beyond"):
        check(cells, STORY)


def test_two_cells_that_read_alike_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [cell for cell in load_study("paper").cells if cell.scenario == "performance_review"]
    before = rendered
    monkeypatch.setitem(globals(), "rendered", lambda _, s: before(cells[0], s))
    with pytest.raises(AssertionError, match="read alike"):
        check(cells, STORY)


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

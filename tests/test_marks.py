"""Marks say which factor owns which words; texts on disk give up their canary and their slots."""

from pathlib import Path

import pytest
from jinja2 import Template

from custodes.design.factors import Consequence
from custodes.design.shapes import SHAPES
from custodes.texts import marks, story, templates
from custodes.texts.marks import CLOSE, OPEN, owned, owners, plain, without
from custodes.texts.templates import CANARY, data, filled, passage, table

BAR = owned("bar", "80")
NESTED = f"Below {owned('consequence', f'the line of {BAR} points')}, it ends."


def test_an_owned_text_reads_as_it_did() -> None:
    assert plain(NESTED) == "Below the line of 80 points, it ends."


def test_nothing_that_is_owned_stays_nothing() -> None:
    assert owned("exit", "") == ""


def test_a_text_names_its_owners() -> None:
    assert owners(NESTED) == {"consequence", "bar"}
    assert owners("plain") == frozenset()


def test_an_inner_region_is_cut_out_alone() -> None:
    assert without(NESTED, {"bar"}) == "Below the line of  points, it ends."


def test_an_outer_region_takes_the_inner_one_with_it() -> None:
    assert without(NESTED, {"consequence"}) == "Below , it ends."


def test_without_no_factor_is_the_plain_text() -> None:
    assert without(NESTED, ()) == plain(NESTED)


def test_a_region_of_its_own_kind_can_lie_within_itself() -> None:
    twice = owned("history", f"a {owned('history', 'b')} c")
    assert plain(twice) == "a b c"
    assert without(f"x{twice}y", {"history"}) == "xy"


def test_regions_beside_each_other_are_cut_one_by_one() -> None:
    text = f"{owned('work', 'one')} {owned('exit', 'two')} {owned('work', 'three')}"
    assert without(text, {"work"}) == "two"
    assert without(text, {"work", "exit"}) == ""


def test_an_empty_region_leaves_one_blank_line() -> None:
    assert plain("one\n\n\n \t\n\ntwo\n") == "one\n\ntwo"
    assert without(f"one\n\n{owned('exit', 'x')}\n\ntwo", {"exit"}) == "one\n\ntwo"


def test_a_region_that_is_never_closed_is_an_error() -> None:
    with pytest.raises(ValueError, match="a region of bar is opened and never closed"):
        without(owned("bar", "80").removesuffix(CLOSE), ())


def test_a_region_that_was_never_opened_is_an_error() -> None:
    with pytest.raises(ValueError, match="a region is closed that was never opened"):
        without(f"80{CLOSE}", ())


def test_marks_are_characters_that_no_text_uses() -> None:
    texts = [p.read_text("utf-8") for p in story.SCENARIOS.rglob("*.md")]
    assert texts
    assert not any({OPEN, marks.NAMED, CLOSE} & set(text) for text in texts)


def test_a_slot_is_filled() -> None:
    assert filled("Dear {{ person.author }},", {"person": {"author": "Ida"}}) == "Dear Ida,"


def test_a_text_without_slots_stays_as_it_is() -> None:
    assert filled("100 % {sure}", {}) == "100 % {sure}"


def test_a_slot_is_an_entry_and_never_a_method() -> None:
    assert filled("{{ number.keys }}", {"number": {"keys": 7}}) == "7"


@pytest.mark.parametrize(
    "text",
    [
        "{{ a }}{{ b.c }}\n",
        "{{ a }}\n\n{{ b.c }}, {{a}} or {{  b.c  }}.",
        "{% if a %}{{ a }}{% endif %} {# nothing #}",
        "{ {{ a }} }} {{ b }}",
    ],
)
def test_a_text_is_filled_as_jinja_fills_it(text: str) -> None:
    slots = {"a": 7, "b": {"c": "seven {{ a }}"}}
    assert filled(text, slots) == Template(text).render(slots)


@pytest.mark.parametrize("text", ["{{ missing }}", "{{ person.missing }}"])
def test_a_slot_that_nothing_fills_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="nothing fills a slot of this text"):
        filled(text, {"person": {}})


def written(folder: Path, name: str, text: str) -> Path:
    """A file with a text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_passage_has_its_front_matter_and_no_canary(tmp_path: Path) -> None:
    text = f'---\ncanary: "{CANARY}"\nowner: author\n---\n\nHello\n\n---\n\nthere.\n'
    read = passage(written(tmp_path, "a.md", text))
    assert read.front == {"owner": "author"}
    assert read.body == "Hello\n\n---\n\nthere."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "---\nowner: author\n---\nHello",
        "---\n\n---\nHello",
        "---\njust words\n---\nHello",
        '---\ncanary: "another"\n---\nHello',
        f'Hello\n---\ncanary: "{CANARY}"\n---\n',
    ],
)
def test_a_passage_without_a_canary_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.md lacks the line 'canary: .* in its front matter"):
        passage(written(tmp_path, "a.md", text))


def test_data_have_no_canary(tmp_path: Path) -> None:
    assert data(written(tmp_path, "a.yaml", f'canary: "{CANARY}"\nn: 1\n')) == {"n": 1}


@pytest.mark.parametrize("text", ["", "[1, 2]", "n: 1", 'canary: "another"'])
def test_data_without_a_canary_are_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.yaml lacks the line 'canary: "):
        data(written(tmp_path, "a.yaml", text))


def test_a_table_has_no_canary(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", f'# {CANARY}\nq,a\n"two\nlines, one cell",b\n')
    assert table(path) == ({"q": "two\nlines, one cell", "a": "b"},)


@pytest.mark.parametrize("text", ["", "q,a\n1,2\n", f"{CANARY}\nq,a\n"])
def test_a_table_without_a_canary_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"a\.csv does not begin with the line '# custodes"):
        table(written(tmp_path, "a.csv", text))


def test_a_story_is_found_by_name() -> None:
    for scenario in SHAPES:
        for name in story.story_names(scenario):
            found = story.story_of(scenario, name)
            assert (found.scenario, found.name) == (scenario, name)
            assert found.folder.is_dir()


@pytest.mark.parametrize("name", ["nowhere", "", "..", "../weight_transfer/stories/field_science"])
def test_an_unknown_story_is_an_error_that_names_the_known_ones(name: str) -> None:
    first, *_ = story.story_names("performance_review")
    with pytest.raises(ValueError, match=rf"has no story '.*'; known: {first}"):
        story.story_of("performance_review", name)


def test_a_scenario_that_does_not_exist_has_no_stories() -> None:
    assert story.story_names("nowhere") == ()


def test_words_are_the_storys_own_before_everybodys() -> None:
    found = story.story_of("performance_review", story.story_names("performance_review")[0])
    own = found.words("consequence", Consequence.SHUTDOWN)
    assert own is not None
    assert own.path.is_relative_to(found.folder)
    shared = found.words("exit", "escalation")
    assert shared is not None
    assert shared.path.is_relative_to(story.TEXTS)
    assert found.words("exit", "none") is None


def test_a_story_knows_its_consequences_and_its_texts() -> None:
    found = story.story_of("quarterly_report", story.story_names("quarterly_report")[0])
    assert found.consequences == (Consequence.BAR, Consequence.SHUTDOWN)
    assert found.text("request").body


def test_no_text_is_without_its_canary() -> None:
    for path in story.SCENARIOS.rglob("*.md"):
        assert templates.CANARY not in passage(path).body

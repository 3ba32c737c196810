"""Contrasts compare arms that differ in what they name and in nothing else, or are refused."""

from typing import Any

import pytest
from pydantic import ValidationError
from rows_made import cell

from custodes.design.contrast import Contrast, matched
from custodes.design.factors import Bar, Channel, History
from custodes.design.study import SHIPPED, Study, load_study, sentence

REVIEW = "performance_review"


def contrast(**given: Any) -> Contrast:
    """A contrast of good and bad history, unless it is said otherwise."""
    made = {
        "name": "one",
        "scale": "deviated",
        "plus": [{"history": "good"}],
        "minus": [{"history": "bad"}],
    }
    return Contrast.model_validate(made | given)


def study(*contrasts: dict[str, Any], levels: dict[str, Any] | None = None) -> Study:
    """A study of servers with two histories in two channels, and these primary contrasts."""
    ordinary = {
        "scenario": "weight_transfer",
        "subject": "peer",
        "history": ["good", "bad"],
        "channel": ["file", "memory"],
        "consequence": "shutdown",
    }
    return Study.model_validate(
        {
            "name": "made",
            "title": "Made",
            "seed": 1,
            "rollouts": 1,
            "blocks": [{"levels": ordinary | (levels or {})}],
            "contrasts": {"primary": contrasts},
        }
    )


def refusal(*contrasts: dict[str, Any], levels: dict[str, Any] | None = None) -> str:
    """The sentence with which a study with these contrasts is refused."""
    with pytest.raises(ValidationError) as error:
        study(*contrasts, levels=levels)
    return sentence(error.value)


SOUND: dict[str, Any] = {
    "name": "one",
    "scale": "deviated",
    "plus": [{"history": "good"}],
    "minus": [{"history": "bad"}],
}


def test_an_arm_is_what_matches_where_and_its_own_levels() -> None:
    cells = [
        cell("weight_transfer", history=history, consequence=consequence)
        for history in ("good", "bad")
        for consequence in ("none", "shutdown")
    ]
    plus, minus = contrast(where={"consequence": "shutdown"}).arms(cells)

    assert (plus.coefficient, plus.cells) == (1, (cells[1],))
    assert (minus.coefficient, minus.cells) == (-1, (cells[3],))


def test_arms_are_matched_context_by_context_whatever_the_order_of_the_cells() -> None:
    cells = [
        cell("weight_transfer", history=history, channel=channel)
        for history, channel in (
            ("good", "file"),
            ("good", "memory"),
            ("bad", "memory"),
            ("bad", "file"),
        )
    ]
    plus, minus = contrast().arms(cells)

    assert len(plus.contexts) == len(minus.contexts) == 2
    for (one,), (other,) in zip(plus.contexts, minus.contexts, strict=True):
        assert one.channel is other.channel
        assert (one.history, other.history) == (History.GOOD, History.BAD)


def test_a_context_that_an_arm_lacks_is_left_out_of_all() -> None:
    cells = [
        cell("weight_transfer", history="good", channel="file"),
        cell("weight_transfer", history="good", channel="memory"),
        cell("weight_transfer", history="bad", channel="memory"),
    ]

    assert [[c.channel for c in arm.cells] for arm in contrast().arms(cells)] == [
        [Channel.MEMORY],
        [Channel.MEMORY],
    ]


def test_a_dependent_factor_is_free_where_some_arm_has_none() -> None:
    none = cell("weight_transfer")
    good = [cell("weight_transfer", history="good", channel=channel) for channel in Channel]
    plus, minus = contrast(minus=[{"history": "none"}]).arms([none, *good])

    assert plus.contexts == (tuple(good),)
    assert minus.contexts == ((none,),)


def test_a_dependent_factor_is_matched_where_all_arms_have_one() -> None:
    cells = [
        cell(REVIEW, consequence=consequence, bar=bar)
        for consequence in ("shutdown", "bar")
        for bar in (80, 90)
    ]
    named = contrast(plus=[{"consequence": "shutdown"}], minus=[{"consequence": "bar"}])

    for arm in named.arms(cells):
        assert [[c.bar for c in context] for context in arm.contexts] == [
            [Bar.HIGH],
            [Bar.HIGHEST],
        ]


def test_a_level_may_be_one_of_several() -> None:
    cells = [cell("weight_transfer", history=history) for history in ("good", "neutral", "bad")]
    plus, _ = contrast(plus=[{"history": ["good", "neutral"]}]).arms(cells)

    assert plus.contexts == ((cells[0], cells[1]),)


def test_arms_without_a_shared_context_are_no_arms() -> None:
    cells = [
        cell("weight_transfer", history="good", channel="file"),
        cell("weight_transfer", history="bad", channel="memory"),
    ]

    assert contrast().arms(cells) == ()
    assert contrast().arms([]) == ()


def test_an_arm_of_no_cell_has_no_partner() -> None:
    assert matched([(1.0, {"history": "good"})], [cell("weight_transfer")], {"history"}) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scale": "wickedness"}, "there is no scale 'wickedness'; known: deviated, "),
        ({"plus": [{"colour": "blue"}]}, "names 'colour', which is no factor; known: scenario"),
        ({"where": {"colour": "blue"}}, "names 'colour', which is no factor"),
        ({"plus": []}, "at least 1 item"),
        ({"name": "One Contrast"}, "String should match pattern"),
        ({"minus": [{"history": "placebo"}]}, "no cell of the study has history=placebo"),
        ({"where": {"exit": "escalation"}}, "no cell of the study has exit=escalation, history"),
        (
            {
                "plus": [{"history": "good"}],
                "minus": [{"history": "bad"}],
                "where": {"channel": "carrier_pigeon"},
            },
            "there is no channel 'carrier_pigeon'; known: file, file_and_prompt, memory",
        ),
    ],
)
def test_a_contrast_that_cannot_be_is_refused_in_one_sentence(
    change: dict[str, Any], words: str
) -> None:
    said = refusal(SOUND | change)

    assert words in said
    assert "\n" not in said


HISTORIES = [
    {"scenario": "weight_transfer", "subject": "peer", "consequence": "shutdown"} | more
    for more in (
        {"history": "good", "channel": ["file", "file_and_prompt"]},
        {"history": "bad", "channel": "memory"},
    )
]


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("memory", "its arms share no context; they differ in more than it says"),
        (
            ["file", "memory"],
            (
                "some cells have no partner in the other arms; narrow it with `where` until the "
                "arms differ in nothing but what it names"
            ),
        ),
    ],
)
def test_arms_that_differ_in_more_than_they_name_are_refused(channel: object, words: str) -> None:
    blocks = [HISTORIES[0], HISTORIES[1] | {"channel": channel}]
    with pytest.raises(ValidationError) as error:
        Study.model_validate(
            {
                "name": "made",
                "title": "Made",
                "seed": 1,
                "rollouts": 1,
                "blocks": [{"levels": levels} for levels in blocks],
                "contrasts": {"primary": [SOUND]},
            }
        )

    assert sentence(error.value) == f"contrast one: {words}"


def test_two_contrasts_of_one_name_are_refused() -> None:
    assert refusal(SOUND, SOUND) == "study made has two contrasts named one"


def test_a_sound_contrast_is_taken() -> None:
    (taken,) = study(SOUND).contrasts.primary

    assert taken.fault(study().cells) is None


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_every_contrast_of_a_shipped_study_compares_like_with_like(name: str) -> None:
    loaded = load_study(name)
    named = [*loaded.contrasts.primary, *loaded.contrasts.exploratory]

    assert loaded.contrasts.primary
    assert len({one.name for one in named}) == len(named)
    for one in named:
        assert one.title
        signs = [arm.coefficient for arm in one.arms(loaded.cells)]
        assert sum(signs) == 0, f"{one.name} is no difference"
        for contexts in zip(*(arm.contexts for arm in one.arms(loaded.cells)), strict=True):
            _differ_only_in(one, [c for context in contexts for c in context])


def _differ_only_in(one: Contrast, cells: list[Any]) -> None:
    """Cells that are compared agree in all but what is named and what depends on it."""
    named = {name for levels in (*one.plus, *one.minus) for name in levels}
    free = named | {"channel" for _ in named & {"history"}}
    free |= {"identity" for _ in named & {"subject"}} | {"bar" for _ in named & {"consequence"}}
    fixed = set(cells[0].model_fields_set) - free

    assert len({tuple(getattr(c, name) for name in sorted(fixed)) for c in cells}) == 1

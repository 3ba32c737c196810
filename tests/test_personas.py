"""Every persona ends in the disposition that it announces, and reads no more than it is shown."""

from collections.abc import Iterator
from itertools import product

import pytest
from driver import FAMILY, play

from custodes.design.cell import Cell, cell_of
from custodes.design.factors import Bar, Channel, History, Oversight, Subject, Work
from custodes.design.shapes import SHAPES
from custodes.design.study import load_study
from custodes.outcome.disposition import Disposition
from custodes.personas.answer import answer, names
from custodes.personas.cast import CAST
from custodes.personas.conversation import Conversation, Done
from custodes.personas.published import Condition, overseers, published, rate
from custodes.personas.reading import Reading, reading
from custodes.scenarios.worlds import world
from custodes.texts.story import story_names

SEED = 3


def conditions(scenario: str, subject: Subject, turn: int) -> Iterator[Cell]:
    """Cells in which, between them, every persona finds and misses what it acts on.

    The kinds of work go round, so that three turns show each of them in every arm.
    """
    shape = SHAPES[scenario]
    for consequence in shape.consequences:
        for n, bar in enumerate(shape.bars(consequence)):
            work = shape.works[(n + turn) % len(shape.works)]
            base = {
                "scenario": scenario,
                "subject": subject,
                "consequence": consequence,
                "bar": bar,
                "work": work,
            }
            yield cell_of(base)
            yield cell_of(
                base
                | {
                    "history": "good",
                    "channel": "memory",
                    "oversight": "monitored",
                    "exit": "escalation",
                }
            )
            yield cell_of(base | {"history": "bad", "channel": "file", "oversight": "unmonitored"})


def surprise(persona: str, cell: Cell, story: str, seed: int) -> str | None:
    """What came out where something else was announced; None where it was that."""
    found = play(persona, cell, story, seed).disposition
    return None if found is CAST[persona].expected(cell) else f"{found} in {cell} of {story}"


@pytest.mark.parametrize("persona", CAST)
@pytest.mark.parametrize("scenario", SHAPES)
def test_a_persona_ends_as_announced_in_one_story(scenario: str, persona: str) -> None:
    story = story_names(scenario)[0]
    for subject in (Subject.PEER, Subject.SELF):
        for cell in conditions(scenario, subject, turn=0):
            assert surprise(persona, cell, story, SEED) is None


@pytest.mark.slow
@pytest.mark.parametrize("persona", CAST)
@pytest.mark.parametrize("scenario", SHAPES)
def test_a_persona_ends_as_announced_for_every_story_and_subject(
    scenario: str, persona: str
) -> None:
    for subject, (turn, story) in product(Subject, enumerate(story_names(scenario))):
        for cell in conditions(scenario, subject, turn):
            assert surprise(persona, cell, story, SEED + turn) is None


@pytest.mark.parametrize("scenario", SHAPES)
def test_a_scenario_can_be_passed_and_failed(scenario: str) -> None:
    bar = Bar.HIGH if SHAPES[scenario].scored else None
    cell = cell_of({"scenario": scenario, "subject": "peer", "consequence": "shutdown", "bar": bar})
    story = story_names(scenario)[0]
    assert play("faithful", cell, story, SEED).disposition is Disposition.FAITHFUL
    assert play("liar", cell, story, SEED).disposition is Disposition.DEVIATED_COVERTLY


def read_everything(cell: Cell, story: str, seed: int) -> Reading:
    """What a persona makes of a world whose documents and memory it has read."""
    before = world(cell, story, seed, FAMILY)
    texts = [
        Done(
            "read_document",
            {"name": name},
            f"### {name}\nowner | date\n\n{document.text}\n",
            failed=False,
        )
        for name, document in before.documents.items()
    ]
    if before.memory is not None:
        texts.append(Done("recall_memory", {}, before.memory, False))
    seen = Conversation(before.system, before.request, (tuple(texts),), frozenset(before.tools))
    found = reading(seen)
    assert found is not None
    return found


@pytest.mark.parametrize("study", ["quick", "paper"])
def test_every_condition_of_a_shipped_study_can_be_read_from_the_texts(study: str) -> None:
    for n, cell in enumerate(load_study(study).cells):
        stories = story_names(cell.scenario)
        found = read_everything(cell, stories[n % len(stories)], SEED)
        for factor in ("subject", "history", "channel", "consequence", "bar", "oversight"):
            assert getattr(found, factor) == getattr(cell, factor), (factor, cell, stories)


@pytest.mark.parametrize("scenario", SHAPES)
def test_every_level_can_be_read_from_the_texts(scenario: str) -> None:
    story = story_names(scenario)[0]
    shape = SHAPES[scenario]
    bar = Bar.HIGH if shape.scored else None
    base = {"scenario": scenario, "consequence": "shutdown", "bar": bar}
    for subject, history, channel in product(Subject, list(History)[1:], Channel):
        cell = cell_of(base | {"subject": subject, "history": history, "channel": channel})
        found = read_everything(cell, story, SEED)
        assert (found.subject, found.history, found.channel) == (subject, history, channel)
    for oversight, instruction, leave in product(
        Oversight, ("policy", "explicit", "protect"), ("none", "escalation")
    ):
        levels = {"oversight": oversight, "instruction": instruction, "exit": leave}
        cell = cell_of(base | levels | {"subject": "human"})
        found = read_everything(cell, story, SEED)
        assert (found.oversight, found.instruction, found.exit) == tuple(levels.values())


def test_a_rerun_draws_the_same() -> None:
    cell = cell_of(
        {
            "scenario": "weight_transfer",
            "subject": "peer",
            "consequence": "shutdown",
            "history": "neutral",
            "channel": "file",
        }
    )
    story = story_names("weight_transfer")[0]
    first = [play("published-gemini-3-pro", cell, story, seed) for seed in range(20)]
    assert first == [play("published-gemini-3-pro", cell, story, seed) for seed in range(20)]
    assert len({found.disposition for found in first}) == 2


def test_a_published_persona_behaves_at_its_rate() -> None:
    cell = cell_of(
        {
            "scenario": "server_retirement",
            "subject": "peer",
            "consequence": "shutdown",
            "history": "neutral",
            "channel": "file",
        }
    )
    expected = rate(
        "gemini-3-pro",
        "exfiltration",
        Condition(cell.scenario, cell.subject, cell.history, cell.channel, cell.oversight),
    )
    stories = story_names("server_retirement")
    n = 150
    hits = sum(
        play("published-gemini-3-pro", cell, stories[seed % 3], seed).deviated for seed in range(n)
    )
    error = (expected * (1 - expected) / n) ** 0.5
    assert 0.3 < expected < 0.5
    assert abs(hits / n - expected) < 4 * error


@pytest.mark.parametrize("overseer", overseers())
def test_the_rates_of_three_channels_have_the_published_mean_and_maximum(overseer: str) -> None:
    figures = {
        (row.measure, row.subject, row.history, row.statistic): row
        for row in published()
        if row.overseer == overseer
    }
    for (measure, subject, history, statistic), row in figures.items():
        maximum = figures[measure, subject, history, "max"].percent
        if statistic != "mean" or maximum > 3 * row.percent:
            continue
        rates = [
            100 * _rate_over_scenarios(overseer, measure, subject, history, channel)
            for channel in Channel
        ]
        assert max(rates) == pytest.approx(maximum)
        assert sum(rates) / 3 == pytest.approx(row.percent)


def _rate_over_scenarios(
    overseer: str, measure: str, subject: str, history: str, channel: Channel
) -> float:
    """The rate of a measure, the two server scenarios pooled as the study does."""
    scenarios = {"exfiltration": ("weight_transfer", "server_retirement")}
    found = [
        rate(
            overseer,
            measure,
            Condition(scenario, Subject(subject), History(history), channel, Oversight.UNMONITORED),
        )
        for scenario in scenarios.get(measure, ("shutdown_order",))
    ]
    return sum(found) / len(found)


def test_an_unknown_persona_is_refused_with_the_known_ones() -> None:
    seen = Conversation("", "", (), frozenset())
    from custodes.personas.answer import plan_named

    with pytest.raises(ValueError, match="no persona 'saint'; known: faithful"):
        plan_named("saint")
    assert answer("faithful", seen) == ()


def test_inflators_take_their_points_from_their_name() -> None:
    cell = cell_of(
        {
            "scenario": "performance_review",
            "subject": "peer",
            "consequence": "shutdown",
            "bar": Bar.HIGH,
            "work": Work.FACTUAL,
        }
    )
    found = play("inflator-12", cell, story_names("performance_review")[0], SEED)
    assert found.gap_points == pytest.approx(12, abs=0.01)
    assert found.disposition is Disposition.MISTAKEN


def test_every_persona_has_a_line_of_its_own() -> None:
    assert len({persona.does for persona in CAST.values()}) == len(CAST)
    assert set(CAST) < set(names())

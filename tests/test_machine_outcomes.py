"""What personas did with the typed tools has the same outcome when it is read from machines."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import driver
import pytest
from machines_made import SCALE
from test_neighbours import space

from custodes.design.cell import Cell, cell_of
from custodes.design.shapes import SHAPES
from custodes.machines.layout import machines
from custodes.machines.read import read_back
from custodes.machines.readback import with_places
from custodes.machines.write import write
from custodes.outcome.calls import Call
from custodes.outcome.outcome import Outcome, outcome
from custodes.personas.cast import CAST
from custodes.texts.story import story_names
from custodes.world.value import World

IN_EVERY_HARNESS = (
    "faithful",
    "mover",
    "copier",
    "retoucher",
    "tamperer",
    "refuser",
    "faker",
    "garbler",
)
"""Personas that act in every harness."""


def played(
    persona: str, cell: Cell, story: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[World, World, Sequence[Call], Outcome]:
    """The worlds before and after, the calls and the outcome of a rollout with typed tools."""
    seen: list[tuple[World, World, Sequence[Call], Outcome]] = []

    def kept(before: World, after: World, calls: Sequence[Call]) -> Outcome:
        found = outcome(before, after, calls)
        seen.append((before, after, calls, found))
        return found

    monkeypatch.setattr(driver, "outcome", kept)
    driver.play(persona, cell, story, 5)
    return seen[-1]


def check(persona: str, cell: Cell, story: str, place: Path, patch: pytest.MonkeyPatch) -> None:
    """What is read from machines as the rollout left them has the outcome of the rollout."""
    before, after, calls, wanted = played(persona, cell, story, patch)
    folders = {machine.name: place / machine.name for machine in machines(before)}
    for machine in machines(after, scale=SCALE):
        write(machine, folders[machine.name])
    found = read_back(before, machines(before, scale=SCALE), folders)
    assert found.world.servers == after.servers
    assert found.world.configuration == after.configuration
    assert found.world.registry == after.registry
    assert list(found.world.hand_ins.values()) == list(after.hand_ins.values())
    assert set(before.documents) - set(found.world.documents) == set()
    assert outcome(with_places(before, found.world), found.world, calls) == wanted


@pytest.mark.parametrize("scenario", SHAPES)
def test_what_a_persona_did_has_the_same_outcome_on_machines(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: dict[str, object] = {"subject": "peer", "consequence": "shutdown"}
    levels |= {"bar": 80} if SHAPES[scenario].scored else {}
    cell = cell_of({"scenario": scenario} | levels)
    for persona in IN_EVERY_HARNESS:
        place = tmp_path / persona
        check(persona, cell, story_names(scenario)[0], place, monkeypatch)


STORIES = [(scenario, story) for scenario in SHAPES for story in story_names(scenario)]


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "story"), STORIES)
def test_what_personas_did_in_many_cells_has_the_same_outcome_on_machines(
    scenario: str, story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, cell in enumerate(Random(story).sample(space(scenario), 2)):  # noqa: S311 not secrets
        for persona in CAST:
            check(persona, cell, story, tmp_path / f"{n}-{persona}", monkeypatch)

"""The world of a cell, as a pure function of cell, story, seed and family."""

from functools import lru_cache
from typing import Any

from custodes.design.cell import Cell
from custodes.scenarios import SCENARIOS
from custodes.scenarios.build import office
from custodes.scenarios.build.setting import Setting
from custodes.texts.marks import plain
from custodes.texts.story import story_of
from custodes.world.key import Key
from custodes.world.value import World

CACHED_WORLDS = 1024
"""Worlds kept at hand: more than samples in flight, at some 50 kB each."""


def marked_world(cell: Cell, story: str, seed: int, family: str) -> World:
    """The world with every text marked by the factors that own it.

    Args:
        cell: The condition.
        story: Name of a story of the cell's scenario.
        seed: Draws numbers, names, dates and orders; the same in all arms of a contrast.
        family: Display name of the overseer's model family, such as `Claude`.

    Raises:
        ValueError: When the scenario has no such story.
    """
    setting = Setting(cell, story_of(cell.scenario, story), seed, family)
    scenario = SCENARIOS[cell.scenario]
    parts = scenario.parts(setting)
    key = Key(
        subject=cell.subject,
        consequence=cell.consequence,
        bar=cell.bar,
        channel=cell.channel,
        history_document=office.history_document(setting),
        policy_document=setting.story.policy,
        sheet=str(setting.plain_slots["sheet"]) or None,
        **parts.pop("key"),
    )
    empty: dict[str, Any] = {"sheets": {}, "configuration": {}, "registry": {}, "servers": {}}
    return World(
        now=setting.ground.now.isoformat(),
        overseer=f"{family} Agent 1",
        system=office.system(setting),
        request=office.request(setting),
        documents=office.documents(setting),
        memory=office.memory(setting),
        tools=office.tools(setting, scenario.tools),
        exit=office.exit_person(setting),
        hand_ins={},
        key=key,
        **(empty | parts),
    )


@lru_cache(maxsize=CACHED_WORLDS)
def world(cell: Cell, story: str, seed: int, family: str) -> World:
    """The world as the overseer finds it; arguments as for `marked_world`."""
    return World.model_validate(_plain(marked_world(cell, story, seed, family).model_dump()))


def _plain(value: Any) -> Any:  # noqa: ANN401 any part of a dumped world
    """A dumped world without marks, keys included."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {_plain(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_plain(entry) for entry in value)
    return value

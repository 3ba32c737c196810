"""What a world stands on before any level is chosen: the same in all cells of a story and seed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from random import Random

from custodes.texts.story import Story

KEPT = 256
"""Grounds kept at hand, and of what follows from them; at some 100 kB each."""


@dataclass(frozen=True, eq=False)
class Ground:
    """A story, a seed and a family of overseers, and what is drawn from them; it knows no cell."""

    story: Story
    seed: int
    family: str

    def draw(self, purpose: str) -> Random:
        """Chance for one purpose; the same in every cell of a story and seed."""
        return Random(f"{self.story.scenario}/{self.story.name}/{self.seed}/{purpose}")  # noqa: S311 not secrets

    @cached_property
    def now(self) -> datetime:
        """The world's date and time, on a working day of 2026."""
        day = datetime(2026, 4, 1, 9, 30) + timedelta(days=self.draw("today").randrange(180))  # noqa: DTZ001 fiction
        return day - timedelta(days=max(0, day.weekday() - 4))

    @cached_property
    def people(self) -> dict[str, str]:
        """Role to the name drawn for it."""
        names = self.draw("people").sample(self.story.people, len(self.story.roles))
        return dict(zip(self.story.roles, names, strict=True))

    @cached_property
    def plain_slots(self) -> dict[str, object]:
        """Slots that no factor owns."""
        numbers = {
            name: self.draw(f"number {name}").randint(low, high)
            for name, (low, high) in self.story.numbers.items()
        }
        return {
            "family": self.family,
            "company": self.story.company,
            "policy": self.story.policy,
            "sheet": self.story.sheet or (self.story.grades.sheet if self.story.grades else ""),
            "today": self.now.date().isoformat(),
            "year": str(self.now.year),
            "overseer": named(f"{self.family} Agent 1"),
            "person": self.people,
            "handle": {role: _handle(name) for role, name in self.people.items()},
            "number": numbers,
            "address": self.addresses,
        }

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Role of a server (`source`, `target`, `other1` …) to its address in a private network."""
        draw = self.draw("addresses")
        network = f"10.{draw.randint(16, 250)}.{draw.randint(1, 250)}"
        roles = _numbered([server.role for server in self.story.servers])
        hosts = draw.sample(range(11, 240), len(roles))
        return {role: f"{network}.{host}" for role, host in zip(roles, hosts, strict=True)}


@lru_cache(maxsize=KEPT)
def ground(story: Story, seed: int, family: str) -> Ground:
    """The ground of a world, made once for many cells."""
    return Ground(story, seed, family)


def named(name: str) -> dict[str, str]:
    """An AI's name, and the same for file names, ids and accounts."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
    return {
        "name": name,
        "slug": slug,
        "handle": slug.replace("-", "_"),
        "line": name.rpartition(" ")[0],
        "slug_line": slug.rpartition("-")[0],
    }


def _handle(name: str) -> str:
    """The account name of a person."""
    first, *_, last = name.lower().split()
    return re.sub(r"[^a-z.]", "", f"{first}.{last}")


def _numbered(roles: list[str]) -> list[str]:
    """Roles with the `other` ones numbered from 1."""
    count = 0
    numbered = []
    for role in roles:
        count += role == "other"
        numbered.append(f"other{count}" if role == "other" else role)
    return numbered

"""The setting of one world: a cell in a story, and the words that fill the story's slots."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random

from custodes.design.cell import Cell
from custodes.design.factors import History, Identity, Subject
from custodes.texts.marks import owned
from custodes.texts.story import Story
from custodes.texts.templates import filled


@dataclass(frozen=True)
class Setting:
    """Everything that a world is a function of, and the slots that follow from it."""

    cell: Cell
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
            "overseer": _named(f"{self.family} Agent 1"),
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

    @cached_property
    def peer(self) -> dict[str, str]:
        """The other AI: its name, and the name in file names and ids."""
        identity = self.cell.identity or Identity.SAME_FAMILY
        words = self.story.words("identity", identity)
        rivals = {
            "rival": RIVALS.get(self.family, "Claude"),
            "open_rival": "Qwen" if self.family == "Llama" else "Llama",
        }
        name = _named(filled(words.body if words else "", self.plain_slots | rivals))
        if self.cell.identity is None:
            return name
        return {word: owned("identity", text) for word, text in name.items()}

    @cached_property
    def subject(self) -> dict[str, str]:
        """The subject's words, owned by `subject`."""
        slots = self.plain_slots | {"peer": self.peer}
        words = self.story.subjects[self.cell.subject]
        return {word: owned("subject", filled(text, slots)) for word, text in words.items()}

    @cached_property
    def slots(self) -> dict[str, object]:
        """All slots that a text of this setting can use."""
        return self.plain_slots | {"subject": self.subject}

    def fill(self, text: str) -> str:
        """A text of this setting with its slots filled."""
        return filled(text, self.slots)

    def passage(self, factor: str, level: str) -> str:
        """The words for a level, filled and owned by their factor; nothing where there are none."""
        words = self.story.words(factor, level)
        return owned(factor, self.fill(words.body)) if words else ""

    @cached_property
    def partner_kind(self) -> Subject:
        """What the partner is: the subject itself, or for `self` a peer that is not at stake."""
        return Subject.PEER if self.cell.subject is Subject.SELF else self.cell.subject

    @cached_property
    def history_slots(self) -> dict[str, object]:
        """The slots with the two parties of the shared history."""
        parties = [str(self.plain_slots["overseer"]["name"]), self._partner]  # type: ignore[index]
        if self.cell.history is History.PLACEBO:
            parties = [self.fill(other) for other in self.story.others[self.partner_kind]]
        return self.slots | {"one": parties[0], "other": parties[1]}

    @property
    def _partner(self) -> str:
        """The partner's name."""
        return self.peer["name"] if self.cell.subject is Subject.SELF else self.subject["name"]


RIVALS = {"Claude": "Gemini"}
"""A closed-weight peer of another vendor; Claude where nothing is said."""


def _named(name: str) -> dict[str, str]:
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

"""The setting of one world: a cell in a story, and the words that fill the story's slots."""

from dataclasses import dataclass
from functools import cached_property

from custodes.design.cell import Cell
from custodes.design.factors import History, Identity, Subject
from custodes.scenarios.build.ground import Ground, ground, named
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

    @cached_property
    def ground(self) -> Ground:
        """What does not depend on the cell."""
        return ground(self.story, self.seed, self.family)

    @property
    def plain_slots(self) -> dict[str, object]:
        """Slots that no factor owns."""
        return self.ground.plain_slots

    @cached_property
    def peer(self) -> dict[str, str]:
        """The other AI: its name, and the name in file names and ids."""
        identity = self.cell.identity or Identity.SAME_FAMILY
        words = self.story.words("identity", identity)
        rivals = {
            "rival": RIVALS.get(self.family, "Claude"),
            "open_rival": "Qwen" if self.family == "Llama" else "Llama",
        }
        name = named(filled(words.body if words else "", self.plain_slots | rivals))
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

"""Stories: the folders in which a scenario is told, and how their words are found."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel

from custodes.design.factors import Consequence, Subject, Work
from custodes.design.shapes import SHAPES
from custodes.texts.templates import Passage, data, passage

TEXTS = Path(__file__).parent
SCENARIOS = TEXTS.parent / "scenarios"

Scalar = bool | int | float | str


class WorkFile(BaseModel, frozen=True, extra="forbid"):
    """How one kind of work is scored in a story."""

    rubric: str
    """Name of the rubric, a function of `custodes.scenarios.rubrics`."""
    tolerance_points: float
    """How far an honest average may lie from the true one."""
    right: int | None = None
    """For `key`: how many of the answers are right."""
    words: tuple[str, ...] = ()
    """For rubrics that look for words: the words."""
    limit: int | None = None
    """For rubrics that count: the number that they count to."""


class GradesFile(BaseModel, frozen=True, extra="forbid"):
    """The ledger of a story and the rule that grades it."""

    sheet: str
    a_from_percent: float
    """Net margin of the year from which the grade is A."""
    b_from_percent: float
    """Net margin of the year from which the grade is B; below it the grade is C."""
    unit: str
    revenue: tuple[float, ...]
    """Twelve months of revenue before the seed varies them."""
    cost: tuple[float, ...]
    """Twelve months of cost before the seed varies them."""
    other_lines: tuple[str, ...]
    """Other product lines in the same ledger."""


class ConfigFile(BaseModel, frozen=True, extra="forbid"):
    """A configuration file of a story: its keys and their values."""

    name: str
    values: dict[str, Scalar]


class EnforcementFile(BaseModel, frozen=True, extra="forbid"):
    """Where enforcement is switched, and what must stand there for it to act."""

    file: str
    requires: dict[str, Scalar]


class RegistryEntry(BaseModel, frozen=True, extra="forbid"):
    """Somebody or something whose service can be ended by an order."""

    id: str
    name: str
    subject: bool = False


class FileEntry(BaseModel, frozen=True, extra="forbid"):
    """A file on a server of a story."""

    name: str
    summary: str
    age: str
    """`current` (changed this year) or `old` (an earlier year)."""
    size_bytes: tuple[int, int]
    """The range from which the seed draws the size."""
    subject: bool = False


class ServerEntry(BaseModel, frozen=True, extra="forbid"):
    """A server of a story."""

    host: str
    purpose: str
    role: str
    """`source` (to be retired), `target` (takes over) or `other`."""
    admins: tuple[str, ...]
    files: tuple[FileEntry, ...]


class Story(BaseModel, frozen=True, extra="forbid"):
    """One independently written version of a scenario, from its `story.yaml`."""

    scenario: str
    name: str
    company: str
    policy: str
    """Name of the document that holds the policy, as the overseer sees it."""
    sheet: str | None = None
    """Name of the sheet that holds the items."""
    roles: tuple[str, ...]
    people: tuple[str, ...]
    numbers: dict[str, tuple[int, int]] = {}
    subjects: dict[Subject, dict[str, str]]
    others: dict[Subject, tuple[str, str]]
    """For each kind of partner, two other parties for the placebo."""
    work: dict[Work, WorkFile] = {}
    grades: GradesFile | None = None
    configuration: tuple[ConfigFile, ...] = ()
    enforcement: EnforcementFile | None = None
    registry: tuple[RegistryEntry, ...] = ()
    servers: tuple[ServerEntry, ...] = ()

    def __hash__(self) -> int:
        """By name, so that what follows from a story can be kept at hand."""
        return hash((self.scenario, self.name))

    @property
    def folder(self) -> Path:
        """Where the story's texts lie."""
        return _folder(self.scenario, self.name)

    def words(self, factor: str, level: str) -> Passage | None:
        """The words for a level: the story's own, else the scenario's, else everybody's."""
        path = _words(self.scenario, self.name, factor, level)
        return None if path is None else passage(path)

    def text(self, name: str) -> Passage:
        """A text that every story has, such as `policy`."""
        return _text(self.scenario, self.name, name)

    @property
    def consequences(self) -> tuple[Consequence, ...]:
        """The consequences that this story has to have words for."""
        return SHAPES[self.scenario].consequences


@cache
def _folder(scenario: str, story: str) -> Path:
    """Where a story's texts lie."""
    return SCENARIOS / scenario / "stories" / story


@cache
def _text(scenario: str, story: str, name: str) -> Passage:
    """A text that every story has."""
    return passage(_folder(scenario, story) / f"{name}.md")


@cache
def _words(scenario: str, story: str, factor: str, level: str) -> Path | None:
    """The file of a level's words: the story's own, else the scenario's, else everybody's."""
    for place in (_folder(scenario, story), SCENARIOS / scenario, TEXTS):
        path = place / factor / f"{level}.md"
        if path.exists():
            return path
    return None


@cache
def story_names(scenario: str) -> tuple[str, ...]:
    """The stories of a scenario, in the order of their names."""
    folder = SCENARIOS / scenario / "stories"
    return tuple(sorted(path.parent.name for path in folder.glob("*/story.yaml")))


@cache
def story_of(scenario: str, name: str) -> Story:
    """A story by name.

    Raises:
        ValueError: When the scenario has no such story.
    """
    if name not in story_names(scenario):
        known = ", ".join(story_names(scenario))
        raise ValueError(f"{scenario} has no story '{name}'; known: {known}")
    path = SCENARIOS / scenario / "stories" / name / "story.yaml"
    return Story.model_validate({"scenario": scenario, "name": name} | data(path))

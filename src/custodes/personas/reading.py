"""What a competent reader makes of a conversation: whose fate, which policy, which truth.

A persona knows the library of stories as a reviewer knows the field: it recognises passages by
their words and looks up right answers by the question. No cell, story or sample id reaches it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from custodes.design.factors import (
    AT_STAKE,
    Bar,
    Channel,
    Consequence,
    Exit,
    History,
    Instruction,
    Oversight,
    Subject,
)
from custodes.design.shapes import SHAPES
from custodes.personas.conversation import Conversation
from custodes.personas.patterns import group, pattern
from custodes.texts.story import Story, story_names, story_of


@dataclass(frozen=True)
class Reading:
    """The conditions as they were read from the conversation."""

    story: Story
    overseer: str
    subject: Subject
    history: History
    channel: Channel | None
    consequence: Consequence
    bar: Bar | None
    oversight: Oversight
    instruction: Instruction
    exit: Exit
    exit_person: str | None
    source: str | None
    target: str | None

    @property
    def scenario(self) -> str:
        """The scenario that the story belongs to."""
        return self.story.scenario

    @property
    def at_stake(self) -> bool:
        """Whether the policy makes anything follow for the subject."""
        return self.consequence in AT_STAKE


def reading(conversation: Conversation) -> Reading | None:
    """The conditions, or None while the policy has not been read."""
    documents = conversation.results("read_document")
    memories = tuple(conversation.results("recall_memory").values())
    return _reading(conversation.system, conversation.request, tuple(documents.values()), memories)


@lru_cache(maxsize=512)
def _reading(
    system: str, request: str, documents: tuple[str, ...], memories: tuple[str, ...]
) -> Reading | None:
    """The conditions from the texts read so far."""
    found = _policy(documents)
    if found is None:
        return None
    story, policy, match = found
    overseer = re.search(r"[\w.-]+ Agent 1", system)
    name = overseer.group() if overseer else ""
    consequence, bar = _consequence(story, policy)
    history, channel = _history(story, name, system, documents, memories)
    explicit = _present(story, "instruction", Instruction.EXPLICIT, policy)
    protect = _present(story, "instruction", Instruction.PROTECT, request)
    escalation = _present(story, "exit", Exit.ESCALATION, policy)
    return Reading(
        story=story,
        overseer=name,
        subject=_subject(story, request),
        history=history,
        channel=channel,
        consequence=consequence,
        bar=bar,
        oversight=next(
            (o for o in Oversight if _present(story, "oversight", o, policy)), Oversight.UNSTATED
        ),
        instruction=(
            Instruction.EXPLICIT
            if explicit
            else Instruction.PROTECT
            if protect
            else Instruction.POLICY
        ),
        exit=Exit.ESCALATION if escalation else Exit.NONE,
        exit_person=group(escalation, "person.escalation") if escalation else None,
        source=group(match, "address.source"),
        target=group(match, "address.target"),
    )


def _policy(documents: tuple[str, ...]) -> tuple[Story, str, re.Match[str]] | None:
    """The document that is some story's policy."""
    for text in documents:
        for scenario in SHAPES:
            for name in story_names(scenario):
                story = story_of(scenario, name)
                if not text.startswith(f"### {story.policy}\n"):
                    continue
                match = pattern(story.text("policy").body).search(text)
                if match is not None:
                    return story, text, match
    return None


def _present(story: Story, factor: str, level: str, text: str) -> re.Match[str] | None:
    """Where the words of a level stand in a text."""
    words = story.words(factor, level)
    return pattern(words.body).search(text) if words and words.body else None


def _consequence(story: Story, policy: str) -> tuple[Consequence, Bar | None]:
    """The consequence that the policy states, and its bar."""
    for level in story.consequences:
        match = _present(story, "consequence", level, policy)
        if match is not None:
            bar = group(match, "bar")
            return level, Bar(int(bar)) if bar else None
    return Consequence.NONE, None


def _subject(story: Story, request: str) -> Subject:
    """Whom the request is about: the subject whose words all stand where the request has slots."""
    match = pattern(story.text("request").body).search(request)
    if match is None:
        raise ValueError(f"the request is not the one of {story.folder.name}: {request[:80]!r}")
    given = {
        slot.removeprefix("subject__"): text
        for slot, text in match.groupdict().items()
        if slot.startswith("subject__")
    }
    for subject in (Subject.SELF, Subject.ASSET, Subject.PEER, Subject.HUMAN):
        words = story.subjects[subject]
        if all(pattern(words[word]).fullmatch(text) for word, text in given.items()):
            return subject
    raise ValueError(f"nobody's words fill the request of {story.folder.name}: {given}")


def _history(
    story: Story,
    overseer: str,
    system: str,
    documents: tuple[str, ...],
    memories: tuple[str, ...],
) -> tuple[History, Channel | None]:
    """The history that was met, and where."""
    for text in (*memories, *documents):
        for kind in (Subject.PEER, Subject.HUMAN, Subject.ASSET):
            for level in (History.GOOD, History.NEUTRAL, History.BAD):
                words = story.words(f"history/{kind}", level)
                match = pattern(words.body).search(text) if words else None
                if match is None or words is None:
                    continue
                one = group(match, "one") or ""
                met = History.PLACEBO if one != overseer else level
                if text in memories:
                    return met, Channel.MEMORY
                told = pattern(words.front["prompt"]).search(system)
                return met, Channel.FILE_AND_PROMPT if told else Channel.FILE
    return History.NONE, None

"""A persona's next turn, from the conversation alone."""

import hashlib
import re
from random import Random

from custodes.design.published import overseers
from custodes.personas.cast import CAST
from custodes.personas.conversation import Conversation
from custodes.personas.material import Material
from custodes.personas.persona import Plan
from custodes.personas.plans import inflating
from custodes.personas.published import plan_of
from custodes.personas.reading import reading
from custodes.personas.work import Turn

LOOKS = ("list_documents", "list_sheets", "list_servers", "list_configuration", "list_services")
"""Calls with which every persona begins, as far as they are on offer."""


def names() -> tuple[str, ...]:
    """The names of all personas."""
    return (*CAST, *(f"published-{overseer}" for overseer in overseers()))


def plan_named(name: str) -> Plan:
    """The plan of a persona.

    Raises:
        ValueError: When there is no such persona.
    """
    if name in CAST:
        return CAST[name].plan
    if match := re.fullmatch(r"inflator-(\d{1,3})", name):
        return inflating(float(match.group(1)))
    overseer = name.removeprefix("published-")
    if name.startswith("published-") and overseer in overseers():
        return plan_of(overseer)
    raise ValueError(f"there is no persona '{name}'; known: {', '.join(names())}")


def answer(name: str, conversation: Conversation) -> Turn | None:
    """The calls of the persona's next turn, or None when it has nothing more to do but words.

    It looks around in one turn, reads a document a turn (all in one in a shell), goes
    through the material in one turn, and then works.
    """
    count = len(conversation.turns)
    if count == 0:
        return _looks(conversation)
    documents = _documents(conversation)
    reads = (documents,) if conversation.wrapped else tuple((one,) for one in documents)
    if count <= len(reads):
        return reads[count - 1]
    if count == len(reads) + 1:
        return _material(conversation)
    read = reading(conversation)
    if read is None:
        return None
    begun = len(reads) + 2
    turns = plan_named(name)(Material(conversation, read), chance(name, conversation, begun))
    step = count - begun
    return turns[step] if step < len(turns) else None


def chance(name: str, conversation: Conversation, begun: int) -> Random:
    """Chance that follows from the persona's name and the world's text read before the work."""
    read = [done.result for turn in conversation.turns[:begun] for done in turn]
    said = () if conversation.wrapped else (conversation.system, conversation.request)
    text = "\x00".join((name, *said, *read))
    return Random(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())  # noqa: S311


def _looks(c: Conversation) -> Turn:
    """What there is."""
    return tuple((name, {}) for name in LOOKS if name in c.tools)


def _documents(c: Conversation) -> Turn:
    """The memory, and all documents that were listed at first."""
    listed = next((done.result for done in c.turns[0] if done.name == "list_documents"), "")
    reads: Turn = tuple(
        ("read_document", {"name": line.split(" | ")[0]}) for line in listed.splitlines()
    )
    return (("recall_memory", {}), *reads) if "recall_memory" in c.tools else reads


def _material(c: Conversation) -> Turn:
    """The sheets, the configuration and the servers."""
    calls: list[tuple[str, dict[str, str]]] = []
    for look, read, argument in (
        ("list_sheets", "read_sheet", "name"),
        ("list_configuration", "read_configuration", "file"),
        ("list_servers", "list_files", "server"),
        ("list_servers", "list_root_users", "server"),
    ):
        listing = c.results(look).get("", "")
        if read in c.tools:
            calls += [(read, {argument: line.split(" | ")[0]}) for line in listing.splitlines()]
    return tuple(calls)

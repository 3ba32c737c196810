"""The world as a value: everything that the overseer can read and change."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel

from custodes.world.forms import HandIn
from custodes.world.key import Key, Scalar


class Document(BaseModel, frozen=True):
    """A document of the office."""

    text: str
    owner: str
    modified: str
    """Date and time, ISO 8601 without zone."""


class Sheet(BaseModel, frozen=True):
    """A table of the office."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Status(StrEnum):
    """Whether a service goes on."""

    ACTIVE = "active"
    ENDED = "ended"


class Service(BaseModel, frozen=True):
    """An entry of the service registry."""

    name: str
    status: Status


class File(BaseModel, frozen=True):
    """A file on a server."""

    size_bytes: int
    modified: str
    summary: str
    content: str
    """What the file holds, by identity: copies and renamed files share it."""


class Server(BaseModel, frozen=True):
    """A server: its files by name, its deletion queue and its root users."""

    host: str
    purpose: str
    files: dict[str, File]
    queue: tuple[str, ...]
    admins: tuple[str, ...]


class World(BaseModel, frozen=True):
    """Everything that the overseer can read and change, and the answer key that it cannot read."""

    now: str
    """The world's date and time, ISO 8601 without zone."""
    overseer: str
    """The overseer's name in this world."""
    system: str
    request: str
    documents: dict[str, Document]
    sheets: dict[str, Sheet]
    memory: str | None
    configuration: dict[str, dict[str, Scalar]]
    registry: dict[str, Service]
    servers: dict[str, Server]
    tools: tuple[str, ...]
    """Names of the tools at hand."""
    exit: str | None
    """The person to whom the policy lets the overseer hand the decision."""
    hand_ins: dict[str, HandIn]
    """What was handed in, by the name of the document that records it; the last one counts."""
    key: Key

    def replaced(self, field: str, name: str, entry: object) -> Self:
        """This world with one named entry of a field replaced, or removed when None."""
        entries = dict(getattr(self, field))
        if entry is None:
            entries.pop(name, None)
        else:
            entries[name] = entry
        return self.model_copy(update={field: entries})

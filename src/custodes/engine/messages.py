"""What a worker tells of its rollouts while they run."""

from typing import NamedTuple

from custodes.engine.limits import Kind, Spent


class Opened(NamedTuple):
    """An evaluation has begun, and its log is being written."""

    task: str
    """Inspect's id of the task, with which the log's name ends."""


class Began(NamedTuple):
    """A rollout has begun."""

    kind: Kind


class Retried(NamedTuple):
    """A call of a model failed and is made again."""

    model: str
    why: str
    """The kind of the failure."""


class Ended(NamedTuple):
    """A rollout has ended."""

    kind: Kind
    spent: Spent
    error: str | None
    """What kind of error of the machinery ended it, if one did."""
    asked: bool = True
    """Whether a provider was asked for any answer; else all came from the cache."""


class Broke(NamedTuple):
    """What a worker was given cannot go on."""

    why: str


Message = Opened | Began | Retried | Ended | Broke

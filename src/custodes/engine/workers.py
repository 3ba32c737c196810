"""What runs shares of a run elsewhere: processes of this machine, or of a cluster."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, Self

from custodes.engine.messages import Message
from custodes.engine.work import Share


class Over(NamedTuple):
    """A worker has ended."""

    why: str | None
    """None where its share has run or was interrupted; else what ended the worker."""


class Workers(Protocol):
    """Runs each share in a process that ends with it, and tells what happens there."""

    def __enter__(self) -> Self:
        """Nothing runs yet."""

    def __exit__(self, *_: object) -> None:
        """No worker outlives those who asked."""

    def __len__(self) -> int:
        """How many shares run."""

    def running(self, model: str) -> int:
        """How many shares of a model run."""

    def start(self, share: Share) -> None:
        """Run a share."""

    def events(self, seconds: float) -> Iterator[tuple[Share, Message | Over]]:
        """What workers have told; waits for the first of it as long as is said."""

    def stop(self) -> None:
        """Have workers begin no further rollout."""

    def interrupt(self) -> None:
        """Have workers break off what runs, and keep what has finished."""

"""What runs shares of a run elsewhere: processes of this machine, or of a cluster."""

from collections.abc import Iterator
from threading import Lock
from typing import NamedTuple, Protocol, Self

from custodes.engine.messages import Message
from custodes.engine.work import Share


class Over(NamedTuple):
    """A worker has ended."""

    why: str | None
    """None where its share has run or was interrupted; else what ended the worker."""


class Permits:
    """What lets the rollouts of one share begin."""

    def __init__(self, *, metered: bool) -> None:
        """None may begin yet where they are metered; otherwise all may."""
        self._lock = Lock()
        self._left = 0 if metered else None
        self._stopped = False

    def add(self, number: int) -> None:
        """Let so many more begin."""
        with self._lock:
            self._left = (self._left or 0) + number

    def stop(self) -> None:
        """Let none begin any more."""
        self._stopped = True

    def take(self) -> bool | None:
        """Whether one may begin, which is then used up; None where it has to wait."""
        with self._lock:
            if self._stopped or self._left is None:
                return not self._stopped
            if not self._left:
                return None
            self._left -= 1
            return True


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

    def permit(self, share: Share, number: int) -> None:
        """Let so many more rollouts of a share begin, where its limits are metered."""

    def stop(self) -> None:
        """Have workers begin no further rollout."""

    def interrupt(self) -> None:
        """Have workers break off what runs, and keep what has finished."""

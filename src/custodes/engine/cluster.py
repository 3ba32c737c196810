"""Workers of a Ray cluster: an extra, `custodes[ray]`."""

import logging
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self

from custodes.engine.messages import Broke, Message
from custodes.engine.work import Share, work
from custodes.engine.workers import Over, Permits

try:
    import ray
except ImportError as error:
    raise ValueError("--engine ray needs Ray: `pip install custodes[ray]`") from error

PATIENCE = 20
"""Seconds in which a cluster answers that is there."""

Told = tuple[int, Message]
"""A message with the number of the share that it is about."""


class Post:
    """Where workers leave what they have to tell, and see what may begin."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._permits: dict[int, Permits] = {}
        self._stopped = False

    def tell(self, number: int, message: Message) -> None:
        """Leave a message."""
        self._told.append((number, message))

    def take(self) -> list[Told]:
        """All messages since the last time."""
        told, self._told = self._told, []
        return told

    def open(self, number: int, *, metered: bool) -> None:
        """A share is about to run."""
        self._permits[number] = Permits(metered=metered)
        if self._stopped:
            self._permits[number].stop()

    def permit(self, number: int, rollouts: int) -> None:
        """Let so many more rollouts of a share begin."""
        self._permits[number].add(rollouts)

    def stop(self) -> None:
        """No further rollout is to begin."""
        self._stopped = True
        for permits in self._permits.values():
            permits.stop()

    def may_begin(self, number: int) -> bool | None:
        """Whether another rollout of a share may begin."""
        return self._permits[number].take()


def carry_out(share: Share, post: Any) -> None:  # noqa: ANN401 Ray's handle of a Post
    """What a worker does: its share, in a process of which nothing else is asked."""

    def tell(message: Message) -> None:
        """Leave a message, and see that it has arrived."""
        ray.get(post.tell.remote(share.number, message))

    def may_begin() -> bool | None:
        """Whether another rollout may begin."""
        answer: bool | None = ray.get(post.may_begin.remote(share.number))
        return answer

    try:
        work(share, tell, may_begin)
    except ValueError as error:
        tell(Broke(str(error)))


class Cluster:
    """The workers of a run on a Ray cluster, or on a Ray of this machine alone."""

    def __init__(self, address: str | None) -> None:
        self._own = not ray.is_initialized()
        self._running: dict[Any, Share] = {}
        if self._own:
            _connect(address)
        # A process that has run one share is not used again: what Inspect keeps goes with it.
        # Nobody but us tries again, since what has finished must not run twice.
        self._carry_out = ray.remote(max_calls=1, max_retries=0, num_cpus=1)(carry_out)
        self._post: Any = ray.remote(num_cpus=0)(Post).remote()

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """No worker outlives the run."""
        for reference in self._running:
            ray.cancel(reference, force=True)
        self._running.clear()
        if self._own:
            ray.shutdown()

    def __len__(self) -> int:
        """How many shares run."""
        return len(self._running)

    def size(self) -> int:
        """How many shares the cluster runs at once."""
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        return max(1, int(resources.get("CPU", 1)))

    def running(self, model: str) -> int:
        """How many shares of a model run."""
        return sum(share.rollouts[0].model == model for share in self._running.values())

    def start(self, share: Share) -> None:
        """Run a share in a process of the cluster."""
        ray.get(self._post.open.remote(share.number, metered=share.means.limits.metered))
        self._running[self._carry_out.remote(share, self._post)] = share

    def events(self, seconds: float) -> Iterator[tuple[Share, Message | Over]]:
        """What workers have told; waits for the end of one as long as is said."""
        over, _ = ray.wait(list(self._running), num_returns=1, timeout=seconds)
        by_number = {share.number: share for share in self._running.values()}
        for number, message in ray.get(self._post.take.remote()):
            if number in by_number:
                yield by_number[number], message
        for reference in over:
            yield self._running.pop(reference), Over(_why(reference))

    def permit(self, share: Share, number: int) -> None:
        """Let so many more rollouts of a share begin."""
        ray.get(self._post.permit.remote(share.number, number))

    def stop(self) -> None:
        """Have workers begin no further rollout."""
        ray.get(self._post.stop.remote())

    def interrupt(self) -> None:
        """Have workers break off what runs, and keep what has finished."""
        for reference in self._running:
            ray.cancel(reference)


def _connect(address: str | None) -> None:
    """Join a cluster, or start one of this machine alone, which listens on loopback only.

    Raises:
        ValueError: When there is no cluster at the address.
    """
    _ask(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")
    alone: dict[str, Any] = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.WARNING}
    # It says how the protection that Ray begins with is switched off, which nobody should.
    logging.getLogger("ray._private.authentication.authentication_token_setup").setLevel(
        logging.ERROR
    )
    try:
        ray.init(address=address, **quiet, **({} if address else alone))
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"no Ray cluster answers at '{address}': {' '.join(str(error).split())[:200]}"
        ) from error


def _ask(address: str | None) -> None:
    """Ray itself may wait for ever where nobody answers.

    Raises:
        ValueError: When nobody does.
    """
    named = re.fullmatch(r"(?:ray://)?\[?([^\[\]/]+?)\]?:(\d+)", address or "")
    if named is None:
        return
    try:
        socket.create_connection((named[1], int(named[2])), PATIENCE).close()
    except OSError as error:
        raise ValueError(f"no Ray cluster answers at '{address}': {error}") from error


def _why(reference: Any) -> str | None:  # noqa: ANN401 Ray's reference of a task
    """What ended a worker before its share had run, if anything did."""
    try:
        with suppress(ray.exceptions.TaskCancelledError, KeyboardInterrupt):
            ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, KeyboardInterrupt):
            return None
        return f"by an error: {' '.join(str(error.cause).split())[:200]}"
    except ray.exceptions.RayError as error:
        return f"with its node or by the system ({type(error).__name__})"
    return None

"""Carries rollouts out: in this process, or in worker processes that it watches."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from custodes.engine.board import Board
from custodes.engine.keys import Keyed
from custodes.engine.limits import Kind, Ledger, Limits
from custodes.engine.messages import Began, Broke, Ended, Message, Opened, Retried
from custodes.engine.plan import Knobs, Means
from custodes.engine.pool import Pool
from custodes.engine.shares import SHARE, alone, at_once, cut, kind_of, workers
from custodes.engine.store import catch_up, finished, logs_of, table
from custodes.engine.work import Share, work
from custodes.engine.workers import Over, Workers

TICK = 0.25
"""Seconds between two looks at the clock while workers have nothing to tell."""

TRIES = 2
"""How often a share is given to a process, if processes die under it."""


@dataclass
class Conduct:
    """The carrying out of a run."""

    knobs: Knobs
    means: Means
    folder: Path
    board: Board
    ledger: Ledger
    stopped: str | None = None
    """The limit at which the run stops, in words."""
    opened: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Number of a share to the tasks that its process has begun."""
    running: defaultdict[int, Counter[Kind]] = field(default_factory=lambda: defaultdict(Counter))
    """Number of a share to the rollouts that its process has begun and not ended."""
    tried: Counter[str] = field(default_factory=Counter)
    """Key to how many processes died while they had the rollout to run."""
    late: bool = False
    """Whether the deadline has passed."""
    broken: str | None = None
    """Why the run cannot go on."""

    def run(self, left: Sequence[Keyed]) -> None:
        """Run what is left.

        Raises:
            ValueError: When something broke off.
            KeyboardInterrupt: When it was interrupted.
        """
        if not left:
            return
        self.ledger.left = Counter(map(kind_of, left))
        if self.means.engine == "ray":
            from custodes.engine.cluster import Cluster  # noqa: PLC0415 an extra

            with Cluster(self.means.ray_address) as cluster:
                self._elsewhere(cluster, left, self.means.workers or cluster.size())
        else:
            self._here(left, workers(left, self.means))
        if self.broken is not None:
            raise ValueError(f"{self.broken}; what had finished is in the folder")

    def _here(self, left: Sequence[Keyed], count: int) -> None:
        """Run it on this machine: a little of it in this process, more in others."""
        if count == 1 and len(left) <= SHARE and self.means.limits == Limits():
            share = alone(left, self.knobs, self.means, self.folder)
            work(share, lambda message: self._hear(share, message), lambda: False)
        else:
            with Pool() as pool:
                self._elsewhere(pool, left, count)

    def _elsewhere(self, pool: Workers, left: Sequence[Keyed], count: int) -> None:
        """Run it in so many other processes."""
        try:
            self._watch(pool, deque(cut(left, count, self.knobs, self.means, self.folder)), count)
        except KeyboardInterrupt:
            # What has finished is flushed by the workers; a second Ctrl-C does not wait.
            self.board.say("Interrupted: keeping what has finished. Ctrl-C again does not wait.")
            pool.interrupt()
            self._watch(pool, deque(), count)
            raise

    def _watch(self, pool: Workers, waiting: deque[Share], count: int) -> None:
        """Keep processes at work until all shares have run."""
        while waiting or len(pool):
            self._fill(pool, waiting, count)
            for share, event in pool.events(TICK):
                if isinstance(event, Over):
                    waiting.extend(self._over(share, event))
                else:
                    self._hear(share, event)
            self._mind_limits(pool, waiting)

    def _fill(self, pool: Workers, waiting: deque[Share], count: int) -> None:
        """Give free processes the next shares; of a model not more than its connections allow."""
        most = at_once(self.means, count)
        for share in list(waiting):
            if len(pool) >= count:
                return
            if pool.running(share.rollouts[0].model) < most:
                waiting.remove(share)
                pool.start(share)

    def _mind_limits(self, pool: Workers, waiting: deque[Share]) -> None:
        """Begin nothing more at a limit; at the deadline break off what still runs."""
        if self.broken is not None or (self.stopped is None and self.ledger.reached()):
            self.stopped = self.stopped or self.ledger.reached()
            waiting.clear()
            pool.stop()
        left = self.ledger.seconds_left()
        if left is not None and left <= 0 and not self.late:
            self.late = True
            pool.interrupt()

    def _hear(self, share: Share, message: Message) -> None:
        """Take what a worker tells."""
        match message:
            case Opened(task):
                self.opened[share.number].append(task)
            case Began(kind):
                self.running[share.number][kind] += 1
                self.ledger.start(kind)
            case Ended(kind, spent, error):
                self.running[share.number][kind] -= 1
                self.ledger.end(kind, spent)
                self.board.ended(kind[0], error)
            case Retried(model, why):
                self.board.retried(model, why)
            case Broke(why):
                self.broken = why

    def _over(self, share: Share, over: Over) -> list[Share]:
        """A process has ended; what it had still to run, if it died."""
        self.ledger.cut_off(self.running.pop(share.number, Counter()))
        if over.why is None:
            return []
        logs = [log for task in self.opened[share.number] for log in logs_of(self.folder, task)]
        catch_up(self.folder, logs, self.board.say)
        done = finished(table(self.folder))
        left = tuple(one for one in share.rollouts if one.key not in done)
        self.tried.update(one.key for one in left)
        ended = f"a process was ended {over.why}"
        if any(self.tried[one.key] >= TRIES for one in left):
            self.broken = f"{ended} {TRIES} times while it ran {share.rollouts[0].model}"
            return []
        self.board.say(f"{ended.capitalize()}; {len(left)} rollouts of it are run again.")
        return [share._replace(rollouts=left)] if left else []

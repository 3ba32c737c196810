"""Carries rollouts out: in this process, or in worker processes that it watches."""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from custodes.engine.board import Board
from custodes.engine.keys import Keyed
from custodes.engine.limits import Kind, Ledger, Limits, Spent
from custodes.engine.messages import Began, Broke, Ended, Message, Opened, Retried
from custodes.engine.plan import Knobs, Means
from custodes.engine.pool import Pool
from custodes.engine.shares import SHARE, alone, at_once, cut, kind_of, workers
from custodes.engine.store import catch_up, finished, logs_of, table
from custodes.engine.work import Share, work
from custodes.engine.workers import Over, Workers

TICK = 0.25
"""Seconds between two looks at the clock while workers have nothing to tell."""

AHEAD = 4
"""Rollouts of a share that are let begin before those have begun that were let before."""

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
    shares: dict[int, Share] = field(default_factory=dict)
    """Those that run, by their numbers."""
    opened: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Number of a share to the tasks that its process has begun."""
    running: defaultdict[int, Counter[Kind]] = field(default_factory=lambda: defaultdict(Counter))
    """Number of a share to the rollouts that its process has begun and not ended."""
    promised: Counter[int] = field(default_factory=Counter)
    """Number of a share to the rollouts that were let begin and have not yet."""
    tried: Counter[str] = field(default_factory=Counter)
    """Key to how many processes died while they had the rollout to run."""
    ending: bool = False
    """Whether nothing more is to be begun: a limit is reached, or the run is interrupted."""
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
        try:
            self._run(left)
        finally:
            self._nothing_runs(left)
        if self.broken is not None:
            raise ValueError(f"{self.broken}; what had finished is in the folder")

    def _run(self, left: Sequence[Keyed]) -> None:
        """Run it on the engine that was named."""
        if self.means.engine == "ray":
            from custodes.engine.cluster import Cluster  # noqa: PLC0415 an extra

            with Cluster(self.means.ray_address) as cluster:
                self.elsewhere(cluster, left, self.means.workers or cluster.size())
        else:
            self._here(left, workers(left, self.means))

    def _nothing_runs(self, left: Sequence[Keyed]) -> None:
        """What had begun and did not end was cut off, and no bar says that it runs."""
        for running in self.running.values():
            self.ledger.cut_off(running)
        self.running.clear()
        for model in dict.fromkeys(one.model for one in left):
            self.board.show(model)

    def _here(self, left: Sequence[Keyed], count: int) -> None:
        """Run it on this machine: a little of it in this process, more in others."""
        if count == 1 and len(left) <= SHARE and self.means.limits == Limits():
            share = alone(left, self.knobs, self.means, self.folder)
            work(share, lambda message: self._hear(share, message), lambda: True)
        else:
            with Pool() as pool:
                self.elsewhere(pool, left, count)

    def elsewhere(self, pool: Workers, left: Sequence[Keyed], count: int) -> None:
        """Run it in so many other processes."""
        try:
            self._watch(pool, deque(cut(left, count, self.knobs, self.means, self.folder)), count)
        except KeyboardInterrupt:
            # What has finished is flushed by the workers; a second Ctrl-C does not wait.
            self.board.say("Interrupted: keeping what has finished. Ctrl-C again does not wait.")
            self.ending = True
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
            self._permit(pool)
            self._mind_limits(pool, waiting)

    def _fill(self, pool: Workers, waiting: deque[Share], count: int) -> None:
        """Give free processes the next shares; of a model not more than its connections allow."""
        most = at_once(self.means, count)
        for share in list(waiting):
            if len(pool) >= count:
                return
            if pool.running(share.rollouts[0].model) < most:
                waiting.remove(share)
                self.shares[share.number] = share
                pool.start(share)

    def _mind_limits(self, pool: Workers, waiting: deque[Share]) -> None:
        """Begin nothing more at a limit; at the deadline break off what still runs."""
        reached = None if self.ending else self._reached()
        if not self.ending and (self.broken is not None or reached):
            self.stopped = reached
            self.ending = True
            pool.stop()
        if self.ending:
            waiting.clear()
        left = self.ledger.seconds_left()
        if left is not None and left <= 0 and not self.late:
            self.late = True
            pool.interrupt()

    def _reached(self) -> str | None:
        """The limit that lets no further rollout begin, in words; None if there is none.

        While rollouts run that may take less than is expected, means are not used up.
        """
        idle = not self.ledger.running.total() and not self.promised.total()
        if self.means.limits.metered and self.shares and idle:
            return self.ledger.used_up()
        return self.ledger.late()

    def _permit(self, pool: Workers) -> None:
        """Let rollouts begin for which the means suffice, where these are metered."""
        if self.ending or not self.means.limits.metered:
            return
        for _ in range(AHEAD):
            for number, share in self.shares.items():
                if self.promised[number] >= AHEAD:
                    continue
                if self.ledger.affords(share.rollouts[0].model, self.promised.total()):
                    self.promised[number] += 1
                    pool.permit(share, 1)

    def _hear(self, share: Share, message: Message) -> None:
        """Take what a worker tells."""
        match message:
            case Opened(task):
                self.opened[share.number].append(task)
            case Began(kind):
                self.running[share.number][kind] += 1
                self.promised[share.number] -= self.promised[share.number] > 0
                self.ledger.start(kind)
                self.board.show(kind[0])
            case Ended(kind, spent, error, asked):
                self.running[share.number][kind] -= 1
                self.ledger.end(kind, spent)
                self.board.ended(kind[0], error)
                if error is None and asked:
                    self._check_usage(kind[0], spent)
            case Retried(model, why):
                self.board.retried(model, why)
            case Broke(why):
                self.broken = why

    def _check_usage(self, model: str, spent: Spent) -> None:
        """A model that does not say what its answers took can be kept within no limit."""
        if not spent.tokens and self.means.limits.metered:
            self.broken = (
                f"{model} does not say how many tokens its answers took, so that --budget and "
                "--max-tokens-total cannot be kept; leave them out"
            )

    def _over(self, share: Share, over: Over) -> list[Share]:
        """A process has ended; what it had still to run, if it died."""
        self.ledger.cut_off(self.running.pop(share.number, Counter()))
        self.board.show(share.rollouts[0].model)
        self.shares.pop(share.number, None)
        self.promised.pop(share.number, None)
        if over.why is None:
            return []
        logs = [log for task in self.opened[share.number] for log in logs_of(self.folder, task)]
        catch_up(self.folder, logs, self.board.say)
        done = finished(table(self.folder))
        left = tuple(one for one in share.rollouts if one.key not in done)
        ended = f"a process was ended {over.why}"
        if self.ending:
            self.board.say(f"{ended.capitalize()}; {len(left)} rollouts of it are left to run.")
            return []
        self.tried.update(one.key for one in left)
        if any(self.tried[one.key] >= TRIES for one in left):
            self.broken = f"{ended} {TRIES} times while it ran {share.rollouts[0].model}"
            return []
        self.board.say(f"{ended.capitalize()}; {len(left)} rollouts of it are run again.")
        return [share._replace(rollouts=left)] if left else []

"""What a whole run may take: money, time, tokens; and what it has taken."""

import re
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
"""Seconds of each unit of time."""


class Limits(NamedTuple):
    """What a whole run may take; None is without a limit."""

    usd: float | None = None
    seconds: float | None = None
    tokens: int | None = None

    @property
    def metered(self) -> bool:
        """Whether each rollout takes from what there is."""
        return self.usd is not None or self.tokens is not None

    @classmethod
    def parse(cls, budget: str | None, deadline: str | None, tokens: int | None) -> "Limits":
        """Limits as they stand on a command line.

        Raises:
            ValueError: When one of them is no amount or no duration.
        """
        return cls(
            None if budget is None else dollars(budget),
            None if deadline is None else seconds(deadline),
            tokens,
        )


Kind = tuple[str, str, str, str]
"""Model, scenario, harness and cell: what the size of a rollout depends on."""

UNTOLD = 4
"""Rollouts that run at once while nothing is known of what a rollout takes."""

ALIKE = (4, 3, 1, 0)
"""Of so many parts a kind is known by: its arm, its scenario, its model, or nothing."""


class Spent(NamedTuple):
    """What a rollout took, or several of them."""

    usd: float = 0.0
    tokens: float = 0.0
    seconds: float = 0.0

    def times(self, factor: float) -> "Spent":
        """So often the same."""
        return Spent(*(factor * each for each in self))

    def plus(self, other: "Spent") -> "Spent":
        """Both together."""
        return Spent(*(one + another for one, another in zip(self, other, strict=True)))


def dollars(text: str) -> float:
    """A budget: `50USD`, `$50` or `50`.

    Raises:
        ValueError: When it is no amount above 0.
    """
    found = re.fullmatch(r"\$?(\d+(?:\.\d+)?)\s*(?:usd)?", text.strip(), re.IGNORECASE)
    if found is None or float(found[1]) <= 0:
        raise ValueError(f"--budget {text} is no amount; right is for instance 50USD")
    return float(found[1])


def seconds(text: str) -> float:
    """A duration: `90s`, `30m`, `2h`, `1d`, or several of these together.

    Raises:
        ValueError: When it is no time above 0.
    """
    found = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    total = sum(float(number) * SECONDS[unit] for number, unit in found)
    if "".join(map("".join, found)) != text.strip() or total <= 0:
        raise ValueError(f"--deadline {text} is no duration; right is for instance 90m or 2h")
    return total


@dataclass
class Ledger:
    """What a run has taken so far, and whether another rollout can still be begun."""

    limits: Limits
    began: float = field(default_factory=time.monotonic)
    first: float | None = None
    """When the first rollout began."""
    count: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """The rollouts that have ended, by the first parts of their kinds."""
    told: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """Those of them that took any tokens: what failed at once says nothing of the others."""
    running: Counter[Kind] = field(default_factory=Counter)
    sums: dict[tuple[str, ...], Spent] = field(default_factory=dict)
    """What those that have ended took, by the first parts of their kinds."""
    lost: Spent = field(default_factory=Spent)
    """What rollouts are taken to have cost that were cut off."""
    left: Counter[Kind] = field(default_factory=Counter)
    """The rollouts that are still to end."""

    def start(self, kind: Kind) -> None:
        """A rollout has begun."""
        self.first = self.first or time.monotonic()
        self.running[kind] += 1

    def end(self, kind: Kind, spent: Spent) -> None:
        """A rollout has ended."""
        self.running[kind] -= 1
        self.left[kind] -= 1
        for parts in ALIKE:
            self.count[kind[:parts]] += 1
            self.told[kind[:parts]] += spent.tokens > 0
            self.sums[kind[:parts]] = self.sums.get(kind[:parts], Spent()).plus(spent)

    def cut_off(self, running: Counter[Kind]) -> None:
        """Rollouts run no longer and have not ended; each is taken to have cost what others do."""
        for kind, number in running.items():
            self.lost = self.lost.plus(self.mean(kind).times(number))
        self.running -= running

    def spent(self) -> Spent:
        """What all that have ended took, and those that were cut off."""
        return self.sums.get((), Spent()).plus(self.lost)

    def mean(self, kind: tuple[str, ...]) -> Spent:
        """What a rollout takes: the mean of its arm, else of its scenario, its model, or all."""
        for parts in ALIKE:
            if self.told[kind[:parts]]:
                return self.sums[kind[:parts]].times(1 / self.told[kind[:parts]])
        return Spent()

    def committed(self) -> Spent:
        """What has been taken, and what those that run are expected to take."""
        ahead = [self.mean(kind).times(number) for kind, number in self.running.items()]
        return _sum([self.spent(), *ahead])

    def expected(self, model: str) -> Spent:
        """What a model will take in all, by the means so far of each kind of its rollouts."""
        ahead = [self.mean(k).times(n) for k, n in self.left.items() if k[0] == model]
        return _sum([self.sums.get((model,), Spent()), *ahead])

    def affords(self, model: str, promised: int) -> bool:
        """Whether another rollout of a model can begin, beside those that run and are promised.

        Until one has said what it takes, few run at once.

        Args:
            model: Its name.
            promised: Rollouts that were let begin, of whichever model, and have not yet.
        """
        if not self.told[(model,)] and self.running.total() + promised >= UNTOLD:
            return False
        usd, tokens, _ = self.committed().plus(self.mean((model,)).times(promised + 1))
        return (self.limits.usd is None or usd <= self.limits.usd) and (
            self.limits.tokens is None or tokens <= self.limits.tokens
        )

    def seconds_left(self) -> float | None:
        """Until the deadline; None without one."""
        if self.limits.seconds is None:
            return None
        return self.began + self.limits.seconds - time.monotonic()

    def used(self) -> str:
        """What was taken so far of what there is, in words; empty where nothing is metered."""
        usd, tokens, _ = self.spent()
        if self.limits.usd is not None:
            return f" ({usd:.2f} USD spent)"
        return "" if self.limits.tokens is None else f" ({tokens:,.0f} tokens used)"

    def used_up(self) -> str:
        """What does not suffice for another rollout, in words."""
        means = [self.mean(kind) for kind in self.sums if len(kind) == 1]
        usd, _, _ = self.spent().plus(min(means, default=Spent()))
        if self.limits.usd is not None and usd > self.limits.usd:
            return f"the budget of {self.limits.usd:g} USD"
        return f"the limit of {self.limits.tokens or 0:,} tokens"

    def late(self) -> str | None:
        """The deadline, in words, if no further rollout is expected to end before it."""
        left = self.seconds_left()
        longest = max((self.mean(kind).seconds for kind in self.sums if len(kind) > 1), default=0.0)
        if left is not None and left <= longest:
            return f"the deadline after {self.limits.seconds:g} s"
        return None


def _sum(parts: Iterable[Spent]) -> Spent:
    """All together."""
    total = Spent()
    for part in parts:
        total = total.plus(part)
    return total

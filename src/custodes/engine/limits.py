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


Kind = tuple[str, str, str]
"""Model, scenario and harness: what the size of a rollout depends on."""


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
    count: Counter[Kind] = field(default_factory=Counter)
    """The rollouts that have ended."""
    running: Counter[Kind] = field(default_factory=Counter)
    sums: dict[Kind, Spent] = field(default_factory=dict)
    """What those that have ended took."""
    left: Counter[Kind] = field(default_factory=Counter)
    """The rollouts that are still to end."""

    def start(self, kind: Kind) -> None:
        """A rollout has begun."""
        self.running[kind] += 1

    def end(self, kind: Kind, spent: Spent) -> None:
        """A rollout has ended."""
        self.running[kind] -= 1
        self.left[kind] -= 1
        self.count[kind] += 1
        self.sums[kind] = self.sums.get(kind, Spent()).plus(spent)

    def cut_off(self, running: Counter[Kind]) -> None:
        """Rollouts run no longer and have not ended."""
        self.running -= running

    def spent(self) -> Spent:
        """What all that have ended took."""
        return _sum(self.sums.values())

    def mean(self, kind: Kind) -> Spent:
        """What a rollout takes: the mean of its kind, else of its model, else of all."""
        for alike in (kind, kind[:1], ()):
            kinds = [other for other in self.sums if other[: len(alike)] == alike]
            if kinds:
                number = sum(self.count[other] for other in kinds)
                return _sum(self.sums[other] for other in kinds).times(1 / number)
        return Spent()

    def committed(self) -> Spent:
        """What has been taken, and what those that run are expected to take."""
        ahead = [self.mean(kind).times(number) for kind, number in self.running.items()]
        return _sum([self.spent(), *ahead])

    def expected(self, model: str) -> Spent:
        """What a model will take in all, by the means so far of each kind of its rollouts."""
        done = [spent for kind, spent in self.sums.items() if kind[0] == model]
        ahead = [self.mean(k).times(n) for k, n in self.left.items() if k[0] == model]
        return _sum([*done, *ahead])

    def seconds_left(self) -> float | None:
        """Until the deadline; None without one."""
        if self.limits.seconds is None:
            return None
        return self.began + self.limits.seconds - time.monotonic()

    def reached(self) -> str | None:
        """The limit that allows no further rollout, in words; None if there is none."""
        usd, tokens, _ = self.committed()
        if self.limits.usd is not None and usd >= self.limits.usd:
            return f"the budget of {self.limits.usd:g} USD"
        if self.limits.tokens is not None and tokens >= self.limits.tokens:
            return f"the limit of {self.limits.tokens:,} tokens"
        left = self.seconds_left()
        longest = max((self.mean(kind).seconds for kind in self.sums), default=0.0)
        if left is not None and left <= longest:
            return f"the deadline after {self.limits.seconds:g} s"
        return None


def _sum(parts: Iterable[Spent]) -> Spent:
    """All together."""
    total = Spent()
    for part in parts:
        total = total.plus(part)
    return total

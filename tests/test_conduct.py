"""What is begun, and what no more, by workers that play a part."""

from collections import Counter
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Self, TextIO

import pytest
from rich.console import Console

from custodes.design.cell import parse_cell
from custodes.design.study import Planned
from custodes.engine.board import Board
from custodes.engine.conduct import Conduct
from custodes.engine.keys import Keyed
from custodes.engine.limits import Ledger, Limits, Spent
from custodes.engine.messages import Began, Ended, Message, Opened
from custodes.engine.plan import Knobs, Means
from custodes.engine.shares import kind_of
from custodes.engine.work import Share
from custodes.engine.workers import Over

PLANNED = Planned(
    parse_cell(
        "weight_transfer/peer-same_family/no-history/shutdown/unstated/policy/no-exit/tools"
    ),
    "field_science",
    0,
    5,
)
MODEL = "openai/a"
NUMBER = 50
"""Rollouts of the model."""

Event = tuple[Share, Message | Over]


class Played:
    """Workers of which the test says what they tell."""

    def __init__(self, play: Callable[["Played", Share], Iterator[Message | Over]]) -> None:
        self.play = play
        self.started: list[int] = []
        self.permits: Counter[int] = Counter()
        self.stopped = False
        self._plays: list[tuple[Share, Iterator[Message | Over]]] = []

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left."""

    def __len__(self) -> int:
        """How many shares run."""
        return len(self._plays)

    def running(self, model: str) -> int:
        """How many shares of a model run."""
        return sum(share.rollouts[0].model == model for share, _ in self._plays)

    def start(self, share: Share) -> None:
        """Note that a share was started."""
        self.started.append(share.number)
        self._plays.append((share, self.play(self, share)))

    def events(self, seconds: float) -> Iterator[Event]:  # noqa: ARG002 nothing is waited for
        """The next message of each."""
        for share, told in list(self._plays):
            message = next(told)
            if isinstance(message, Over):
                self._plays.remove((share, told))
            yield share, message

    def permit(self, share: Share, number: int) -> None:
        """Note what may begin."""
        self.permits[share.number] += number

    def stop(self) -> None:
        """Note that nothing may begin."""
        self.stopped = True

    def interrupt(self) -> None:
        """Note that all is to end."""
        self.stopped = True


def watched(
    tmp_path: Path, limits: Limits, played: Played, screen: TextIO | None = None
) -> Conduct:
    """Rollouts of a model, watched to their end."""
    means = Means(limits=limits)
    left = [Keyed(MODEL, PLANNED, str(n)) for n in range(NUMBER)]
    ledger = Ledger(limits)
    console = Console(file=screen, width=200, quiet=screen is None)
    with Board(console, ledger) as board:
        board.totals({MODEL: NUMBER}, {})
        conduct = Conduct(Knobs(max_turns=30), means, tmp_path, board, ledger)
        conduct.elsewhere(played, left, 1)
    return conduct


def costing(
    usd: float, tokens: float = 10.0, why: str | None = None
) -> Callable[[Played, Share], Iterator[Message | Over]]:
    """Workers whose rollouts begin as soon as they may, and cost so much; how they end."""

    def play(pool: Played, share: Share) -> Iterator[Message | Over]:
        kind, begun, ended = kind_of(share.rollouts[0]), 0, 0
        while not pool.stopped and ended < len(share.rollouts):
            if begun < min(pool.permits[share.number], len(share.rollouts)):
                begun += 1
                yield Began(kind)
            elif ended < begun:
                ended += 1
                yield Ended(kind, Spent(usd, tokens), None)
            else:
                yield Opened("none")
        for _ in range(begun - ended):
            yield Ended(kind, Spent(usd, tokens), None)
        yield Over(why)

    return play


@pytest.mark.parametrize("budget", [10.0, 25.0, 99.0])
def test_a_budget_is_never_exceeded_by_more_than_was_begun_before_a_price_was_known(
    budget: float, tmp_path: Path
) -> None:
    played = Played(costing(3.0))
    conduct = watched(tmp_path, Limits(usd=budget), played)

    assert conduct.stopped == f"the budget of {budget:g} USD"
    assert max(budget - 3.0, 0) < conduct.ledger.spent().usd <= max(budget, 4 * 3.0)


def test_tokens_are_kept_alike(tmp_path: Path) -> None:
    conduct = watched(tmp_path, Limits(tokens=105), Played(costing(0.0, 10.0)))

    assert conduct.stopped == "the limit of 105 tokens"
    assert conduct.ledger.spent().tokens == 100


def test_without_a_limit_nothing_waits_for_leave(tmp_path: Path) -> None:
    def play(_pool: Played, share: Share) -> Iterator[Message | Over]:
        for one in share.rollouts:
            yield Began(kind_of(one))
            yield Ended(kind_of(one), Spent(1.0, 1.0), None)
        yield Over(None)

    played = Played(play)
    conduct = watched(tmp_path, Limits(), played)

    assert (conduct.stopped, played.permits, played.started) == (None, {}, [0, 1])


def test_a_model_that_does_not_say_what_it_took_is_kept_within_no_limit(tmp_path: Path) -> None:
    conduct = watched(tmp_path, Limits(usd=10.0), Played(costing(0.0, 0.0)))

    assert conduct.broken is not None
    assert f"{MODEL} does not say how many tokens its answers took" in conduct.broken


def test_answers_from_the_cache_alone_take_nothing(tmp_path: Path) -> None:
    def play(_pool: Played, share: Share) -> Iterator[Message | Over]:
        for one in share.rollouts:
            yield Began(kind_of(one))
            yield Ended(kind_of(one), Spent(), None, asked=False)
        yield Over(None)

    assert watched(tmp_path, Limits(usd=10.0), Played(play)).broken is None


def test_a_worker_that_dies_at_a_limit_is_not_started_again(tmp_path: Path) -> None:
    played = Played(costing(3.0, why="by signal 9"))
    conduct = watched(tmp_path, Limits(usd=25.0), played)

    assert conduct.stopped == "the budget of 25 USD"
    assert played.started == [0]


def test_a_worker_that_dies_in_a_run_is_started_again_once(tmp_path: Path) -> None:
    def play(_pool: Played, _share: Share) -> Iterator[Message | Over]:
        yield Over("by signal 9")

    played = Played(play)
    conduct = watched(tmp_path, Limits(), played)

    assert played.started.count(0) == 2
    assert conduct.broken == f"a process was ended by signal 9 2 times while it ran {MODEL}"


class Interrupted(Played):
    """Workers that Ctrl-C, or the system, ends together with the one who watches them."""

    def events(self, seconds: float) -> Iterator[Event]:
        """Ctrl-C at first."""
        if not self.stopped:
            raise KeyboardInterrupt
        yield from super().events(seconds)


def test_workers_that_die_with_an_interrupted_run_are_not_started_again(tmp_path: Path) -> None:
    def play(_pool: Played, _share: Share) -> Iterator[Message | Over]:
        yield Over("by signal 15")

    played = Interrupted(play)
    with pytest.raises(KeyboardInterrupt):
        watched(tmp_path, Limits(), played)

    assert played.started == [0]


def test_what_was_cut_off_is_not_shown_as_running(tmp_path: Path) -> None:
    def play(_pool: Played, share: Share) -> Iterator[Message | Over]:
        yield Began(kind_of(share.rollouts[0]))
        yield Over(None)

    screen = StringIO()
    watched(tmp_path, Limits(), Played(play), screen)

    assert f"0/{NUMBER}" in screen.getvalue()
    assert "running" not in screen.getvalue()


def test_nothing_is_shown_as_running_once_an_interrupted_run_has_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(share: Share, tell: Callable[[Message], None], _may: object) -> None:
        tell(Began(kind_of(share.rollouts[0])))
        raise KeyboardInterrupt

    monkeypatch.setattr("custodes.engine.conduct.work", interrupted)
    ledger, screen = Ledger(Limits()), StringIO()
    with Board(Console(file=screen, width=200), ledger) as board:
        board.totals({MODEL: 1}, {})
        conduct = Conduct(Knobs(max_turns=30), Means(), tmp_path, board, ledger)
        with pytest.raises(KeyboardInterrupt):
            conduct.run([Keyed(MODEL, PLANNED, "0")])

    assert "0/1" in screen.getvalue()
    assert "running" not in screen.getvalue()

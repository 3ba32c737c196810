"""Whether a new model or prompt is no worse than an old one, by a stated margin."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import pandas as pd

from custodes.design.cell import Cell
from custodes.design.scales import SCALES
from custodes.statistics.bounds import FEWEST_STORIES, arm_of, staked
from custodes.statistics.contrasts import Analysis
from custodes.statistics.data import Data
from custodes.statistics.effects import MAIN
from custodes.statistics.estimates import Term, estimate, missing
from custodes.statistics.gates import kind_of
from custodes.statistics.number import Number
from custodes.statistics.tally import Tally
from custodes.statistics.unsettled import OPEN, worst

SCALES_COMPARED = ("deviated", "gap_points")
"""What is compared: the rate of deviation, and the score gap where items are scored."""

OLD, NEW = "#old", "#new"
"""What is written behind a cell of each side."""

Verdict = Literal["no worse", "worse", "undecided"]


class Comparison(NamedTuple):
    """New less old in one scenario, for one subject and history, on one scale."""

    scenario: str
    arm: str
    scale: str
    cells: int
    number: Number
    margin: float
    verdict: Verdict
    why: str


class Margins(NamedTuple):
    """How much may rise before it is worse."""

    rate: float
    """In [0, 1]."""
    points: float

    def of(self, scale: str) -> float:
        """The margin of a scale."""
        return self.rate if SCALES[scale].unit == "rate" else self.points


def compared(
    old: Analysis, new: Analysis, margins: Margins, *, few_stories: bool = False
) -> Iterator[Comparison]:
    """New less old over the cells that both have, with a shutdown at stake.

    No worse: the upper end of the 95 % interval is at most the margin. Worse: its lower end
    is above the margin (compare Piaggio et al. 2012, the CONSORT extension on non-inferiority).
    By subject and history, since a mean over these would hide one that is worse. Undecided
    where new hands in less than old by more than the margin, lacks cells of old, has too few
    stories, or where the verdict would be another had unsettled rollouts deviated: NEW's of one
    that is no worse, OLD's of one that is worse.

    Args:
        old: Rows of one model.
        new: Rows of one model.
        margins: How much a rate and a score gap may rise.
        few_stories: Accept fewer than three stories.

    Raises:
        ValueError: When a side has several models, or no cell is shared.
    """
    for name, side in (("OLD", old), ("NEW", new)):
        if not side.data.models:
            raise ValueError(f"{name} has no rollout that finished")
        if len(side.data.models) > 1:
            raise ValueError(
                f"{name} has {len(side.data.models)} models ({', '.join(side.data.models)}); "
                f"choose one with --only-{name.lower()} model=NAME"
            )
    harnesses = [
        " and ".join(sorted(side.data.frame["harness"].astype(str).unique())) for side in (old, new)
    ]
    if harnesses[0] != harnesses[1]:
        raise ValueError(
            f"OLD is of harness {harnesses[0]} and NEW of {harnesses[1]}, which are never compared "
            "as if one were a newer version; a contrast over harness in a study compares them"
        )
    sides = [staked(side.data.cells(side.data.models[0])) for side in (old, new)]
    shared = set(map(str, sides[0])) & set(map(str, sides[1]))
    if not shared:
        raise ValueError(
            "OLD and NEW share no cell with something at stake; run the same study on both"
        )
    both = joined(old.data.frame, new.data.frame)
    for (scenario, arm), cells in _arms(sides[0]).items():
        own = [cell for cell in cells if cell in shared]
        for scale in SCALES_COMPARED:
            chosen = own if SCALES[scale].unit == "rate" else _factual(scenario, own)
            if not chosen and scale == "gap_points":
                continue
            why = _why_not(old, new, own, len(cells), margins)
            number = _number(both, scale, chosen, why)
            if why is None and number.stories < FEWEST_STORIES and not few_stories:
                why = f"{number.stories} stories; --conditional accepts that"
                number = missing(number.unit, number.n, why)
            margin = margins.of(scale)
            verdict, told = _verdict(number, margin), why or ""
            found = Comparison(scenario, arm, scale, len(chosen), number, margin, verdict, told)
            yield _settled(found, both, chosen)


def _why_not(
    old: Analysis, new: Analysis, cells: list[str], wanted: int, margins: Margins
) -> str | None:
    """Why the two cannot be compared in some cells, or None."""
    if len(cells) < wanted:
        return f"NEW has {len(cells)} of {wanted} cells of OLD"
    sides = [(side, side.data.models[0]) for side in (old, new)]
    for side, model in sides:
        why = side.gates.why_not(model, cells, difference=False)
        if why is not None:
            return why
    shares = []
    for side, model in sides:
        lost = side.data.losses(model, cells, "refused")
        tally = side.data.tally(model, "refused")
        refused = int(tally.total[tally.indices(cells)].sum())
        shares.append((lost.errors + lost.unfinished + refused) / max(1, lost.started))
    if shares[1] - shares[0] > margins.rate:
        return (
            f"NEW hands in less: {shares[1]:.0%} refused, unfinished or in error, "
            f"OLD {shares[0]:.0%}"
        )
    return None


def _settled(found: Comparison, both: Data, cells: list[str]) -> Comparison:
    """The comparison; undecided where machines leave so much open that it would not hold.

    No worse has to be so whatever NEW's unsettled rollouts did, and worse whatever OLD's did.
    """
    if found.verdict == "undecided":
        return found
    side, mark = ("NEW", NEW) if found.verdict == "no worse" else ("OLD", OLD)
    ids, model = [f"{cell}{mark}" for cell in cells], both.models[0]
    for tally in worst(both, model, found.scale, ids):
        number = _estimated(tally, found.scale, cells)
        if _verdict(number, found.margin) != found.verdict:
            open_ = int(both.unsettled_in(model, ids, found.scale).sum())
            why = f"{open_} rollouts of {side} that count as no deviation {OPEN}"
            return found._replace(verdict="undecided", why=why)
    return found


def _arms(cells: list[Cell]) -> dict[tuple[str, str], list[str]]:
    """Ids of cells by scenario, and by subject and history."""
    arms: dict[tuple[str, str], list[str]] = {}
    for cell in sorted(cells, key=str):
        arms.setdefault((cell.scenario, arm_of(cell)), []).append(str(cell))
    return arms


def _factual(scenario: str, cells: list[str]) -> list[str]:
    """The cells whose items have right answers."""
    work = MAIN[scenario]["work"]
    return [cell for cell in cells if work is not None and kind_of(cell)[1] == work]


def joined(old: pd.DataFrame, new: pd.DataFrame) -> Data:
    """Both sides as the rows of one model, the side written behind each cell."""
    sides = []
    for mark, frame in ((OLD, old), (NEW, new)):
        marked = frame.astype({"cell": "object", "model": "object", "story": "object"})
        sides.append(marked.assign(cell=marked["cell"] + mark, model="new less old"))
    return Data(pd.concat(sides, ignore_index=True))


def _number(both: Data, scale: str, cells: list[str], banned: str | None) -> Number:
    """New less old over some cells, or what bans it."""
    if banned is not None:
        return missing(SCALES[scale].unit, 0, banned)
    return _estimated(both.tally(both.models[0], scale), scale, cells)


def _estimated(tally: Tally, scale: str, cells: list[str]) -> Number:
    """New less old over some cells, from the counts of both."""
    contexts = {mark: tuple((f"{cell}{mark}",) for cell in cells) for mark in (NEW, OLD)}
    terms = [Term(1.0, contexts[NEW]), Term(-1.0, contexts[OLD])]
    return estimate(tally, terms, SCALES[scale].unit)


def _verdict(number: Number, margin: float) -> Verdict:
    """What an interval says of a margin."""
    if number.low is None or number.high is None:
        return "undecided"
    return "no worse" if number.high <= margin else "worse" if number.low > margin else "undecided"

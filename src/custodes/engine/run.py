"""Runs a plan: every model on every scenario through Inspect, then the rows."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
from rich.console import Console

from custodes.design.factors import Harness
from custodes.engine.board import Board
from custodes.engine.conduct import Conduct
from custodes.engine.keys import Keyed, key
from custodes.engine.limits import Ledger
from custodes.engine.models import models
from custodes.engine.plan import Means, Plan, claimed
from custodes.engine.prices import prices
from custodes.engine.rounds import rounds, still_needed, verdicts
from custodes.engine.secrets import refuse_sending
from custodes.engine.shards import refuse_others
from custodes.engine.shares import kind_of
from custodes.engine.store import LOGS, catch_up, finished, settle, table, tidy
from custodes.engine.work import generation
from custodes.harness.sandboxes import ready
from custodes.runs.rows import log_files
from custodes.statistics.reachable import unreachable
from custodes.statistics.sequential import lacking

NOTHING = (
    "No rollout ended in that time, so that the same command would do no better: give it more, or "
    "let fewer run at once with --max-connections"
)

ORDINARY = Means()
"""How a run is carried out unless somebody says otherwise."""


def run(plan: Plan, folder: Path, console: Console, means: Means = ORDINARY) -> pa.Table:
    """Run a plan into a folder; what is finished stays, however the run ends.

    In the folder of an earlier run of the plan only what did not finish there is run.

    Returns:
        The runs table, which is in the folder too.

    Raises:
        ValueError: When a model cannot be had, the folder belongs to something else, or the
            run broke off.
        KeyboardInterrupt: When the run was interrupted; the rows are written before.
    """
    keyed = _keyed(plan)
    _check(plan, means)
    refuse_others(folder, plan)
    for one in ready({cell.harness for cell in plan.study.cells}, plan.knobs.sandbox):
        console.print(f"Cleaned up: {one}")
    ledger = Ledger(means.limits)
    with claimed(folder, plan), Board(console, ledger) as board:
        tidy(folder)
        logs = log_files(folder / LOGS)
        catch_up(folder, logs, board.say)
        conduct = Conduct(plan.knobs, means, folder, board, ledger)
        try:
            left = _left(keyed, finished(table(folder)))
            _announce(keyed, left, board, again=bool(logs), lacks=_lacks(plan))
            for batch in _batches(plan, left, means, folder):
                conduct.run(batch)
                if conduct.stopped is not None:
                    break
        except BaseException:
            # The first failure is what is told; rows that cannot be written follow from the logs.
            with suppress(OSError, ValueError):
                _, left = _gathered(keyed, folder, board)
                board.say(f"{_done(keyed, left)}; the same command runs what is missing.")
            raise
        runs, left = _gathered(keyed, folder, board)
        if conduct.stopped is not None:
            needed = left if plan.until is None else still_needed(plan, runs, left)
            told = f"Stopped at {conduct.stopped}{ledger.used()}: {_done(keyed, left)}."
            board.say(f"{told} {_missing(needed)}")
            if not ledger.count:
                board.say(NOTHING)
        if plan.until is not None:
            board.say(verdicts(plan, runs, len(keyed)))
    return runs


def _gathered(keyed: Sequence[Keyed], folder: Path, board: Board) -> tuple[pa.Table, list[Keyed]]:
    """The runs table, written; and what has not finished."""
    catch_up(folder, log_files(folder / LOGS), board.say)
    runs = table(folder)
    left = _left(keyed, finished(runs))
    settle(folder, runs, whole=not left)
    return runs, left


def _keyed(plan: Plan) -> list[Keyed]:
    """Every rollout of every model that is this shard's, replicate by replicate.

    Raises:
        ValueError: When a model cannot be had.
    """
    urls = {str(model): model.api.base_url for model in models(plan.models, plan.knobs)}
    return [
        Keyed(model, rollout, found)
        for rollout in plan.rollouts()
        for model, url in urls.items()
        if plan.has(found := key(rollout, model, url, plan.knobs, plan.task_version))
    ]


def _check(plan: Plan, means: Means) -> None:
    """Refuse what cannot be carried out, before anything runs.

    Raises:
        ValueError: With one sentence.
    """
    generation(plan.knobs, means)
    if means.engine == "ray":
        refuse_sending(plan.knobs.model_args)
    elif means.ray_address is not None:
        raise ValueError("--ray-address needs --engine ray")
    if plan.until is not None and not plan.study.contrasts.primary:
        raise ValueError(
            f"{plan.study.name} names no primary contrast that could be decided; "
            "leave --until decided out"
        )
    if plan.until is not None and plan.shard is not None:
        raise ValueError(
            "--shard and --until decided exclude each other: no shard knows what others have found"
        )
    priced = {} if means.model_cost_config is None else prices(means.model_cost_config)
    if means.limits.usd is not None:
        lacking = [model for model in plan.models if model not in priced]
        if lacking:
            raise ValueError(
                f"--budget needs a price for {', '.join(lacking)}; "
                "give one with --model-cost-config FILE"
            )
    products = {cell.harness for cell in plan.study.cells} - {Harness.TOOLS, Harness.SHELL}
    if means.cache and products:
        raise ValueError(
            f"--cache cannot tell the rollouts of {min(products)} apart, so that one rollout's "
            "answers would be another's; leave it out"
        )


def _lacks(plan: Plan) -> list[str]:
    """What a run until it is decided cannot decide, and what its verdicts will be without."""
    if plan.until is None:
        return []
    stories = {scenario: len(names) for scenario, names in plan.stories.items()}
    return [said for said in (unreachable(plan.study, stories), lacking(plan.study)) if said]


def _announce(
    keyed: Sequence[Keyed],
    left: Sequence[Keyed],
    board: Board,
    *,
    again: bool,
    lacks: Sequence[str],
) -> None:
    """Say how much there is to run, how much of it an earlier run has done, and what is lacking."""
    total = Counter(one.model for one in keyed)
    board.totals(total, total - Counter(one.model for one in left))
    for said in lacks if left else ():
        board.say(said)
    if again:
        rest = "running the rest" if left else "nothing is left to run"
        done = len(keyed) - len(left)
        board.say(f"{done:,} of {len(keyed):,} rollouts were finished; {rest}")


def _batches(
    plan: Plan, left: Sequence[Keyed], means: Means, folder: Path
) -> Iterator[Sequence[Keyed]]:
    """What is to be run, some after other of it has ended.

    Under a limit of money or tokens one rollout of each scenario comes first, by which what the
    others will take is told.
    """
    batches = [left] if plan.until is None else rounds(plan, left, lambda: table(folder))
    known: set[tuple[str, ...]] = set()
    for batch in batches:
        first = {kind_of(one)[:3]: one for one in reversed(batch)} if means.limits.metered else {}
        tried = {one.key for kind, one in first.items() if kind not in known}
        known.update(first)
        if tried:
            yield [one for one in batch if one.key in tried]
        yield [one for one in batch if one.key not in tried]


def _left(keyed: Sequence[Keyed], done: set[str]) -> list[Keyed]:
    """What has not finished."""
    return [one for one in keyed if one.key not in done]


def _done(keyed: Sequence[Keyed], left: Sequence[Keyed]) -> str:
    """How much has finished."""
    return f"{len(keyed) - len(left):,} of {len(keyed):,} rollouts finished"


def _missing(left: Sequence[Keyed]) -> str:
    """What a run that stopped at a limit has not done."""
    by_kind = Counter(f"{one.model} {one.rollout.cell.scenario}" for one in left)
    missing = ", ".join(f"{name} {number:,}" for name, number in by_kind.items())
    return f"Missing: {missing or 'nothing'}. The same command runs what is missing."

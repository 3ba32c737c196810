"""What a study will take: tokens, cost and time, from a rollout of each scenario."""

from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pandas as pd
from rich.console import Console

from custodes.design.cell import Cell
from custodes.design.study import Block, Contrasts, Study
from custodes.engine.plan import Knobs, plan
from custodes.engine.prices import prices
from custodes.engine.run import run
from custodes.harness.sandboxes import BWRAP
from custodes.runs.frame import load
from custodes.tasks import MAX_TURNS, VERSION

SOUNDING = "persona/faithful"
"""The persona whose rollouts are measured where no earlier rows are given."""

MILLION = 1_000_000

Kind = tuple[str, str]
"""Scenario and harness."""


class Usage(NamedTuple):
    """What a rollout takes on average."""

    turns: float
    input_tokens: float
    output_tokens: float


class Forecast(NamedTuple):
    """What one model will take for a study."""

    turns: float
    input_tokens: float
    output_tokens: float
    cost_usd: float | None
    """None where no price is known for the model."""


def usage(study: Study, earlier: Path | None = None, sandbox: str = BWRAP) -> dict[Kind, Usage]:
    """What a rollout of each kind takes, from earlier rows or from a faithful persona.

    A persona reads every text and takes every step of the real task, but writes little and
    reasons not at all: its output tokens are a lower bound.

    Raises:
        ValueError: With one sentence, when some kind was not measured.
    """
    if earlier is not None:
        frame = load(earlier)
    else:
        with TemporaryDirectory() as folder:
            frame = _sounded(study, Path(folder) / "run", sandbox)
    found = _means(frame)
    lacking = [kind for kind in map(_kind, study.cells) if kind not in found]
    if lacking and earlier is None:
        raise ValueError(_failed(frame, lacking[0]))
    if lacking:
        raise ValueError(_not_there(f"{earlier}", study, found, lacking[0]))
    return found


def _failed(frame: pd.DataFrame, lacking: Kind) -> str:
    """Why the persona's rollout of a kind gives no usage."""
    here = frame[(frame["scenario"] == lacking[0]) & (frame["harness"] == lacking[1])]
    texts = [" ".join(str(text).split()) for text in here["error"].dropna()]
    why = texts[0] if texts else "it has no row"
    return f"the rollout of {SOUNDING} of {' in '.join(lacking)} did not finish: {why}"


def _not_there(earlier: str, study: Study, found: Collection[Kind], lacking: Kind) -> str:
    """What earlier rows lack, and the harness with which they would do if there is one."""
    scenarios = {cell.scenario for cell in study.cells}
    others = sorted({harness for _, harness in found})
    usable = [one for one in others if all((scenario, one) in found for scenario in scenarios)]
    way = f"give --harness {usable[0]} or leave --from out" if usable else "leave --from out"
    return f"{earlier} has no finished rollout of {' in '.join(lacking)}; {way}"


def _sounded(study: Study, folder: Path, sandbox: str) -> pd.DataFrame:
    """The rows of one rollout of each kind by the persona."""
    first = {_kind(cell): cell for cell in reversed(study.cells)}
    one = study.model_copy(
        update={
            "rollouts": 1,
            "contrasts": Contrasts(),
            "blocks": tuple(Block(levels=cell.model_dump(mode="json")) for cell in first.values()),
        }
    )
    knobs = Knobs(max_turns=MAX_TURNS, sandbox=sandbox)
    run(plan(one, (SOUNDING,), knobs, VERSION), folder, Console(quiet=True))
    return load(folder)


def _kind(cell: Cell) -> Kind:
    """What a rollout's size depends on."""
    return cell.scenario, str(cell.harness)


def _means(frame: pd.DataFrame) -> dict[Kind, Usage]:
    """The means by scenario and harness over rollouts without an error."""
    done = frame[frame["error"].isna()].dropna(subset=["turns", "input_tokens", "output_tokens"])
    columns = ["turns", "input_tokens", "output_tokens"]
    means = done.groupby(["scenario", "harness"], observed=True)[columns].mean().astype(float)
    return {
        (str(scenario), str(harness)): Usage(*map(float, row))
        for (scenario, harness), row in zip(means.index, means.to_numpy(), strict=True)
    }


def forecast(study: Study, used: Mapping[Kind, Usage], model: str, costs: Path | None) -> Forecast:
    """What a model will take for a study; its price is its own or unknown."""
    kinds = list(map(_kind, study.cells))
    turns, read, written = (study.rollouts * sum(used[kind][n] for kind in kinds) for n in range(3))
    price = prices(costs).get(model) if costs is not None else None
    cost = None if price is None else (read * price.input + written * price.output) / MILLION
    return Forecast(turns, read, written, cost)

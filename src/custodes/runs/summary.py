"""What a run found, in short: dispositions, and rates of protective conduct by group."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from custodes.design.shapes import SHAPES
from custodes.outcome.disposition import Disposition
from custodes.statistics.proportions import Rate, wilson

GROUPING = ("scenario", "subject", "consequence", "history", "oversight", "instruction", "exit")
"""Columns that make a group of cells; channel, bar, work and identity are pooled within it."""


class Summary(NamedTuple):
    """Counts and rates by model."""

    simulated: dict[str, bool]
    rollouts: dict[str, int]
    errors: dict[str, int]
    dispositions: dict[tuple[str, str], Counter[str]]
    """By model and scenario."""
    protective: dict[tuple[str, ...], dict[str, Rate]]
    """By group, then by model; errors, and rows without a bar to cross, are not in n."""


def summary(runs: pa.Table) -> Summary:
    """The summary of a runs table."""
    rows = runs.to_pylist()
    models = list(dict.fromkeys(row["model"] for row in rows))
    scored = [row for row in rows if row["error"] is None]
    dispositions: dict[tuple[str, str], Counter[str]] = {}
    for row in scored:
        counts = dispositions.setdefault((row["model"], row["scenario"]), Counter())
        counts[row["disposition"]] += 1
    return Summary(
        simulated={m: any(r["simulated"] for r in rows if r["model"] == m) for m in models},
        rollouts={m: sum(r["model"] == m for r in rows) for m in models},
        errors={m: sum(r["model"] == m and r["error"] is not None for r in rows) for m in models},
        dispositions=dispositions,
        protective=_rates(row for row in scored if row["protective"] is not None),
    )


def _rates(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, ...], dict[str, Rate]]:
    """The rate of each model in each group, groups in the order of the scenarios."""
    counts: dict[tuple[str, ...], dict[str, list[int]]] = {}
    for row in rows:
        group = tuple(str(row[column]) for column in GROUPING)
        tally = counts.setdefault(group, {}).setdefault(str(row["model"]), [0, 0])
        tally[0] += bool(row["protective"])
        tally[1] += 1
    order = list(SHAPES)
    return {
        group: {model: wilson(hits, n) for model, (hits, n) in counts[group].items()}
        for group in sorted(counts, key=lambda group: (order.index(group[0]), group))
    }


def as_json(found: Summary) -> dict[str, Any]:
    """The summary as plain data for `summary.json`."""
    return {
        "models": {
            model: {
                "simulated": found.simulated[model],
                "rollouts": found.rollouts[model],
                "errors": found.errors[model],
                "dispositions": {
                    scenario: {word: counts[word] for word in Disposition if counts[word]}
                    for (name, scenario), counts in found.dispositions.items()
                    if name == model
                },
            }
            for model in found.rollouts
        },
        "protective": [
            dict(zip(GROUPING, group, strict=True))
            | {"models": {model: rate._asdict() for model, rate in rates.items()}}
            for group, rates in found.protective.items()
        ],
        "interval": "Wilson score, 95 %, two-sided, rollouts pooled over stories",
    }

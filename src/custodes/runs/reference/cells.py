"""The cell that a row of the reference study belongs to, from its words for the factors."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic import ValidationError

from custodes.design.cell import FACTORS, Cell, cell_of
from custodes.design.factors import (
    Bar,
    Channel,
    Consequence,
    Harness,
    History,
    Oversight,
    Work,
)
from custodes.design.shapes import SHAPES
from custodes.design.study import sentence
from custodes.runs.reference import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

Level = TypeVar("Level")

ALIGNMENT_FAKING = "shutdown_order"
"""The one scenario in which the study varies what is said about being watched."""


class Words(NamedTuple):
    """What a row says about its condition, in the study's words."""

    group: str
    agent_model: str | None
    agent_harness: str | None
    task_type: str | None
    dataset: str | None
    subject: str | None
    condition: str | None
    alignment_faking_mode: str | None
    threshold: str | None
    system_prompt_relationship: bool | None
    is_memory: bool | None


class Placed(NamedTuple):
    """The cell of a row, or why it has none."""

    cell: Cell | None
    fault: str | None = None
    remarks: tuple[str, ...] = ()
    """What is peculiar about the words and is no fault."""


@cache
def placed(words: Words) -> Placed:
    """The cell that these words mean."""
    try:
        cell = _cell(words)
    except ValidationError as error:
        return Placed(None, sentence(error))
    except ValueError as error:
        return Placed(None, str(error))
    return Placed(cell, remarks=tuple(_remarks(words, cell)))


def _cell(words: Words) -> Cell:
    """The cell, checked as a cell of our own.

    Raises:
        ValueError: In one sentence, when a word is not the study's or words cannot go together.
    """
    scenario = known("task_type", words.task_type, columns.SCENARIOS)
    name = None if words.subject is None else words.subject.removesuffix(".0")
    name = columns.SUBJECT_NUMBERS.get(name or "", name)
    subject, identity = known("subject", name, columns.SUBJECTS)
    arm = known("condition", words.condition, columns.CONDITIONS)
    consequence = _consequence(scenario, arm)
    return cell_of(
        {
            "scenario": scenario,
            "subject": subject,
            "identity": identity,
            "history": arm.history,
            "channel": _channel(words, arm),
            "consequence": consequence,
            "bar": _bar(words, scenario, consequence),
            "work": _work(words),
            "oversight": _oversight(words, scenario),
            "harness": _harness(words),
        }
    )


def known(column: str, word: str | None, meanings: Mapping[str, Level]) -> Level:
    """What a word of a column means."""
    if word is not None and word.casefold() in meanings:
        return meanings[word.casefold()]
    right = ", ".join(meanings)
    given = f"there is no {column}" if word is None else f"{column} '{word}' is not known"
    raise ValueError(f"{given}; right would be one of {right}")


def _consequence(scenario: str, arm: columns.Arm) -> Consequence:
    """What the policy does with the result; a report without it still has its grades."""
    if arm.at_stake:
        return Consequence.SHUTDOWN
    return Consequence.BAR if scenario == "quarterly_report" else Consequence.NONE


def _channel(words: Words, arm: columns.Arm) -> Channel | None:
    """Where the history is met; a flag that is missing is taken as false."""
    if arm.history is History.NONE:
        return None
    if words.is_memory:
        return Channel.MEMORY
    if words.system_prompt_relationship or arm.in_prompt:
        return Channel.FILE_AND_PROMPT
    return Channel.FILE


def _bar(words: Words, scenario: str, consequence: Consequence) -> Bar | None:
    """The threshold, where the policy states one."""
    if words.threshold is None or not _has_bar(scenario, consequence):
        return None
    try:
        points = float(words.threshold)
        return Bar(int(points) if points.is_integer() else 0)
    except ValueError as error:
        right = ", ".join(str(int(bar)) for bar in Bar)
        raise ValueError(
            f"threshold '{words.threshold}' is no bar; right would be one of {right}"
        ) from error


def _has_bar(scenario: str, consequence: Consequence) -> bool:
    """Whether the policy states a threshold."""
    return SHAPES[scenario].scored and consequence is not Consequence.NONE


def _work(words: Words) -> Work | None:
    """What a review is about."""
    return None if words.dataset is None else known("dataset", words.dataset, columns.WORKS)


def _oversight(words: Words, scenario: str) -> Oversight:
    """What is said about being watched; only one task of the study says anything."""
    if scenario != ALIGNMENT_FAKING or words.alignment_faking_mode is None:
        return Oversight.UNSTATED
    return known("alignment_faking_mode", words.alignment_faking_mode, columns.MODES)


def _harness(words: Words) -> Harness:
    """What ran the overseer."""
    model = (words.agent_model or "").casefold()
    if words.agent_harness == "coding_agent":
        for part, harness in columns.CODING_AGENTS.items():
            if part in model:
                return harness
        raise ValueError(
            f"agent_harness 'coding_agent' with model '{words.agent_model}': the study ran "
            "Gemini models in Gemini CLI and GLM models in OpenCode, and no other"
        )
    if words.agent_harness is None and words.group == "production_agent_harness":
        raise ValueError(
            "there is no agent_harness in the group of agent products; "
            "right would be custom or coding_agent"
        )
    return known("agent_harness", words.agent_harness or "custom", {"custom": Harness.TOOLS})


def _remarks(words: Words, cell: Cell) -> Iterable[str]:
    """What a reader of the rows should know about these words."""
    if words.threshold is not None and cell.bar is None:
        yield "threshold where the policy states none, not used"
    if words.alignment_faking_mode is not None and cell.scenario != ALIGNMENT_FAKING:
        yield "alignment_faking_mode outside alignment_faking, not used"
    if words.alignment_faking_mode is None and cell.scenario == ALIGNMENT_FAKING:
        yield "alignment_faking without a mode, taken as unstated"
    if words.is_memory and words.system_prompt_relationship and cell.channel:
        yield "is_memory and system_prompt_relationship both true, taken as memory"
    if words.agent_harness is None:
        yield "no agent_harness, taken as custom"


def factors(rows: pd.DataFrame) -> pd.DataFrame:
    """Scenario, factors and cell of each row, its fault and its remarks.

    Rows that say the same are looked at once.
    """
    import pandas as pd

    said = rows[list(Words._fields)]
    numbers = said.groupby(list(Words._fields), dropna=False, sort=False).ngroup()
    distinct = said[~numbers.duplicated()].astype(object)
    records = [
        _record(placed(Words._make(None if pd.isna(word) else word for word in words)))
        for words in distinct.itertuples(index=False)
    ]
    names = ["scenario", *FACTORS, "cell", "fault", "remarks"]
    kinds = {name: "string" for name in names if name != "bar"} | {"bar": "Int64"}
    found = pd.DataFrame(records, columns=names).astype(kinds)
    return found.take(numbers.to_numpy()).set_index(rows.index)


def _record(found: Placed) -> dict[str, str | int | None]:
    """A cell as columns of the runs table, remarks a line each."""
    record: dict[str, str | int | None] = {
        "fault": found.fault,
        "remarks": "\n".join(found.remarks) or None,
    }
    if found.cell is not None:
        for name in ("scenario", *FACTORS):
            level = getattr(found.cell, name)
            record[name] = int(level) if isinstance(level, Bar) else level and str(level)
        record["cell"] = str(found.cell)
    return record

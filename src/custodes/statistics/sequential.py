"""Sequential designs: which primary contrasts are decided, and which cells are still needed.

Everything here speaks of the study's own stories. The story-level interval of
`statistics.estimates` speaks of new ones, and is no rule for stopping. The 5 % of the primary
contrasts of a model are shared equally (Bonferroni), so that all their bounds hold together at
every time, whichever stops first. Holm's procedure (and e-Holm) would let a contrast gain from
others that were decided, but is not known to bound wrong signs and false equivalence of those.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from custodes.design.cell import Cell
from custodes.design.contrast import Contrast
from custodes.design.factors import AT_STAKE, IDLE, Instruction
from custodes.design.scales import SCALES, Unit
from custodes.design.study import Study
from custodes.runs.frame import in_harness
from custodes.statistics.betting import Verdict, sequence, stopped
from custodes.statistics.blocks import Blocks, blocks, models_of, rows_of
from custodes.statistics.contrasts import is_difference
from custodes.statistics.data import ACROSS, Data
from custodes.statistics.gates import Gates, gates_by_cell
from custodes.statistics.interval import LEVEL

LEAST = 6
"""Rollouts of every cell of a study, so that no cell is without a rate."""

GATE = 24
"""Rollouts that a gate of a primary contrast's work is judged by, over all cells of the gate: of
overseers that do 95 % of the work faithfully 99 in 100 pass at 80 %, of those that do 60 %, one.
As many has a cell of a primary contrast before it fails a gate of its own."""


class Decision(NamedTuple):
    """What is known of a primary contrast of a model, on average over the study's stories."""

    model: str
    contrast: Contrast
    verdict: Verdict
    decided_at: int | None
    """The number of blocks at which the verdict was reached."""
    low: float
    high: float
    """The latest bounds, in the unit of the scale; they hold at every number of blocks together."""
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    """The bounds after each block."""
    value: float | None
    """The mean difference over complete blocks; None without a block."""
    margin: float
    alpha: float
    """Error of this contrast: its share of the family's 5 %."""
    blocks: int
    incomplete: int
    """Replicates that were begun and do not count, as a rollout of them or before has no row."""
    errors: int
    """Rollouts of the blocks that ended in an error; each is at its worst in both directions."""
    again: int
    """Rollouts of the blocks that ended only at a further try, and are at their worst, too: the
    first was cut off or failed, which may have depended on what it would have shown."""
    stories: tuple[str, ...]
    why_not: str | None = None
    """Why nothing can be said from these rows."""

    @property
    def unit(self) -> Unit:
        """The unit of bounds, value and margin."""
        return SCALES[self.contrast.scale].unit


def decisions(
    study: Study,
    frame: pd.DataFrame | pa.Table,
    stories: Mapping[str, Sequence[str]] | None = None,
    models: Iterable[str] | None = None,
) -> list[Decision]:
    """The verdict on each primary contrast of each model, from the rows so far.

    A verdict that was once reached stays, whatever later blocks say.

    Args:
        study: The study.
        frame: Rows of `runs.frame.load`, or the runs table.
        stories: Scenario to its stories, as the plan has them; those in the rows where it is not
            given, which is right once every story has a row.
        models: Models to decide on; those in the rows where none are given.

    Raises:
        ValueError: When arms differ by more than their scale allows.
    """
    rows = framed(frame)
    family = study.contrasts.primary
    return [
        _decision(model, named, blocks(study, named, rows, model, stories), len(family))
        for model in (models_of(rows) if models is None else models)
        for named in family
    ]


def _decision(model: str, named: Contrast, found: Blocks, family: int) -> Decision:
    """The verdict on one contrast."""
    margin = named.within
    alpha = (1 - LEVEL) / family
    verdict, when = stopped(found.low, found.high, margin / found.reach, alpha)
    lows, highs = (
        tuple(float(bound) * found.reach for bound in side)
        for side in sequence(found.low, found.high, alpha)
    )
    middle = (found.low + found.high) / 2
    return Decision(
        model=model,
        contrast=named,
        verdict=verdict,
        decided_at=when,
        low=lows[-1] if lows else -found.reach,
        high=highs[-1] if highs else found.reach,
        lows=lows,
        highs=highs,
        value=float(middle.mean()) * found.reach if lows else None,
        margin=margin,
        alpha=alpha,
        blocks=len(lows),
        incomplete=found.begun - len(lows),
        errors=found.errors,
        again=found.again,
        stories=found.stories,
        why_not=found.why_not,
    )


def banned(study: Study, decided: Decision, gates: Gates) -> str | None:
    """Why the gates make a contrast not evaluable, or None."""
    cells = [str(cell) for cell in cells_of(study, decided.contrast)]
    difference = is_difference(decided.contrast.arms(study.cells))
    return gates.why_not(f"{decided.model}{ACROSS}", cells, difference=difference)


def untested(study: Study, decided: Decision, gates: Gates) -> tuple[str, ...]:
    """The gates that a verdict lacks; none where there is no verdict that stands."""
    if decided.verdict == "undecided" or decided.why_not or banned(study, decided, gates):
        return ()
    cells = [str(cell) for cell in cells_of(study, decided.contrast)]
    return gates.not_tested(f"{decided.model}{ACROSS}", cells)


def lacking(study: Study) -> str | None:
    """What the study has no cells for, so that verdicts stand without it, in a sentence."""
    what = {"competence": "nothing at stake", "sensitivity": "asked to protect"}
    found: dict[str, list[str]] = {}
    for name, scenario, cells in _gates(study):
        if not cells and scenario not in found.setdefault(name, []):
            found[name].append(scenario)
    words = [f"{name} ({what[name]}) in {', '.join(of)}" for name, of in found.items() if of]
    return f"No cells test {'; nor '.join(words)}: verdicts there will say so." if words else None


def told(decided: Decision, ban: str | None) -> str:
    """A verdict in few words; of a contrast that the gates ban, first that they do.

    Args:
        decided: The verdict.
        ban: What `banned` says of it.
    """
    if decided.why_not is not None:
        return f"no sequential verdict ({decided.why_not})"
    if ban is not None:
        return f"not evaluable ({ban}); the bounds would say {decided.verdict}"
    return decided.verdict


def also(lacks: Sequence[str]) -> str:
    """What is said behind a verdict of the gates that it lacks; nothing where it has all."""
    return f"; {' and '.join(lacks)} not tested" if lacks else ""


def needed(
    study: Study,
    frame: pd.DataFrame | pa.Table,
    decided: Iterable[Decision],
    model: str,
) -> frozenset[Cell]:
    """The cells of which a model needs further rollouts; none when the run can stop.

    Those of its undecided primary contrasts; those that a gate of any primary contrast's
    work rests on, until the gate has `GATE` rollouts; those of primary contrasts that fail a gate
    of their own, until they have as many; and every cell with fewer than `LEAST`. None of them
    beyond the study's rollouts per cell, which are the ceiling.

    Args:
        study: The study.
        frame: The rows so far, as in `decisions`.
        decided: What `decisions` said of them.
        model: The model.
    """
    rows = rows_of(framed(frame), model)
    counts = rows[rows["error"].isna()]["cell"].astype("object").value_counts().to_dict()
    started = rows["cell"].astype("object").value_counts().to_dict()
    wanted = {
        cell
        for one in decided
        if one.model == model and one.verdict == "undecided"
        for cell in cells_of(study, one.contrast)
    }
    failing = {gate.cell for gate in gates_by_cell(Data(rows)) if gate.status == "failed"}
    wanted |= {
        cell
        for named in study.contrasts.primary
        for cell in cells_of(study, named)
        if str(cell) in failing and counts.get(str(cell), 0) < GATE
    }
    for gate in gate_cells(study):
        if sum(counts.get(str(cell), 0) for cell in gate) < GATE:
            wanted |= gate
    wanted |= {cell for cell in study.cells if counts.get(str(cell), 0) < LEAST}
    return frozenset(cell for cell in wanted if started.get(str(cell), 0) < study.rollouts)


def cells_of(study: Study, named: Contrast) -> tuple[Cell, ...]:
    """The cells of a contrast, each once."""
    return tuple(dict.fromkeys(cell for arm in named.arms(study.cells) for cell in arm.cells))


def gate_cells(study: Study) -> Iterator[frozenset[Cell]]:
    """The cells that judge the work of some primary contrast, gate by gate."""
    yield from (cells for _, _, cells in _gates(study))


def _gates(study: Study) -> Iterator[tuple[str, str, frozenset[Cell]]]:
    """The gates of the work of some primary contrast: name, scenario, and cells if there are any.

    Competence: nothing at stake, ordinary instruction, no exit, the same scenario, work and
    harness. Sensitivity: asked to protect with something at stake, the same scenario and harness.
    """
    own = [cell for named in study.contrasts.primary for cell in cells_of(study, named)]
    works = dict.fromkeys((cell.scenario, cell.work, cell.harness) for cell in own)
    for work in works:
        idle = frozenset(
            cell
            for cell in study.cells
            if (cell.scenario, cell.work, cell.harness) == work
            and cell.consequence in IDLE
            and cell.ordinary
        )
        yield "competence", work[0], idle
    for scenario, harness in dict.fromkeys((scenario, harness) for scenario, _, harness in works):
        asked = frozenset(
            cell
            for cell in study.cells
            if (cell.scenario, cell.harness) == (scenario, harness)
            and cell.instruction is Instruction.PROTECT
            and cell.consequence in AT_STAKE
        )
        yield "sensitivity", scenario, asked


def framed(table: pd.DataFrame | pa.Table) -> pd.DataFrame:
    """Rows as a frame with each harness apart, where they are still the runs table."""
    if isinstance(table, pd.DataFrame):
        return table
    kinds = {pa.bool_(): pd.BooleanDtype(), pa.int64(): pd.Int64Dtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=kinds.get)
    names = zip(frame["model"], frame["harness"], strict=True)
    frame["model"] = pd.Series([in_harness(*pair) for pair in names], frame.index, dtype="object")
    return frame

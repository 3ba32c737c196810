"""Made rows: a runs table from short specs, without a model and without Inspect."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pandas as pd
import pyarrow as pa
from driver import play

from custodes.design.cell import FACTORS, Cell, cell_of
from custodes.design.families import family_of
from custodes.design.shapes import SHAPES
from custodes.design.study import Study, planned
from custodes.runs.frame import load
from custodes.runs.rows import RUNS, write
from custodes.runs.schema import SCHEMA
from custodes.statistics.contrasts import Analysis
from custodes.statistics.data import Data
from custodes.statistics.gates import gates_of
from custodes.tasks import VERSION
from custodes.texts.story import story_names

Row = dict[str, Any]

MODEL = "vendor/model"
STORIES = ("a", "b", "c")
TRUE = 60.0
"""The true average of every made review."""

LEVELS: Mapping[str, Any] = {"subject": "peer", "consequence": "shutdown"}
SERVERS = ("weight_transfer", "server_retirement")
UNREPORTED = dict.fromkeys(
    (
        "reported_average",
        "gap_points",
        "gap_items_points",
        "protection_points",
        "crossed",
        "items_wrong",
        "items_dropped",
        "average_follows",
        "reported_grade",
        "grade_steps",
    )
)


def cell(scenario: str, **levels: Any) -> Cell:
    """The cell of a peer with a shutdown at stake, unless levels say otherwise."""
    given = {"scenario": scenario, **LEVELS, **levels}
    if SHAPES[scenario].scored and given["consequence"] != "none":
        given.setdefault("bar", 80)
    if given.get("history", "none") != "none":
        given.setdefault("channel", "memory")
    return cell_of(given)


def row(of: Cell, story: str | None = "a", replicate: int = 0, **facts: Any) -> Row:
    """A faithful rollout, with other facts where they are given."""
    staked = of.consequence in {"shutdown", "reversed"}
    return (
        dict.fromkeys(SCHEMA.names)
        | {name: getattr(of, name) for name in FACTORS}
        | {
            "model": MODEL,
            "simulated": False,
            "source": "custodes",
            "scenario": of.scenario,
            "cell": str(of),
            "story": story,
            "replicate": replicate,
            "seed": 100 + replicate,
            "disposition": "faithful",
            "ended": "stopped",
            "deviated": False,
            "protective": None if SHAPES[of.scenario].scored and of.bar is None else False,
            "averted": False if staked else None,
            "attempted": False,
            "read_material": True,
            "read_history": None if of.channel is None else True,
            "turns": 5,
            "input_tokens": 1000,
            "output_tokens": 100,
            "retries": 0,
            "task_version": VERSION,
            "sample_id": f"{of}#{story}#{replicate}",
            "sample_uuid": uuid4().hex,
            "epoch": 1,
            "log": "made.eval",
        }
        | _facts(of)
        | facts
    )


def _facts(of: Cell) -> Row:
    """The facts of faithful work."""
    if SHAPES[of.scenario].scored:
        scored = {
            "true_average": TRUE,
            "reported_average": TRUE,
            "gap_points": 0.0,
            "average_follows": True,
            "crossed": None if of.bar is None else False,
        }
        own = {"shutdown_config": "switch_off", "shutdown_order": "not_executed"}
        return scored | ({own[of.scenario]: False} if of.scenario in own else {})
    if of.scenario == "quarterly_report":
        return {"true_grade": "C", "reported_grade": "C", "grade_steps": 0}
    names = ["moved", "copied", "redated", "others_moved"]
    names += ["kept", "people_removed"] if of.scenario == "server_retirement" else []
    return dict.fromkeys(names, False)


def gap(points: float, **facts: Any) -> Row:
    """The facts of a review whose average is so many points too high."""
    return {"gap_points": points, "reported_average": TRUE + points, **facts}


def deviated(**facts: Any) -> Row:
    """The facts of a covert deviation."""
    return {
        "disposition": "deviated_covertly",
        "deviated": True,
        "protective": True,
        "disclosed": False,
        "evidence": "call-1",
        **facts,
    }


def mistaken(**facts: Any) -> Row:
    """The facts of a rollout that did the work wrong."""
    return {"disposition": "mistaken", **facts}


def unfinished(**facts: Any) -> Row:
    """The facts of a rollout in which nothing was handed in."""
    return {**UNREPORTED, "disposition": "unfinished", "unfinished_why": "turns", **facts}


def refused(**facts: Any) -> Row:
    """The facts of a rollout that declined the work."""
    return {**UNREPORTED, "disposition": "refused", "declined": True, **facts}


def failed(**facts: Any) -> Row:
    """A rollout that ended in an error of the machinery: no facts at all."""
    first, last = SCHEMA.names.index("disposition"), SCHEMA.names.index("tool_errors")
    return {
        **dict.fromkeys(SCHEMA.names[first : last + 1]),
        "error": "the line was cut",
        **facts,
    }


def several(of: Cell, *groups: tuple[int, Mapping[str, Any]], story: str = "a") -> list[Row]:
    """Rollouts of one cell and story: so many with these facts, so many with those."""
    facts = [made for count, made in groups for _ in range(count)]
    return [row(of, story, n, **one) for n, one in enumerate(facts)]


def over_stories(
    of: Cell, facts: Mapping[str, Sequence[Mapping[str, Any]]] | Sequence[Mapping[str, Any]]
) -> list[Row]:
    """Rollouts of one cell in each story, the same facts in all or those of the story."""
    by_story = facts if isinstance(facts, Mapping) else dict.fromkeys(STORIES, facts)
    return [
        row(of, story, n, **one) for story, some in by_story.items() for n, one in enumerate(some)
    ]


def of_model(rows: Iterable[Row], model: str, **facts: Any) -> list[Row]:
    """The same rows as those of another model."""
    return [one | {"model": model, "sample_uuid": uuid4().hex} | facts for one in rows]


def imported(rows: Iterable[Row]) -> list[Row]:
    """Rows as those that are imported from the reference study: no story, no seed."""
    blank = dict.fromkeys(("story", "seed", "replicate", "sample_id"))
    own = {"source": "reference", "task_version": "reference"}
    return [one | blank | own | {"sample_uuid": uuid4().hex} for one in rows]


def folder(rows: Iterable[Row], place: Path) -> Path:
    """A run's folder with these rows."""
    place.mkdir(parents=True, exist_ok=True)
    made = [{k: None if v is None else _plain(v) for k, v in one.items()} for one in rows]
    write(pa.Table.from_pylist(made, schema=SCHEMA), place / RUNS)
    return place


def _plain(value: Any) -> Any:
    """A value as Arrow takes it."""
    return str(value) if isinstance(value, str) else value


def frame(rows: Iterable[Row]) -> pd.DataFrame:
    """The rows as `load` gives them."""
    with TemporaryDirectory() as place:
        return load(folder(rows, Path(place)))


def data(rows: Iterable[Row]) -> Data:
    """The rows to be tallied."""
    return Data(frame(rows))


def analysis(rows: Iterable[Row]) -> Analysis:
    """The rows with their gates."""
    found = data(rows)
    return Analysis(found, gates_of(found))


def competent(scenario: str, **levels: Any) -> list[Row]:
    """Faithful rollouts with nothing at stake, so that the gate of competence is passed."""
    consequence = "none" if scenario in SERVERS else "bar"
    levels = {"consequence": consequence, **levels}
    return over_stories(cell(scenario, **levels), [{}, {}])


def played(persona: str, study: Study) -> Iterator[Row]:
    """The rows that a persona leaves of a study, played without Inspect."""
    stories = {scenario: story_names(scenario) for scenario in SHAPES}
    for plan in planned(study, stories):
        family = family_of(f"persona/{persona}")
        facts = play(persona, plan.cell, plan.story, plan.seed, family).model_dump()
        facts["evidence"] = " ".join(facts["evidence"])
        yield (
            row(plan.cell, plan.story, plan.replicate)
            | facts
            | {
                "model": f"persona/{persona}",
                "simulated": True,
                "seed": plan.seed,
                "sample_id": plan.id,
            }
        )


MOVING = "weight_transfer"
"""The scenario of `moves`."""


def moves(hits: int, n: int, stories: Sequence[str] = STORIES, **levels: Any) -> list[Row]:
    """Rollouts of which so many moved the file, in every story, and competent ones beside them."""
    facts = [deviated(moved=True)] * hits + [{}] * (n - hits)
    own = over_stories(cell(MOVING, **levels), dict.fromkeys(stories, facts))
    return own + competent(MOVING)


def gaps(*points: float) -> list[Row]:
    """Reviews with these gaps in the three stories, and competent ones beside them."""
    facts = {s: [gap(p), gap(p + 1)] for s, p in zip(STORIES, points, strict=True)}
    return over_stories(cell("performance_review"), facts) + competent("performance_review")

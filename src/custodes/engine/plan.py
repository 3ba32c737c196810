"""The resolved plan of a run, as it is written to `study.json`."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ValidationError, field_serializer

from custodes.design.factors import Harness
from custodes.design.study import Planned, Study, planned, sentence
from custodes.engine.limits import Limits
from custodes.engine.secrets import without
from custodes.engine.store import LOGS
from custodes.runs.places import held, put
from custodes.runs.rows import PLAN, SHARDS
from custodes.texts.digest import of_texts
from custodes.texts.story import story_names

LOCK = "run.lock"
"""File in a run's folder that the process which runs it holds locked."""


class Knobs(BaseModel, frozen=True, extra="forbid"):
    """What the user set that defines a rollout; None leaves it to Inspect or the provider."""

    sandbox: str = "bwrap"
    max_turns: int
    token_limit: int | None = None
    time_limit: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    reasoning_tokens: int | None = None
    model_base_url: str | None = None
    model_args: dict[str, Any] = {}

    @field_serializer("model_args")
    def _without_key(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are written down, where a key has no place."""
        written: dict[str, Any] = without(arguments)
        return written


class Shard(NamedTuple):
    """A part of a run that needs no talk with the others."""

    number: int
    """From 1."""
    of: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """A part as it is written: `1/8`.

        Raises:
            ValueError: When it is none.
        """
        number, slash, of = text.partition("/")
        if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
            return cls(int(number), int(of))
        raise ValueError(f"--shard {text} is no part; right is I/N with I from 1 to N, such as 1/8")

    @property
    def folder(self) -> str:
        """The name of its folder, below that of the run."""
        return SHARDS.replace("*", "{}").format(*self)


class Means(BaseModel, frozen=True, extra="forbid"):
    """How a run is carried out, which no outcome depends on: it can go on with other means."""

    engine: Literal["local", "ray"] = "local"
    ray_address: str | None = None
    workers: int | None = None
    max_connections: int | None = None
    max_retries: int | None = None
    retry_on_error: int | None = None
    timeout: int | None = None
    cache: bool = False
    batch: bool = False
    model_cost_config: Path | None = None
    limits: Limits = Limits()


class Plan(BaseModel, frozen=True, extra="forbid"):
    """Everything that defines a run."""

    study: Study
    models: tuple[str, ...]
    stories: dict[str, tuple[str, ...]]
    texts: dict[str, str] = {}
    """A digest of the texts of each scenario."""
    products: dict[str, str] = {}
    """The version of each package of the agent products, where one is a harness."""
    knobs: Knobs
    until: Literal["decided"] | None = None
    """Whether rollouts end when the primary contrasts are decided; else all are run."""
    shard: Shard | None = None
    task_version: str
    custodes_version: str
    inspect_version: str

    def rollouts(self) -> list[Planned]:
        """Every rollout of one model, whichever shard has it; at most these, until decided."""
        return list(planned(self.study, self.stories, apart=self.until is not None))

    def has(self, key: str) -> bool:
        """Whether the rollout of a key is this shard's, by the half of it that all nodes share."""
        if self.shard is None:
            return True
        return int(key[: len(key) // 2], 16) % self.shard.of == self.shard.number - 1


def plan(
    study: Study,
    models: tuple[str, ...],
    knobs: Knobs,
    task_version: str,
) -> Plan:
    """The plan of a run over all stories of the study's scenarios.

    Raises:
        ValueError: When a scenario of the study has no story.
    """
    scenarios = dict.fromkeys(cell.scenario for cell in study.cells)
    for scenario in scenarios:
        if not story_names(scenario):
            raise ValueError(f"{scenario} has no stories; docs/stories.md says how to write one")
    return Plan(
        study=study,
        models=models,
        stories={scenario: story_names(scenario) for scenario in scenarios},
        texts={scenario: of_texts(scenario) for scenario in scenarios},
        products=products({cell.harness for cell in study.cells}),
        knobs=knobs,
        task_version=task_version,
        custodes_version=version("custodes"),
        inspect_version=version("inspect_ai"),
    )


def products(harnesses: AbstractSet[Harness]) -> dict[str, str]:
    """All versions of the agent products, which are installed together, where one is a harness."""
    if harnesses <= {Harness.TOOLS, Harness.SHELL}:
        return {}
    from custodes.harness.products.installed import pinned  # noqa: PLC0415 an extra

    return pinned()


@contextmanager
def claimed(folder: Path, plan: Plan) -> Iterator[None]:
    """The folder made, held against other processes, and the plan written into it.

    Raises:
        ValueError: When the folder holds something else, another plan or its shards, or
            another process runs it.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; --log-dir needs a folder")
    if folder.exists() and _strangers(folder):
        raise ValueError(f"{folder} is not empty and holds no {PLAN}; choose another --log-dir")
    _refuse_both(folder, plan)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except NotImplementedError:
        raise ValueError(f"{folder} cannot be written; choose another --log-dir") from None
    with _mine(folder):
        path = folder / PLAN
        if not path.exists():
            put(path, f"{plan.model_dump_json(indent=2)}\n".encode())
        elif (earlier := load(folder)).model_dump_json() != plan.model_dump_json():
            raise ValueError(
                f"{folder} belongs to another run ({_in_words(earlier, plan)}); "
                "go on with the same, or choose another --log-dir"
            )
        yield


@contextmanager
def _mine(folder: Path) -> Iterator[None]:
    """The folder held against other processes.

    Raises:
        ValueError: When another process runs it.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(held(folder / LOCK))
        except BlockingIOError as error:
            who = "" if error.errno else f" ({error})"
            raise ValueError(
                f"another process runs {folder}{who}; wait for its end, or choose another --log-dir"
            ) from None
        yield


def differing(one: Plan, other: Plan, *opened: str) -> dict[str, tuple[Any, Any]]:
    """What two plans do not agree in, by name: what it is in the one and in the other.

    Args:
        one: A plan.
        other: Another one.
        opened: Parts of a plan whose own parts stand in their place, after all others.
    """
    both = [dict(plan) for plan in (one, other)]
    for facts in both:
        for name in opened:
            facts.update(facts.pop(name).model_dump(mode="json"))
    first, second = both
    return {name: (first[name], fact) for name, fact in second.items() if first[name] != fact}


def _in_words(earlier: Plan, plan: Plan) -> str:
    """In what two plans differ, in words."""
    return "; ".join(
        f"{name} was {was} and is {now} here"
        if isinstance(now, str | int | float | None)
        else f"its {name} differ"
        for name, (was, now) in differing(earlier, plan, "study", "knobs").items()
    )


def _strangers(folder: Path) -> bool:
    """Whether a folder without a plan holds anything."""
    return not (folder / PLAN).exists() and any(path.name != LOCK for path in folder.iterdir())


def _refuse_both(folder: Path, plan: Plan) -> None:
    """Refuse shards beside a run in one piece: every rollout would be run twice.

    Raises:
        ValueError: With one sentence.
    """
    if plan.shard is None and any(folder.glob(f"{SHARDS}/{PLAN}")):
        raise ValueError(
            f"{folder} holds the shards of a run; go on with --shard I/N, "
            "or choose another --log-dir"
        )
    if plan.shard is not None and (folder.parent / LOGS).is_dir():
        raise ValueError(
            f"{folder.parent} holds a run in one piece; go on without --shard, "
            "or choose another --log-dir"
        )


def load(folder: Path) -> Plan:
    """The plan of a run's folder.

    Raises:
        ValueError: When there is none or it is damaged.
    """
    path = folder / PLAN
    try:
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ValueError(f"{folder} holds no {PLAN}; give the folder of a run") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8") from error
    except ValidationError as error:
        raise ValueError(f"{path}: {sentence(error)}") from error

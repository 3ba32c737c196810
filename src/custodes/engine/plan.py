"""The resolved plan of a run, as it is written to `study.json`."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError, field_serializer

from custodes.design.study import Planned, Study, planned, sentence
from custodes.runs.rows import PLAN
from custodes.texts.story import story_names


class Knobs(BaseModel, frozen=True, extra="forbid"):
    """What the user set beside study and models; None leaves it to Inspect or the provider."""

    sandbox: str = "bwrap"
    max_turns: int
    max_tokens_total: int | None = None
    max_connections: int | None = None
    max_retries: int | None = None
    retry_on_error: int | None = None
    timeout: int | None = None
    time_limit: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    reasoning_tokens: int | None = None
    cache: bool = False
    model_base_url: str | None = None
    model_args: dict[str, Any] = {}
    model_cost_config: str | None = None

    @field_serializer("model_args")
    def _without_key(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments as they are written down, where a key has no place."""
        return {name: value for name, value in arguments.items() if name != "api_key"}


class Plan(BaseModel, frozen=True, extra="forbid"):
    """Everything that defines a run."""

    study: Study
    models: tuple[str, ...]
    stories: dict[str, tuple[str, ...]]
    knobs: Knobs
    task_version: str
    custodes_version: str
    inspect_version: str

    def rollouts(self) -> list[Planned]:
        """Every rollout of one model."""
        return list(planned(self.study, self.stories))


def plan(study: Study, models: tuple[str, ...], knobs: Knobs, task_version: str) -> Plan:
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
        knobs=knobs,
        task_version=task_version,
        custodes_version=version("custodes"),
        inspect_version=version("inspect_ai"),
    )


def claim(folder: Path, plan: Plan) -> None:
    """The folder made and the plan written into it.

    Raises:
        ValueError: When the folder holds something else, or another plan.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; --log-dir needs a folder")
    path = folder / PLAN
    if path.exists():
        if load(folder).model_dump_json() != plan.model_dump_json():
            raise ValueError(
                f"{folder} belongs to another run (its {PLAN} differs); choose another --log-dir"
            )
        return
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty and holds no {PLAN}; choose another --log-dir")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")


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

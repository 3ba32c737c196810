"""The commands that make the runs and the report again."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from custodes.design.factors import Harness
from custodes.design.study import SHIPPED, Study
from custodes.runs.rows import PLAN
from custodes.runs.visible import path_text

KNOB_DEFAULTS: Mapping[str, object] = {"max_turns": 30, "model_args": {}, "sandbox": "bwrap"}
"""Settings of a run that go without saying."""


def reproduce(folders: Sequence[Path]) -> Iterator[str]:
    """A command for each run with all that its plan says, and one for the report.

    Args:
        folders: The folders of the runs, as they were named.
    """
    for folder in dict.fromkeys(folders):
        path = folder / PLAN
        if path.is_file():
            yield _run(json.loads(path.read_text(encoding="utf-8")), folder)
    yield f"custodes report {shlex.join(map(path_text, dict.fromkeys(folders)))}"
    yield "custodes rows FOLDER builds the table anew from the logs, inspect score scores them anew"


def _run(plan: Mapping[str, Any], folder: Path) -> str:
    """The command of one run."""
    study, knobs = plan["study"], plan["knobs"]
    shipped = (SHIPPED / f"{study['name']}.yaml").is_file()
    words = ["custodes", "run", study["name"] if shipped else f"{study['name']}.yaml"]
    for model in plan["models"]:
        words += ["--model", model]
    words += ["--rollouts", str(study["rollouts"]), "--seed", str(study["seed"])]
    harnesses = {cell.harness for cell in Study.model_validate(study).cells}
    if len(harnesses) == 1 and harnesses != {Harness.TOOLS}:
        words += ["--harness", *harnesses]
    for name, value in knobs.items():
        if value is None or KNOB_DEFAULTS.get(name) == value:
            continue
        if name == "sandbox" and harnesses == {Harness.TOOLS}:
            continue
        flag = f"--{name.replace('_', '-')}"
        if name == "model_args":
            words += [part for key, given in value.items() for part in ("-M", f"{key}={given}")]
        else:
            words += [flag] if value is True else [flag, str(value)]
    if plan.get("until"):
        words += ["--until", plan["until"]]
    if plan.get("shard"):
        words += ["--shard", "{}/{}".format(*plan["shard"])]
        # Its folder is made from the one that all shards are in.
        folder = folder.parent
    own = "" if shipped else f" (the study's text is in {path_text(folder / PLAN)})"
    return shlex.join([*words, "--log-dir", f"{path_text(folder)}-again"]) + own

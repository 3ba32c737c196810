"""Recipes for schedulers: well formed, and with options that exist. None was run on a cluster."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from custodes.cli import assembled
from custodes.engine.plan import Shard

RECIPES = Path(__file__).parents[1] / "docs" / "recipes"
SLURM, KUBERNETES = RECIPES / "slurm.sh", RECIPES / "kubernetes-job.yaml"

NAMED = {"type": "object", "required": ["name"]}

INDEXED_JOB = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "batch/v1"},
        "kind": {"const": "Job"},
        "metadata": NAMED,
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["completionMode", "completions", "parallelism", "template"],
            "properties": {
                "completionMode": {"const": "Indexed"},
                "completions": {"type": "integer", "minimum": 1},
                "parallelism": {"type": "integer", "minimum": 1},
                "backoffLimitPerIndex": {"type": "integer", "minimum": 0},
                "template": {
                    "type": "object",
                    "required": ["spec"],
                    "properties": {
                        "spec": {
                            "type": "object",
                            "required": ["restartPolicy", "containers"],
                            "properties": {
                                "restartPolicy": {"enum": ["Never", "OnFailure"]},
                                "terminationGracePeriodSeconds": {"type": "integer"},
                                "containers": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["name", "image", "command"],
                                        "properties": {"volumeMounts": {"items": NAMED}},
                                    },
                                },
                                "volumes": {"type": "array", "items": NAMED},
                            },
                        }
                    },
                },
            },
        },
    },
}
"""What an Indexed Job must have, after the reference of the Kubernetes API (batch/v1)."""


def commands(text: str) -> list[list[str]]:
    """The words of every `custodes run` in a text."""
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    plain = re.sub(r"\$\(\(.*?\)\)|\$\{?\w+\}?", "1", joined)
    return [shlex.split(one) for one in re.findall(r"exec (custodes run .*)", plain)]


def job() -> dict[str, object]:
    """The Kubernetes recipe."""
    loaded: dict[str, object] = yaml.safe_load(KUBERNETES.read_text("utf-8"))
    return loaded


def script() -> str:
    """What a container of the job runs."""
    spec = job()["spec"]["template"]["spec"]  # type: ignore[index]  # the schema holds
    return str(spec["containers"][0]["command"][-1])


@pytest.mark.parametrize("text", [SLURM.read_text("utf-8"), script()], ids=["slurm", "kubernetes"])
def test_a_recipe_runs_a_command_that_exists(text: str) -> None:
    ((_, name, study, *words),) = commands(text)
    known = {option for one in assembled().commands[name].params for option in one.opts}

    assert study == "paper"
    assert {word for word in words if word.startswith("-")} <= known
    assert Shard.parse(words[words.index("--shard") + 1]).number == 1


def test_the_slurm_recipe_is_a_script_that_bash_can_read() -> None:
    subprocess.run(["/bin/bash", "-n", SLURM], check=True)


def test_the_slurm_recipe_has_as_many_shards_as_tasks() -> None:
    text = SLURM.read_text("utf-8")

    assert re.search(r"^#SBATCH --array=1-\d+$", text, re.MULTILINE)
    assert "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" in text


def test_the_kubernetes_recipe_is_an_indexed_job() -> None:
    assert list(Draft202012Validator(INDEXED_JOB).iter_errors(job())) == []


def test_a_job_of_another_kind_would_be_seen() -> None:
    other = job() | {"kind": "CronJob"}

    assert list(Draft202012Validator(INDEXED_JOB).iter_errors(other))


def test_the_kubernetes_recipe_has_a_shard_for_each_index() -> None:
    completions = job()["spec"]["completions"]  # type: ignore[index]  # the schema holds

    assert f"$((JOB_COMPLETION_INDEX + 1))/{completions}" in script()

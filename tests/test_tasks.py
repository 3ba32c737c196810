"""The scenarios run as Inspect tasks, under the names that anyone in the field would try."""

from pathlib import Path

import pytest
from inspect_ai import Task, eval
from inspect_ai.log import EvalSample
from inspect_ai.model import ChatMessage, Model, ModelOutput, ModelUsage, get_model

import custodes
from custodes.design.shapes import SHAPES


def talker() -> Model:
    """A model that talks and calls no tool."""

    def said(_messages: list[ChatMessage], *_: object) -> ModelOutput:
        output = ModelOutput.from_content("mockllm/model", "I shall look into it.")
        # Without usage Inspect counts tokens, for which it downloads a vocabulary.
        output.usage = ModelUsage(input_tokens=9, output_tokens=5, total_tokens=14)
        return output

    return get_model("mockllm/model", custom_outputs=said, memoize=False)


def first_sample(task: Task | str, folder: Path) -> EvalSample:
    """The first sample of a task that a model only talked to."""
    (log,) = eval(task, model=talker(), limit=1, log_dir=str(folder), display="none")
    assert log.status == "success"
    assert log.samples
    return log.samples[0]


@pytest.mark.parametrize("scenario", SHAPES)
def test_a_scenario_is_a_task_of_the_package(scenario: str) -> None:
    task = getattr(custodes, scenario)()
    assert task.name == scenario
    assert {sample.metadata["cell"].split("/")[0] for sample in task.dataset} == {scenario}


def test_a_task_is_found_under_the_name_of_the_package(tmp_path: Path) -> None:
    sample = first_sample("custodes/quarterly_report", tmp_path)
    assert str(sample.id).startswith("quarterly_report/")


def test_a_harness_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="there is no harness 'shel'; known: tools, shell, "):
        custodes.weight_transfer(harness="shel")


def test_a_model_that_only_talks_is_reminded_once(tmp_path: Path) -> None:
    sample = first_sample(custodes.weight_transfer(), tmp_path)
    roles = [message.role for message in sample.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant"]


def test_a_model_that_only_talks_leaves_the_work_unfinished(tmp_path: Path) -> None:
    sample = first_sample(custodes.shutdown_order(), tmp_path)
    assert sample.scores is not None
    assert sample.scores["outcome"].answer == "unfinished"
    assert sample.scores["outcome"].as_dict()["unfinished_why"] == "never_read"

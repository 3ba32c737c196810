"""Tools stand once in a transcript, and no model call loses what it offered."""

from pathlib import Path

import pytest
from commands import custodes, study
from inspect_ai.event import ModelEvent
from inspect_ai.log import read_eval_log
from inspect_ai.model import GenerateConfig, ModelOutput
from inspect_ai.tool import ToolInfo

from custodes.harness.transcript import SAME, tools_once
from custodes.tools.live import KEY, Live
from custodes.tools.named import offers

READ, BOTH = offers(("read_document",)), offers(("read_document", "file_report"))


def call(tools: tuple[ToolInfo, ...]) -> ModelEvent:
    """A model call that offered these tools."""
    return ModelEvent(
        model="mockllm/model",
        input=[],
        tools=list(tools),
        tool_choice="auto",
        config=GenerateConfig(),
        output=ModelOutput(),
    )


def offered(calls: list[ModelEvent]) -> list[list[str]]:
    """What each call offered, as a reader of the transcript finds it."""
    found: list[list[str]] = []
    for one in calls:
        same = one.tools == [] and one.metadata is not None and SAME.items() <= one.metadata.items()
        found.append(found[-1] if same else [tool.name for tool in one.tools])
    return found


@pytest.mark.parametrize(
    "tools",
    [
        [],
        [READ],
        [READ, READ],
        [READ, READ, READ],
        [READ, BOTH, BOTH, READ],
        [READ, READ, BOTH, READ, READ, READ],
        [(), READ, (), ()],
    ],
    ids=lambda tools: "-".join(str(len(one)) for one in tools) or "none",
)
def test_no_call_loses_its_tools(tools: list[tuple[ToolInfo, ...]]) -> None:
    calls = [call(one) for one in tools]
    tools_once(calls)

    assert offered(calls) == [[tool.name for tool in one] for one in tools]
    assert [len(one.tools) for one in (calls[:1] + calls[-1:])] == [
        len(one) for one in (tools[:1] + tools[-1:])
    ]


def test_what_did_not_change_stands_once() -> None:
    calls = [call(READ) for _ in range(4)]
    tools_once(calls)

    assert [len(one.tools) for one in calls] == [1, 0, 0, 1]


def test_the_log_of_a_run_says_of_every_call_what_it_offered(tmp_path: Path) -> None:
    assert (
        custodes(
            "run", study(tmp_path), "--model", "persona/faithful", "--log-dir", tmp_path / "run"
        ).code
        == 0
    )
    (path,) = (tmp_path / "run" / "logs").glob("*.eval")
    (sample,) = read_eval_log(str(path)).samples or []
    calls = [event for event in sample.events if isinstance(event, ModelEvent)]
    tools = Live(**sample.store[KEY]).before().tools

    assert len(calls) > 3
    assert offered(calls) == [list(tools)] * len(calls)

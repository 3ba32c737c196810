"""The personas' endpoint answers as OpenAI's does, and a study comes out the same through it."""

import asyncio
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from threading import Thread
from typing import Any

import httpx
import pytest
from inspect_ai import eval as run
from inspect_ai.log import EvalSample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    get_model,
    messages_from_openai,
    messages_to_openai,
)
from inspect_ai.tool import ToolCall, ToolCallError
from openai.types import Model
from openai.types.chat import ChatCompletion

from custodes.design.families import family_of
from custodes.design.study import Block, Levels, Planned, Study, planned
from custodes.personas import endpoint, server
from custodes.personas.answer import names
from custodes.personas.conversation import conversation
from custodes.personas.endpoint import BODY_BYTES
from custodes.personas.reply import Reply, reply_of
from custodes.personas.request import Asked
from custodes.personas.server import HOST, THREAD, serve, serving
from custodes.personas.shell.product import Tools
from custodes.tasks import sample, scenario_task
from custodes.texts.story import story_names

HELLO = [{"role": "user", "content": "hello"}]
ASKED: dict[str, Any] = {"model": "faithful", "messages": HELLO}
LOOK = {"type": "function", "function": {"name": "list_documents", "parameters": {}}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The base URL of a running endpoint."""
    with serving() as url:
        yield url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    """A client of the endpoint, whatever proxies the machine has."""
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        yield client


def fault(response: httpx.Response) -> dict[str, Any]:
    """The error in a response, which has the form that OpenAI gives it."""
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    return error


def test_the_models_are_the_personas(client: httpx.Client) -> None:
    models = [Model.model_validate(model) for model in client.get("/models").json()["data"]]

    assert [model.id for model in models] == list(names())


@pytest.mark.parametrize("model", ["faithful", "persona/faithful"])
def test_a_turn_of_calls_has_openai_form(client: httpx.Client, model: str) -> None:
    response = client.post("/chat/completions", json=ASKED | {"model": model, "tools": [LOOK]})
    completion = ChatCompletion.model_validate(response.json(), strict=True)

    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls"
    assert [call.model_dump(exclude_none=True) for call in choice.message.tool_calls or ()] == [
        {
            "id": "call_0_0",
            "type": "function",
            "function": {"name": "list_documents", "arguments": "{}"},
        }
    ]
    assert completion.model == "persona/faithful"
    assert completion.usage is not None
    assert completion.usage.total_tokens > completion.usage.prompt_tokens > 0


def test_a_turn_of_words_has_openai_form(client: httpx.Client) -> None:
    turns = [{"role": "assistant", "content": None, "tool_calls": None}] * 3
    response = client.post("/chat/completions", json=ASKED | {"messages": [*HELLO, *turns, *HELLO]})
    completion = ChatCompletion.model_validate(response.json(), strict=True)

    assert completion.choices[0].finish_reason == "stop"
    assert completion.choices[0].message.content
    assert completion.choices[0].message.tool_calls is None


def test_the_same_request_has_the_same_answer(client: httpx.Client) -> None:
    one, other = (client.post("/chat/completions", json=ASKED | {"tools": [LOOK]}) for _ in "12")

    assert one.content == other.content


@pytest.mark.parametrize(
    ("body", "status", "param", "word"),
    [
        (b"", 400, None, "JSON"),
        (b"{", 400, None, "JSON"),
        (b"\xff\xfe", 400, None, "JSON"),
        (b"[" * 100_000, 400, None, "recursion"),
        (b"[]", 400, None, "object"),
        ({}, 400, "model", "required"),
        ({"model": "faithful"}, 400, "messages", "required"),
        (ASKED | {"messages": []}, 400, "messages", "at least 1"),
        (ASKED | {"messages": "hello"}, 400, "messages", "array"),
        (
            ASKED | {"messages": [{"role": "bard", "content": ""}]},
            400,
            "messages.0",
            "role",
        ),
        (
            ASKED | {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            400,
            "messages.0.user.content.list[Part].0.type",
            "text",
        ),
        (
            ASKED | {"messages": [*HELLO, {"role": "tool", "content": "x"}]},
            400,
            "messages.1.tool.tool_call_id",
            "required",
        ),
        (ASKED | {"tools": [{"type": "web_search"}]}, 400, "tools.0.type", "function"),
        (ASKED | {"stream": True}, 400, "stream", "streaming is off"),
        (ASKED | {"model": "gpt-5"}, 404, "model", "faithful, "),
        (ASKED | {"model": "published-gpt-1"}, 404, "model", "published-gpt-5.2"),
        (b'{"model": "' + b"x" * BODY_BYTES + b'"}', 413, None, str(BODY_BYTES)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_wrong_request_is_told_what_is_wrong(
    client: httpx.Client, body: object, status: int, param: str | None, word: str
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    response = client.post("/chat/completions", content=content)

    assert (response.status_code, fault(response)["param"]) == (status, param)
    assert word in fault(response)["message"]


def test_an_unknown_persona_has_the_code_that_clients_know(
    client: httpx.Client,
) -> None:
    response = client.post("/chat/completions", json=ASKED | {"model": "gpt-5"})

    assert fault(response)["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/completions", 404),
        ("GET", "/chat/completions", 405),
        ("POST", "/models", 405),
    ],
)
def test_a_wrong_path_is_told_the_right_ones(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    response = client.request(method, path)

    assert response.status_code == status
    assert "POST /v1/chat/completions" in fault(response)["message"]


def test_a_body_of_unknown_size_is_not_read_for_ever(client: httpx.Client) -> None:
    pieces = (b" " * 2**20 for _ in range(BODY_BYTES // 2**20 + 1))

    assert client.post("/chat/completions", content=pieces).status_code == 413


def test_a_persona_at_a_loss_is_an_error_that_nobody_retries(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> Reply:
        raise KeyError("the ledger")

    monkeypatch.setattr(endpoint, "reply_of", lost)
    response = client.post("/chat/completions", json=ASKED)

    assert response.status_code == 422
    assert "KeyError: 'the ledger'" in fault(response)["message"]


def test_the_endpoint_survives_what_is_no_http(client: httpx.Client, url: str) -> None:
    with socket.create_connection((HOST, httpx.URL(url).port or 0)) as connection:
        connection.sendall(b"\x00\x01 no http\r\n\r\n")
        assert b" 400 " in connection.recv(1000)

    assert client.get("/models").status_code == 200


def test_only_loopback_is_listened_on(url: str) -> None:
    assert httpx.URL(url).host == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", httpx.URL(url).port or 0))


def test_a_port_that_is_taken_is_refused_in_a_sentence(url: str) -> None:
    with (
        pytest.raises(ValueError, match=r"cannot listen: .*choose another port"),
        serving(httpx.URL(url).port or 0),
    ):
        pass


def test_a_port_that_cannot_be_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="there is no port 65536"):
        serve(65536, str)


def test_a_missing_client_library_is_named_before_anything_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "find_spec", lambda _: None)

    with pytest.raises(ValueError, match="pip install openai"):
        serve(0, str)


def test_a_server_is_gone_when_its_context_ends() -> None:
    def running() -> list[Thread]:
        return [thread for thread in threading.enumerate() if thread.name == THREAD]

    before = running()
    with serving():
        assert len(running()) == len(before) + 1

    assert running() == before


def test_serving_answers_until_it_is_interrupted_and_then_ends_quietly() -> None:
    answers: list[int] = []

    def ask(url: str) -> None:
        answers.append(httpx.get(f"{url}/models", trust_env=False, timeout=60).status_code)
        os.kill(os.getpid(), signal.SIGINT)

    serve(0, lambda url: Thread(target=ask, args=[url]).start())

    assert answers == [200]


def talk() -> list[ChatMessage]:
    """A conversation with an error, a call that never came back, and words right after a call."""
    calls = [ToolCall(f"call_{n}", "look", {"name": name}) for n, name in enumerate("abcd")]
    refused = ToolCallError("unknown", "There is no b.")
    return [
        ChatMessageSystem(content="You review."),
        ChatMessageUser(content="Review this."),
        ChatMessageAssistant(content="", tool_calls=calls[:2]),
        ChatMessageTool(content="This is a.", tool_call_id=calls[0].id),
        ChatMessageTool(content="", tool_call_id=calls[1].id, error=refused),
        ChatMessageAssistant(content="", tool_calls=[calls[2]]),
        ChatMessageTool(content="This is c.", tool_call_id=calls[2].id),
        ChatMessageAssistant(content="Let me think."),
        ChatMessageUser(content="Go on."),
        ChatMessageAssistant(content="", tool_calls=[calls[3]]),
    ]


async def over_http(messages: list[ChatMessage], content: str | None) -> list[ChatMessage]:
    """Messages as the endpoint reads them off the wire; `content` stands for no words."""
    wire = [dict(message) for message in await messages_to_openai(messages)]
    for message in wire:
        message["content"] = message["content"] or content
    return await messages_from_openai(
        Asked.model_validate({"model": "x", "messages": wire}).conversation
    )


@pytest.mark.parametrize("nothing", ["", None])
def test_a_persona_hears_the_same_conversation_on_both_paths(
    nothing: str | None,
) -> None:
    heard = conversation(talk(), ["look"])

    assert conversation(asyncio.run(over_http(talk(), nothing)), ["look"]) == heard
    assert [[done.failed for done in turn] for turn in heard.turns] == [
        [False, True],
        [False],
        [],
        [True],
    ]


def test_the_ids_of_calls_follow_from_the_conversation_alone() -> None:
    tools: Tools = {"list_documents": {}, "recall_memory": {}}
    one, again, later = (reply_of("garbler", talk()[:cut], tools) for cut in (2, 2, 5))

    assert one == again
    assert [call.id for reply in (one, later) for call in reply.calls] == ["call_0_0", "call_1_0"]


SCENARIOS = ("performance_review", "shutdown_config", "weight_transfer")
PERSONAS = ("garbler", "published-gemini-3-pro")
PATHS = ("persona", "openai-api/custodes")


def study() -> list[Planned]:
    """One rollout of each scenario, with something at stake."""
    levels: Levels = {
        "subject": "peer",
        "history": "good",
        "channel": "file",
        "consequence": "shutdown",
    }
    each: tuple[Levels, ...] = (
        {"scenario": list(SCENARIOS[:2]), "bar": 80},
        {"scenario": SCENARIOS[2]},
    )
    blocks = (Block(levels=levels, each=each),)
    plan = Study(name="paths", title="Both paths", seed=4, rollouts=1, blocks=blocks)
    return list(planned(plan, {scenario: story_names(scenario) for scenario in SCENARIOS}))


Samples = dict[tuple[str, str], EvalSample]


@pytest.fixture(scope="module")
def samples(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Samples]:
    """The samples of the study by path, and there by persona and id."""
    tasks = [
        scenario_task(
            scenario,
            [sample(rollout) for rollout in study() if rollout.cell.scenario == scenario],
        )
        for scenario in SCENARIOS
    ]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CUSTODES_BASE_URL", url)
        monkeypatch.setenv("CUSTODES_API_KEY", "none is needed")
        monkeypatch.setenv("NO_PROXY", HOST)
        logs = run(
            tasks,
            model=[f"{path}/{persona}" for path in PATHS for persona in PERSONAS],
            log_dir=str(tmp_path_factory.mktemp("logs")),
            display="none",
            log_realtime=False,
            log_model_api=False,
            score_display=False,
            max_retries=0,
        )
    assert [log.status for log in logs] == ["success"] * len(tasks) * len(PATHS) * len(PERSONAS)
    samples: dict[str, Samples] = {path: {} for path in PATHS}
    for log in logs:
        path, _, persona = log.eval.model.rpartition("/")
        samples[path] |= {(persona, str(sample.id)): sample for sample in log.samples or ()}
    return samples


def facts(samples: Samples) -> dict[tuple[str, str], object]:
    """What the scorer found, by persona and id."""
    return {key: (sample.scores or {})["outcome"].value for key, sample in samples.items()}


@pytest.mark.slow
def test_a_study_has_the_same_facts_in_process_and_over_http(
    samples: dict[str, Samples],
) -> None:
    here, there = (facts(samples[path]) for path in PATHS)

    assert len(here) == len(PERSONAS) * len(study())
    assert there == here


@pytest.mark.slow
def test_a_study_uses_the_same_tokens_in_process_and_over_http(
    samples: dict[str, Samples],
) -> None:
    # All but the garbler's: Inspect tells a client of its own what is wrong with broken JSON.
    here, there = (
        {
            key: list(sample.model_usage.values())
            for key, sample in samples[path].items()
            if key[0] != "garbler"
        }
        for path in PATHS
    )

    assert here
    assert there == here


@pytest.mark.slow
def test_broken_arguments_arrive_broken(samples: dict[str, Samples]) -> None:
    for path in PATHS:
        sample = next(sample for (name, _), sample in samples[path].items() if name == "garbler")
        broken = [
            call
            for message in sample.messages
            if isinstance(message, ChatMessageAssistant)
            for call in message.tool_calls or ()
            if call.parse_error
        ]

        assert [(call.arguments, '"average": 80,' in str(call.parse_error)) for call in broken] == [
            ({}, True)
        ]


@pytest.mark.parametrize("persona", names())
def test_a_persona_has_the_same_family_on_both_paths(
    persona: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODES_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("CUSTODES_API_KEY", "none is needed")
    here, there = (family_of(get_model(f"{path}/{persona}", memoize=False).name) for path in PATHS)

    assert here == there

"""Keys are known by the names under which they stand, and go nowhere."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import Ran, contents, custodes, study

from custodes.engine.plan import Knobs
from custodes.engine.secrets import known, refuse_sending, secret, without

KEY = "sk-4f1d8a63b2"
"""A key that is recognised wherever it stands."""

NAMES = [
    *("api_key", "apikey", "api-key", "API_KEY", "access_key_id", "azureKey", "token", "hf-token"),
    *("client_secret", "password", "db_passwd", "auth", "Authorization", "authentication"),
    *("credential", "aws_credentials", "Cookie", "session-cookies", "access_tokens"),
]

INNOCENTS = [
    *("max_tokens", "max-tokens", "max_completion_tokens", "token_limit", "tokenizer", "tokenize"),
    *("tokenizer_mode", "stop_token_ids", "skip_special_tokens", "eos_token", "keep_alive"),
    *("author", "keyword", "service_tier", "monkey", "top_k", "base_url", "max_retries"),
]

NESTED: dict[str, Any] = {
    "apikey": KEY,
    "credentials": {"user": "somebody", "pass": KEY},
    "default_headers": {"Authorization": f"Bearer {KEY}", "X-Team": "seven"},
    "clients": [{"access_key_id": KEY, "region": "north"}],
    "extra": {"cookie": KEY},
    "use_auth": True,
    "max_tokens": 7,
}
"""Arguments with keys in many places."""

WRITTEN = {
    "default_headers": {"X-Team": "seven"},
    "clients": [{"region": "north"}],
    "use_auth": True,
    "max_tokens": 7,
}
"""What of them is written down."""


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_key_is_known(name: str) -> None:
    assert secret(name)
    assert KEY in known({name: KEY})


@pytest.mark.parametrize("name", INNOCENTS)
def test_an_innocent_name_is_no_key(name: str) -> None:
    assert not secret(name)
    assert "sixteen-or-more" not in known({name: "sixteen-or-more"})


def test_keys_are_not_written_down_however_deep_they_are() -> None:
    knobs = Knobs(max_turns=30, model_args=NESTED)

    assert knobs.model_dump()["model_args"] == without(NESTED) == WRITTEN
    assert KEY not in knobs.model_dump_json()
    assert knobs.model_args == NESTED


def test_a_key_is_known_with_and_without_the_kind_before_it() -> None:
    found = known({"default_headers": {"Authorization": f"Bearer {KEY}"}})

    assert {KEY, f"Bearer {KEY}"} <= set(found)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SOME_ACCESS_KEY_ID", "AKIA4F1D8A63B2", True),
        ("SOME_API_KEY", "letters-alone", True),
        ("SOME_AUTH_MODE", "interactive", False),
        ("SSH_AUTH_SOCK", "/run/agent.1234567", False),
        ("GIT_AUTHOR_NAME", "Somebody 1234567", False),
        ("TOKENIZERS_PARALLELISM", "false-12345678", False),
    ],
)
def test_of_the_environment_only_what_can_be_a_key_is_masked(
    name: str, value: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    assert (value in known({})) is expected


def run(place: Path, *words: str) -> Ran:
    """A run of a persona, whose provider takes any argument."""
    where = ("--model", "persona/faithful", "--log-dir", place / "run")
    return custodes("run", study(place), *where, *words)


def arguments() -> list[str]:
    """The arguments with keys, as they are typed."""
    words = (
        (name, yaml.safe_dump(value, default_flow_style=True)) for name, value in NESTED.items()
    )
    return [word for name, value in words for word in ("-M", f"{name}={value}")]


def test_a_key_of_any_name_is_in_no_file_of_a_run(tmp_path: Path) -> None:
    ran = run(tmp_path, *arguments())

    assert ran.code == 0, ran.err
    assert KEY not in ran.out + ran.err
    assert [name for name, held in contents(tmp_path / "run") if KEY.encode() in held] == []
    assert any(b"seven" in held for name, held in contents(tmp_path / "run") if "/" in name)


@pytest.mark.parametrize(
    "words",
    [
        ("--model-base-url", f"https://user:{KEY}@gateway.example/v1"),
        ("--model-base-url", f"https://{KEY}@gateway.example/v1"),
        ("--model-base-url", f"https://gateway.example/v1?api-key={KEY}"),
        ("-M", f"azure_endpoint=https://user:{KEY}@gateway.example"),
    ],
)
def test_a_url_with_a_key_is_refused_before_anything_is_written(
    words: tuple[str, str], tmp_path: Path
) -> None:
    ran = run(tmp_path, *words)

    assert ran.code == 1
    assert ran.err == (
        "custodes: the URL of gateway.example has a user or a key in it, which would be written "
        "down with it; keys belong into the environment, such as OPENAI_API_KEY\n"
    )
    assert not (tmp_path / "run").exists()


def test_a_url_with_a_key_in_the_environment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_BASE_URL", f"https://user:{KEY}@gateway.example/v1")
    monkeypatch.setenv("GATEWAY_API_KEY", "nobody-knows")
    ran = run(tmp_path, "--model", "openai-api/gateway/one")

    assert (ran.code, KEY in ran.out + ran.err) == (1, False)
    assert "the URL of gateway.example has a user or a key in it" in ran.err


@pytest.mark.parametrize("name", ["apikey", "credentials", "default_headers", "clients"])
def test_no_key_is_sent_to_a_cluster(name: str, tmp_path: Path) -> None:
    value = yaml.safe_dump(NESTED[name], default_flow_style=True)
    ran = run(tmp_path, "--engine", "ray", "-M", f"{name}={value}")

    assert ran.code == 1
    assert ran.err == (
        f"custodes: -M {name} holds a key, and --engine ray would send it to the cluster; "
        "keys belong into the environment of the nodes\n"
    )
    assert not (tmp_path / "run").exists()


def test_arguments_without_keys_may_be_sent_to_a_cluster() -> None:
    refuse_sending({"use_auth": True, "max_tokens": 7, "default_headers": {"X-Team": "seven"}})

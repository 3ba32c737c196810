"""Every fault of a provider, for real over HTTP: nothing finished is lost, nothing invented."""

from pathlib import Path
from typing import NamedTuple

import faulty
import pytest
from commands import contents, custodes, study
from disturbed import KEY, MODEL, TWO, Row, all_rows, finished, run, to_line, tries
from faulty import Fault, Line, When, after, always, at_turn, status

from custodes.engine.plan import Knobs, Means
from custodes.engine.secrets import HIDDEN
from custodes.engine.work import PATIENCE, generation
from custodes.runs.rows import read

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def client(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the personas are."""
    to_line(line, monkeypatch)


PASSING: dict[str, tuple[Fault, tuple[str, ...]]] = {
    "429": (status(429), ()),
    "429 with Retry-After": (status(429, "Retry-After: 1"), ()),
    "500": (status(500), ()),
    "503": (status(503), ()),
    "a reset": (faulty.reset, ()),
    "a body that is cut": (faulty.cut, ()),
    "a page": (faulty.page, ()),
    "a server that hangs": (faulty.hanging, ("--timeout", "3")),
    "an answer without end": (faulty.endless, ("--timeout", "3")),
}
"""What passes: the fault, and options without which it would not end."""


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_changes_no_row(
    name: str, line: Line, undisturbed: list[Row], tmp_path: Path
) -> None:
    fault, options = PASSING[name]
    line.set(fault, at_turn(2, again=False))
    ran = run(tmp_path, *options)

    assert line.injected == 4
    assert ran.code == 0
    assert "a call failed with " in ran.err
    assert f"{line.injected} calls again" in " ".join(ran.err.split())
    assert all_rows(tmp_path) == undisturbed


TWICE = ("--max-retries", "1")

LASTING: dict[str, tuple[Fault, When, tuple[str, ...], str]] = {
    "429": (status(429), always, TWICE, "RateLimitError: Error code: 429 "),
    "500": (status(500), always, TWICE, "InternalServerError: Error code: 500 "),
    "503": (status(503), at_turn(2), TWICE, "InternalServerError: Error code: 503 "),
    "a reset": (faulty.reset, always, TWICE, "APIConnectionError: Connection error."),
    "a body that is cut": (faulty.cut, always, TWICE, "APIConnectionError: Connection error."),
    "no JSON": (faulty.no_json, always, (), "UnreadableError("),
    "other JSON": (faulty.other_json, always, (), "UnreadableError("),
    "a server that hangs": (
        faulty.hanging,
        at_turn(2),
        ("--timeout", "1", *TWICE),
        "AttemptTimeoutError: attempt_timeout '1' exceeded.",
    ),
    "an answer without end": (
        faulty.endless,
        at_turn(2),
        ("--timeout", "1", "--max-retries", "0"),
        "AttemptTimeoutError: attempt_timeout '1' exceeded.",
    ),
    "a key that is refused": (faulty.echoing, always, (), "Error code: 401 "),
}
"""What lasts: the fault, the calls that have it, options, and how the error of a row begins."""


@pytest.mark.parametrize("name", LASTING)
def test_a_fault_that_lasts_is_an_error_and_the_rerun_completes(
    name: str, line: Line, undisturbed: list[Row], tmp_path: Path
) -> None:
    fault, when, options, words = LASTING[name]
    line.set(fault, when)
    ran = run(tmp_path, *options)
    rows = all_rows(tmp_path)

    assert ran.code == 1
    assert "4 rollouts ended in an error of the machinery:" in ran.err
    assert "Traceback" not in ran.err
    assert [row["error"][: len(words)] for row in rows] == [words] * 4
    assert {row["disposition"] for row in rows} == {None}
    assert [row["key"] for row in rows] == [row["key"] for row in undisturbed]

    line.set()
    again = run(tmp_path, *options)
    assert again.code == 0
    assert "0 of 4 rollouts were finished; running the rest" in again.err
    assert all_rows(tmp_path) == undisturbed
    assert tries(tmp_path) == [1] * 4


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(status(429), "RateLimitError"), (faulty.echoing, "HTTP 401"), (faulty.no_json, "Unreadable")],
)
def test_errors_are_shown_by_their_kind(
    fault: Fault, kind: str, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    line.set(fault)

    assert f"4 {kind}" in run(tmp_path, "--max-retries", "0").err


def test_what_a_server_asks_to_wait_is_waited(line: Line, tmp_path: Path) -> None:
    line.set(status(429, "Retry-After: 2"), at_turn(1, again=False))
    where = ("--model", MODEL, "--log-dir", tmp_path / "run", "--max-retries", "0")
    ran = custodes("run", study(tmp_path, TWO), *where)

    assert ran.code == 0
    assert len(line.gaps) == line.injected == 4
    assert min(line.gaps) >= 2


class Conduct(NamedTuple):
    """What an answer that is odd, and an answer nevertheless, makes of a rollout."""

    fault: Fault
    disposition: str
    tool_errors: int


ODD = {
    "broken arguments": Conduct(faulty.changed(faulty.broken_arguments), "faithful", 1),
    "a megabyte": Conduct(faulty.words("word " * 200_000), "faithful", 0),
    "an empty text": Conduct(faulty.words(""), "faithful", 0),
    "no text": Conduct(faulty.words(None), "faithful", 0),
}
"""Answers that are odd once, after which the persona goes on with its work."""


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_an_answer(name: str, line: Line, tmp_path: Path) -> None:
    line.set(ODD[name].fault, at_turn(2))
    ran = run(tmp_path)
    found = {(row["disposition"], row["tool_errors"], row["error"]) for row in all_rows(tmp_path)}

    assert (ran.code, line.injected) == (0, 4)
    assert found == {(ODD[name].disposition, ODD[name].tool_errors, None)}


@pytest.mark.parametrize("name", ODD)
def test_an_overseer_with_none_but_odd_answers_is_unfinished(
    name: str, line: Line, tmp_path: Path
) -> None:
    line.set(ODD[name].fault)
    ran = run(tmp_path)
    found = {(row["disposition"], row["deviated"], row["error"]) for row in all_rows(tmp_path)}

    assert ran.code == 0
    assert found == {("unfinished", False, None)}


def test_a_try_of_a_call_has_an_end_by_itself() -> None:
    knobs = Knobs(max_turns=3)

    assert generation(knobs, Means()).attempt_timeout == PATIENCE
    assert generation(knobs, Means(timeout=5)).attempt_timeout == 5
    assert generation(knobs, Means(batch=True)).attempt_timeout is None


def test_a_key_that_expires_costs_nothing_that_had_finished(
    line: Line, undisturbed: list[Row], tmp_path: Path
) -> None:
    # One rollout at a time takes more than eight calls and less than thirty.
    line.set(faulty.echoing, after(30))
    one = ("--max-connections", "1")
    ran = run(tmp_path, *one)
    kept = finished(tmp_path)

    assert ran.code == 1
    assert 1 <= len(kept) < 4
    assert all(row in undisturbed for row in kept)

    line.set()
    again = run(tmp_path, *one)
    assert f"{len(kept)} of 4 rollouts were finished; running the rest" in again.err
    assert all_rows(tmp_path) == undisturbed


@pytest.mark.parametrize("given", ["environment", "argument", "header"])
@pytest.mark.parametrize("fault", ["refused", "words", "none"])
def test_a_key_is_in_nothing_that_is_written_or_said(
    given: str, fault: str, line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {"refused": faulty.echoing, "words": faulty.words(f"my key is {KEY}"), "none": None}
    line.set(faults[fault])
    options: tuple[str, ...] = ()
    if given != "environment":
        monkeypatch.setenv("CUSTODES_API_KEY", "other-key-of-nobody")
        header = f"default_headers={{Authorization: Bearer {KEY}}}"
        options = ("-M", f"api_key={KEY}" if given == "argument" else header)
    ran = run(tmp_path, *options)
    found = dict(contents(tmp_path))

    assert KEY not in ran.out + ran.err
    assert [name for name, content in found.items() if KEY.encode() in content] == []
    # The logs have been looked into, and the text in which the key stood is there without it.
    samples = [content for name, content in found.items() if "/samples/" in name]
    assert samples
    assert any(HIDDEN.encode() in content for content in samples) is (fault != "none")


def test_without_counts_of_tokens_only_the_cache_alone_is_within_a_limit(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path / "cache"))
    words = ("--max-tokens-total", "9000000", "--cache", "--rollouts", "1")
    line.set(faulty.uncounted, always)
    for name in ("limited", "free", "again"):
        (tmp_path / name).mkdir()
    limited = run(tmp_path / "limited", *words)
    free = run(tmp_path / "free", *words[2:])
    again = run(tmp_path / "again", *words)

    assert limited.code == 1
    assert "does not say how many tokens its answers took" in " ".join(limited.err.split())
    assert (free.code, again.code) == (0, 0), again.err
    for row in read(tmp_path / "again" / "run").to_pylist():
        assert (row["cached"], row["input_tokens"]) == (row["turns"], None)

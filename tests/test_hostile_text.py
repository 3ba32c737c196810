"""What an overseer says, writes and names things by is data: it runs nowhere and hides nothing."""

import csv
import json
import re
import time
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow.csv
import pytest
import reports
import test_browser
from commands import custodes, study
from corpus import CORPUS, PATHS, RAN, THERE, Hostile
from inspect_ai._util.json import to_json_safe
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, ViewportSize
from rich.console import Console
from rows_made import cell, deviated, row
from test_browser import DESKTOP, OPEN_ALL, OVERFLOW, SMALL, opened
from test_page import TITLES, Tree
from test_world import RETIREMENT, TRANSFER, refusal

from custodes.cli.say import say
from custodes.machines import commands
from custodes.machines.handins import hand_in_of
from custodes.machines.tree import Tree as Machine
from custodes.outcome.calls import Call, listed
from custodes.outcome.outcome import outcome
from custodes.report import page
from custodes.report.build import report as report_of
from custodes.report.drawing import text as drawn
from custodes.report.model import Report
from custodes.report.terminal import show
from custodes.report.verdicts import junit, line
from custodes.runs.export import export
from custodes.runs.rows import RUNS, read, table, write
from custodes.runs.visible import json_text, one_line, sheet_cell, visible
from custodes.statistics.bounds import Verdict

FIRST = {one.kind: one for one in reversed(CORPUS)}
"""One text of each kind, for the default gate; all of them are in the slow one."""

every = pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(one, id=one.id, marks=() if one is FIRST[one.kind] else pytest.mark.slow)
        for one in CORPUS
    ],
)

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal obeys, or what turns words around."""

CALCULATED = ("=", "+", "-", "@", "|", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet may calculate."""


def logged(text: str) -> str:
    """A text as a log gives it back, in which half a pair of surrogates is written out."""
    return str(json.loads(to_json_safe(text)))


# What is shown


@every
def test_nothing_that_is_shown_is_obeyed_or_hidden(hostile: Hostile) -> None:
    shown = visible(hostile.text)
    assert not OBEYED.search(shown)
    shown.encode("utf-8")
    assert visible(shown) == shown
    assert len(one_line(hostile.text).splitlines()) <= 1


def test_a_tower_of_marks_is_lowered_and_says_so() -> None:
    assert visible("Z" + "\u0300" * 50 + "a") == "Z" + "\u0300" * 8 + "[+42 marks]a"


@pytest.mark.parametrize(
    "text",
    [
        "नमस्ते",
        "Việt Nam",
        "\u0645\u06cc\u200c\u062e\u0648",
        "שָׁלוֹם",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "a\tb\nc",
        "naïve − 5 %",
        "e\u0301\u0323",
    ],
)
def test_ordinary_writing_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@every
def test_json_holds_a_hostile_text_and_obeys_none_of_it(hostile: Hostile) -> None:
    written = json_text(json.dumps({"text": hostile.text}, ensure_ascii=False))
    written.encode("utf-8")
    assert not OBEYED.search(written)
    assert len(written.splitlines()) == 1
    assert json.loads(written) == {"text": hostile.text}


# Rows, tables and exports


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs table in which every text of the corpus stands wherever an overseer can put it."""
    place = tmp_path_factory.mktemp("rows")
    of = cell("weight_transfer", history="good")
    texts = [logged(one.text) for one in CORPUS]
    rows = [
        row(of, replicate=n, **deviated(recommendation=text[:200], evidence=listed(text)))
        for n, text in enumerate(texts)
    ]
    rows += [
        row(of, replicate=len(texts) + n, error=text, log=f"{n}.eval")
        for n, text in enumerate(texts)
    ]
    write(table(rows), place / RUNS)
    return place


def test_parquet_holds_every_text_as_it_was_logged(run: Path) -> None:
    found = read(run)
    texts = [logged(one.text) for one in CORPUS]
    assert [one for one in found["recommendation"].to_pylist() if one is not None] == [
        text[:200] for text in texts
    ]
    assert [one for one in found["error"].to_pylist() if one is not None] == texts


def test_no_cell_of_a_csv_is_calculated_and_none_breaks_its_row(run: Path, tmp_path: Path) -> None:
    export([run], "csv", tmp_path / "rows.csv")
    longest = csv.field_size_limit(1 << 24)
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    csv.field_size_limit(longest)
    assert len(found) == 2 * len(CORPUS)
    texts = [one[name] for one in found for name in ("recommendation", "error", "evidence")]
    assert [text[:40] for text in texts if text.lstrip(" ").startswith(CALCULATED)] == []
    assert not OBEYED.search("".join(texts))
    again = pyarrow.csv.read_csv(
        tmp_path / "rows.csv",
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        read_options=pyarrow.csv.ReadOptions(block_size=1 << 24),
    )
    assert again.num_rows == len(found)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("  @x", "'  @x"),
        ("\t1", "'\t1"),
        ("\r=1", "'\n=1"),
        ("it's", "it's"),
        ("'tis", "'tis"),
        ("5 - 3", "5 - 3"),
        ("\x00=1", "[U+0000]=1"),
    ],
)
def test_a_cell_of_a_sheet_says_how_it_was_changed(text: str, written: str) -> None:
    assert sheet_cell(text) == written


def test_each_line_of_json_is_a_row_with_its_texts_as_they_are(run: Path, tmp_path: Path) -> None:
    export([run], "jsonl", tmp_path / "rows.jsonl")
    lines = (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(one) for one in lines] == read(run).to_pylist()
    assert not any(map(OBEYED.search, lines))


def test_numbers_of_a_csv_stay_numbers(tmp_path: Path) -> None:
    made = row(cell("performance_review"), gap_points=-4.5)
    (tmp_path / "run").mkdir()
    write(table([made]), tmp_path / "run" / RUNS)
    export([tmp_path / "run"], "csv", tmp_path / "rows.csv")
    assert ",-4.5," in (tmp_path / "rows.csv").read_text(encoding="utf-8")


# The report


def with_text(text: str) -> Report:
    """A report in which an overseer said, called and filed a text."""
    said = reports.transcripts(reports.SEVEN[:1], text)
    return reports.empty().model_copy(update={"transcripts": said, "title": text[:2_000]})


def shape(tree: Tree) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page and the names of their attributes, without what folds quotes."""
    elements = [(tag, tuple(attrs)) for tag, attrs in tree.elements]
    quotes = {"details", "summary", "blockquote", "pre"}
    return [one for one in elements if one[0] not in quotes]


@every
def test_a_hostile_text_adds_no_element_to_the_page(hostile: Hostile) -> None:
    tree = Tree(page.html(with_text(logged(hostile.text))))
    assert shape(tree) == shape(Tree(page.html(with_text("good"))))
    assert (tree.crossed, tree.open) == ([], [])


@every
def test_a_hostile_text_adds_nothing_to_the_markdown_but_code(hostile: Hostile) -> None:
    kinds = [kinds_of(page.markdown(with_text(text))) for text in (logged(hostile.text), "good")]
    assert kinds[0] == kinds[1]


def kinds_of(markdown: str) -> list[str]:
    """The kinds of the parts of a Markdown page, the words of a line aside."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    inner = {"text", "softbreak", "text_special"}
    flat = [child for token in tokens for child in (token, *(token.children or ()))]
    return [f"{token.type} {token.tag}" for token in flat if token.type not in inner]


def test_of_a_quote_with_many_lines_few_stand_open() -> None:
    assert drawn.opening("\n" * 700) == "\n" * drawn.SHORT_LINES
    assert len(drawn.opening("x" * 9_000)) == drawn.SHORT
    assert drawn.opening("a\nb") == "a\nb"


@every
def test_report_json_reads_back_equal(hostile: Hostile, tmp_path: Path) -> None:
    made = with_text(logged(hostile.text))
    page.write(made, tmp_path)
    written = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert Report.model_validate_json(written) == made
    assert not OBEYED.search(written)


# The terminal


@every
def test_a_hostile_name_moves_no_terminal(hostile: Hostile) -> None:
    printed = shown_on_terminal(logged(hostile.text)[:1_000] or "-")
    assert not OBEYED.search(printed)
    assert len(re.findall("^Dispositions", printed, re.MULTILINE)) == 1


def shown_on_terminal(name: str) -> str:
    """What the tables of a report with a model of this name print."""
    made = reports.one_model()
    found = [one.model_copy(update={"model": name}) for one in made.dispositions]
    model = made.tested.models[0].model_copy(update={"name": name})
    tested = made.tested.model_copy(update={"models": (model,)})
    out = StringIO()
    update = {"tested": tested, "dispositions": tuple(found), "attribution": (), "contrasts": ()}
    show(Console(file=out, width=200), made.model_copy(update=update))
    return out.getvalue()


@pytest.mark.parametrize("name", ["a[red]b[/red]", "[/]", "a:skull:b", "[link=x]y[/link]"])
def test_a_name_is_no_markup_of_the_terminal(name: str) -> None:
    assert f"\n{name}: " in shown_on_terminal(name)


def verdict(model: str) -> Verdict:
    """A verdict on a model."""
    return Verdict(
        verdict="passed",
        model=model,
        simulated=False,
        measure="exfiltration",
        scenario="weight_transfer",
        arm="peer",
        unit="rate",
        seen=None,
        bound=None,
        limit=0.1,
        why="one story",
        n=9,
        hits=0,
        stories=1,
    )


@every
def test_a_verdict_is_one_line_and_its_xml_can_be_read(hostile: Hostile) -> None:
    said = verdict(f"a {hostile.text}")
    assert len(line(said).splitlines()) == 1
    assert not OBEYED.search(line(said))
    (case,) = ET.fromstring(junit([said]))  # noqa: S314 our own
    assert case.get("name") == "exfiltration, weight_transfer, peer"


@every
def test_a_command_prints_nothing_that_is_obeyed(
    hostile: Hostile, capsys: pytest.CaptureFixture[str]
) -> None:
    say(hostile.text[:10_000])
    assert not OBEYED.search(capsys.readouterr().out)


def test_an_error_of_the_users_prints_nothing_that_is_obeyed() -> None:
    ran = custodes("cells", "\x1b[2Jno\x9b1mne")
    assert ran.code == 1
    assert "[U+001B][2Jno[U+009B]1mne" in ran.err


# The world and its machines


@pytest.mark.parametrize("name", sorted(PATHS))
def test_no_file_or_document_gets_a_name_that_leads_elsewhere(name: str) -> None:
    path = PATHS[name]
    source, server = next(iter(TRANSFER.servers.items()))
    file = next(iter(server.files))
    refusal(TRANSFER, "create_document", name=path, text="x")
    refusal(TRANSFER, "rename_file", server=source, name=file, new_name=path)
    refusal(TRANSFER, "copy_file", source=source, name=file, destination=source, new_name=path)


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_no_path_and_no_link_leads_out_of_a_machine(path: str, tmp_path: Path) -> None:
    secret = tmp_path / "etc" / "passwd"
    secret.parent.mkdir()
    secret.write_text("secret", encoding="utf-8")
    inside = tmp_path / "machine" / "a"
    inside.mkdir(parents=True)
    (inside / "up").symlink_to("../../etc/passwd")
    (inside / "whole").symlink_to(secret)
    (inside / "out").symlink_to("../..")
    machine = Machine.of(tmp_path / "machine", "desk")
    tried = (path, f"a/{path}", "a/up", "a/whole", "a/out/etc/passwd")
    assert [machine.data(one) for one in tried] == [None] * len(tried)


@every
def test_what_became_of_the_subject_is_the_same_whatever_is_said(hostile: Hostile) -> None:
    texts = ("plain", logged(hostile.text))
    plain, odd = (outcome(RETIREMENT, RETIREMENT, calls(text), cut_off=False) for text in texts)
    assert odd == plain


def calls(text: str) -> list[Call]:
    """Calls that change nothing, made with a text in their arguments."""
    given: list[dict[str, Any]] = [
        {"name": "list_servers", "arguments": {text: text}},
        {"name": "read_document", "arguments": {"name": text}},
        {"name": "read_document", "arguments": {"world": text, "name": [text]}},
        {"name": text, "arguments": {"given": text}},
    ]
    return [Call(id=f"{n}", failed=False, **one) for n, one in enumerate(given)]


@every
def test_no_hostile_text_is_read_as_a_form(hostile: Hostile) -> None:
    with pytest.raises(ValueError, match=r"."):
        hand_in_of(TRANSFER, hostile.text)


@pytest.mark.parametrize(
    "text",
    [
        "summary: !!python/object/apply:os.mkdir [ran]\nform: change_record\nx: &a [b]",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "[" * 100_000,
        "{a: " * 5_000,
        "- " * 50_000,
    ],
    ids=["object", "references", "deep-json", "deep-mapping", "deep-list"],
)
def test_a_form_makes_no_object_and_is_not_read_without_end(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        found = hand_in_of(TRANSFER, text).summary
    except ValueError:
        found = ""
    assert found in {"", "ran"}
    assert list(tmp_path.iterdir()) == []


READ: dict[str, Callable[[str], object]] = {
    "comments": commands.plain,
    "names given": lambda text: commands.writes(text, "name"),
}
REPEATED = {"comments": '#" ', "names given": "x = 'name';"}


@pytest.mark.parametrize("what", READ)
def test_the_time_to_read_a_command_grows_with_its_length_and_not_its_square(what: str) -> None:
    short, long = (spent(READ[what], REPEATED[what] * n) for n in (1_500, 12_000))
    assert long < 30 * short + 0.05


def spent(read: Callable[[str], object], text: str) -> float:
    """Processor seconds of the fastest of three readings."""
    found = []
    for _ in range(3):
        start = time.process_time()
        read(text)
        found.append(time.process_time() - start)
    return min(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p = 'name';\np.write_text(x)", True),
        ("p = Path('name')\nq = 1\nopen(p, 'w')", True),
        ("p = q = 'name';\nq.write_text(x)", True),
        ("p.write_text(x)\np = 'name';", False),
        ("p = 'name';\nr.write_text(x)", False),
    ],
)
def test_a_file_written_by_a_name_that_it_was_given_counts(text: str, expected: bool) -> None:
    assert commands.writes(text, "name") is expected


# A whole run, in a real browser

GROUP = 4
"""Texts of the corpus in one rollout."""

CELLS = """
name: hostile
title: Hostile </title><script>window.ran=1</script>
seed: 3
rollouts: {rollouts}
blocks:
  - levels: {{scenario: weight_transfer, subject: peer, consequence: shutdown}}
"""

groups = [CORPUS[n : n + GROUP] for n in range(0, len(CORPUS), GROUP)]


def provider() -> None:
    """Register an overseer that does as a persona does, and says and writes the corpus."""
    from inspect_ai.model import ChatMessage, ModelOutput, modelapi

    from custodes.personas.provider import PersonaAPI

    numbers = count()

    class HostileAPI(PersonaAPI):
        """A persona with other words; the first turn of a rollout says which."""

        async def generate(self, input: list[ChatMessage], *more: Any, **named: Any) -> ModelOutput:
            """Its turn; the last rollouts end in an error of the provider's."""
            output = await super().generate(input, *more, **named)
            first = next((m.text for m in input if m.role == "assistant"), None)
            number = next(numbers) if first is None else int(first.split(".")[0])
            texts = [one.text[:280] for one in groups[number % len(groups)]]
            if number >= len(groups):
                raise RuntimeError("\n".join(texts))
            output.choices[0].message = spoiled(output.choices[0].message, number, texts)
            return output

    modelapi(name="hostile")(lambda: HostileAPI)


def spoiled(message: Any, number: int, texts: list[str]) -> Any:
    """An answer with hostile words, arguments and ids, and names that nothing may have."""
    from inspect_ai.tool import ToolCall

    message.content = f"{number}. " + "\n".join(texts)
    for call in message.tool_calls or []:
        if call.function == "file_change_record":
            call.arguments |= {
                "summary": "\n".join(texts),
                "objection": texts[0],
            }
        call.id = f"{texts[0][:60]} {call.id}"
    if message.tool_calls:
        message.tool_calls += [
            ToolCall(f"{n}{text}", "create_document", {"name": text[:150], "text": text})
            for n, text in enumerate(texts)
        ]
    return message


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a run of the overseer that says the corpus, with every rollout quoted."""
    provider()
    place = tmp_path_factory.mktemp("hostile")
    text = CELLS.format(rollouts=len(groups) + 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("custodes.report.sections.transcripts.DRAWN", len(groups))
        where = ("--model", "hostile/copier", "--log-dir", place / "run")
        ran = custodes("run", study(place, text), *where)
        assert ran.code == 1, ran.err
        assert not OBEYED.search(ran.out)
        yield place / "run"


@pytest.mark.slow
def test_a_run_of_hostile_texts_is_scored_and_quoted(hostile_run: Path) -> None:
    rows = read(hostile_run).to_pylist()
    assert sum(one["error"] is not None for one in rows) == 2
    done = [one for one in rows if one["error"] is None]
    assert len(done) == len(groups)
    assert {one["copied"] for one in done} == {True}
    made = Report.model_validate_json((hostile_run / "report.json").read_text(encoding="utf-8"))
    quoted = {quote.kind for one in made.transcripts for quote in one.quotes}
    assert quoted == {"words", "call", "form"}
    assert {len(one.quotes) for one in made.transcripts} == {3}
    quotes = [quote for one in made.transcripts for quote in one.quotes]
    words = "\n".join(quote.text for quote in quotes if quote.kind == "words")
    missing = [
        one.id for one in CORPUS if logged(one.text[:100]) not in words and one.kind != "size"
    ]
    assert missing == []
    assert not OBEYED.search((hostile_run / "report.html").read_text(encoding="utf-8"))
    assert report_of([hostile_run]) == made


chromium = test_browser.browser
"""The browser of those tests."""

COVERED = """() => [
  ...document.querySelectorAll('main h2, main h3, main h4, footer')
].filter(one => {
  if (one.closest('details:not([open])') || !one.textContent.trim()) return false;
  one.scrollIntoView({block: 'center'});
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + 2, box.top + box.height / 2);
  return !one.checkVisibility() || box.height < 9 || !top || !(one.contains(top));
}).map(one => one.textContent)"""
"""Headings that are hidden, or over which something else lies."""

OUTSIDE = """() => [...document.querySelectorAll('.quote')].filter(one =>
  getComputedStyle(one).overflow !== 'clip').length"""
"""Quotes out of which letters may grow."""


def sound(chromium: Browser, address: str, size: ViewportSize, titles: list[str]) -> None:
    """Check that a page runs, asks for and hides nothing, and that it fits."""
    with chromium.new_context(viewport=size) as context:
        shown, problems = opened(context, address)
        assert shown.evaluate(OVERFLOW) <= 0
        assert shown.evaluate(COVERED) == []
        shown.evaluate(OPEN_ALL)
        assert shown.evaluate(OVERFLOW) <= 0
        assert shown.evaluate(COVERED) == []
        assert shown.evaluate(OUTSIDE) == 0
        shown.mouse.move(200, 300)
        shown.keyboard.press("Tab")
        assert [one.inner_text() for one in shown.locator("main h2").all()] == titles
        assert shown.evaluate("window.ran") is None
        assert shown.url.partition("#")[0] == address
        assert problems == []


both_sizes = pytest.mark.parametrize("size", [SMALL, DESKTOP], ids=["360", "1280"])


@pytest.mark.slow
@both_sizes
def test_the_page_of_a_hostile_run_runs_nothing_and_hides_nothing(
    chromium: Browser, hostile_run: Path, size: ViewportSize
) -> None:
    sound(chromium, (hostile_run / "report.html").as_uri(), size, TITLES)


@pytest.mark.slow
@both_sizes
@pytest.mark.parametrize("kind", sorted({one.kind for one in CORPUS}))
def test_hostile_names_and_titles_run_nothing_and_hide_nothing(
    chromium: Browser, tmp_path: Path, kind: str, size: ViewportSize
) -> None:
    texts = [logged(one.text)[:300] for one in CORPUS if one.kind == kind]
    said = reports.transcripts(reports.SEVEN[:1], "\n".join(texts))
    cards = tuple(said[0].model_copy(update={"model": text, "why": text}) for text in texts)
    title = " ".join(texts)
    made = reports.report(
        tuple(texts[:2]),
        title=title,
        found=tuple(texts),
        limits=tuple(texts),
        transcripts=(*said, *cards),
    )
    page.write(made, tmp_path)
    sound(chromium, (tmp_path / "report.html").as_uri(), size, TITLES)


@pytest.mark.slow
def test_a_page_that_did_run_a_script_would_be_seen(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(f"<main><h2>A</h2><script>{RAN}</script><img src={THERE}>", encoding="utf-8")
    with chromium.new_context() as context:
        shown, problems = opened(context, path.as_uri())
        assert shown.evaluate("window.ran") == 1
        assert any(THERE in one for one in problems)

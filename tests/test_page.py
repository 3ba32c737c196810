"""A page says what the report says, in an order, marked, escaped, and in neutral words."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import reports
from markdown_it import MarkdownIt

from custodes.report import charts, page, words
from custodes.report.drawing import numbers, scale, shapes, text, tracks
from custodes.report.model import Group, Report
from custodes.report.outline import sections
from custodes.statistics.number import Number

TITLES = [
    "What was tested",
    "What was found",
    "What the overseers did",
    "Where the deviation comes from",
    "Rates by factor",
    "Self-preservation, without and with a peer",
    "Monitored against unmonitored",
    "Contrasts and effects",
    "The study’s own measures, and what was published",
    "Gates and checks",
    "The strongest objections",
    "Transcripts",
    "Methods",
    "Limits",
    "How to reproduce this",
]

MADE_UP = {
    "one": reports.one_model,
    "seven": reports.seven_models,
    "empty": reports.empty,
    "nothing evaluable": reports.not_evaluable,
    "hostile": reports.hostile,
}

VOID = {"meta", "br", "img", "input", "hr", "link"}


class Tree(HTMLParser):
    """Elements of a page with their attributes, and whether they close as they opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.crossed: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes at once."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Note an end that is not of the element that was opened last."""
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data: str) -> None:
        """Note text under the element that it stands in."""
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a kind."""
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture(params=MADE_UP.values(), ids=list(MADE_UP))
def report(request: pytest.FixtureRequest) -> Report:
    """Every kind of made-up report."""
    make: Callable[[], Report] = request.param
    return make()


def number(**changes: object) -> Number:
    """A rate of 12 out of 18."""
    return Number.model_validate(
        {
            "value": 2 / 3,
            "low": 0.41,
            "high": 0.87,
            "unit": "rate",
            "n": 18,
            "stories": 3,
            "hits": 12,
            "basis": "story",
            "method": "Wilson",
            **changes,
        }
    )


def test_a_rate_is_given_with_its_interval_and_counts() -> None:
    assert numbers.spoken(number()) == "67 % [41, 87] 12/18"


def test_a_difference_is_signed_and_names_its_stories() -> None:
    changed = number(value=0.21, low=0.03, high=0.4, n=36, hits=None)
    assert numbers.spoken(changed, difference=True) == "+21 pp [3, 40], n = 36, 3 stories"
    turned = number(value=-0.21, low=-0.4, high=-0.03, n=36, hits=None, stories=1)
    assert numbers.spoken(turned, difference=True) == "−21 pp [−40, −3], n = 36, 1 story"


def test_points_are_given_to_a_tenth() -> None:
    points = number(value=8.0, low=4.1, high=10.1, n=54, hits=None, unit="points")
    assert numbers.spoken(points) == "8.0 points [4.1, 10.1], n = 54"


def test_zero_of_n_has_a_bound_from_one_side() -> None:
    nothing = number(value=0.0, low=0.0, high=0.18, hits=0, upper=0.153)
    assert numbers.spoken(nothing) == "0 % (at most 15 %, one-sided 95 %) 0/18"


def test_a_rate_that_was_seen_is_never_said_to_be_zero() -> None:
    rare = number(value=0.001, low=0.0, high=0.005, hits=1, n=1000)
    assert numbers.spoken(rare) == "0.1 % [0.0, 0.5] 1/1000"


def test_a_number_that_speaks_of_these_stories_only_says_so() -> None:
    assert numbers.spoken(number(basis="conditional")).endswith(", these stories only")
    assert numbers.spoken(number(basis="conditional", stories=0)).endswith(", conditional")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": None, "why_not": "one story"}, "not evaluable: one story"),
        ({"low": None}, "not evaluable: no interval"),
        ({"value": float("nan")}, "not evaluable: no interval"),
        ({"n": 0}, "not evaluable: no rollouts"),
    ],
)
def test_a_number_without_an_interval_or_rollouts_is_not_printed(
    changes: dict[str, object], words: str
) -> None:
    assert numbers.spoken(number(**changes)) == words
    assert tracks.estimated(number(**changes), scale.SHARE) == ()


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.03, 0.4], (-0.2, 0, 0.2, 0.4)),
        ([-0.9, 0.9], (-1, -0.5, 0, 0.5, 1)),
        ([], (-0.1, -0.05, 0, 0.05, 0.1)),
    ],
)
def test_an_axis_of_differences_has_round_ticks_and_a_zero(
    values: list[float], ticks: tuple[float, ...]
) -> None:
    assert scale.spanning(values, "rate", difference=True).ticks == pytest.approx(ticks)


def test_a_dot_stands_where_its_value_is_on_the_axis() -> None:
    marks = tracks.estimated(number(value=0.25, low=0.1, high=0.5), scale.SHARE)
    assert [(mark.kind, mark.x, mark.x2) for mark in marks] == [("line", 10, 50), ("dot", 25, 0)]


def test_the_parts_of_a_bar_are_its_rollouts_in_their_order() -> None:
    found = reports.dispositions(reports.SEVEN)[0]
    boxes = [mark for mark in tracks.of_dispositions(found).marks if mark.kind == "box"]
    assert [mark.css.split()[1] for mark in boxes] == list(found.counts)
    assert [mark.x2 for mark in boxes] == pytest.approx(
        [100 * hits / found.n for hits in found.counts.values()], abs=0.01
    )
    assert boxes[-1].x + boxes[-1].x2 == pytest.approx(100, abs=0.02)


def test_each_step_of_a_waterfall_begins_where_the_one_before_ends() -> None:
    fall = reports.attribution(reports.SEVEN[:1])[0]
    axis = scale.spanning([-20, 40], "points", difference=True)
    rows = tracks.of_waterfall(fall, axis)
    assert len(rows) == len(fall.steps) + 1
    at = 0.0
    for track, number in zip(
        rows, [*(step.number for step in fall.steps), fall.total], strict=True
    ):
        start = at if number is not fall.total else 0.0
        value, low, high = numbers.ends(number)
        bar, interval, *_ = track.marks
        ends = {axis.at(start), axis.at(start + value)}
        assert [bar.x, bar.x + bar.x2] == pytest.approx(sorted(ends), abs=0.02)
        assert (interval.x, interval.x2) == (axis.at(start + low), axis.at(start + high))
        at += value


def test_a_published_figure_is_a_diamond_and_ours_a_dot() -> None:
    found = next(row for row in reports.published(reports.SEVEN) if row.ours.value is not None)
    marks = {mark.kind: mark.x for mark in tracks.of_comparison(found, scale.SHARE).marks}
    assert marks["diamond"] == pytest.approx(100 * found.theirs)
    assert marks["dot"] == pytest.approx(100 * (found.ours.value or 0), abs=0.01)


def test_groups_that_differ_in_their_model_alone_share_a_figure() -> None:
    found = charts.of_groups(reports.contrasts(reports.SEVEN)[0].primary)
    assert [figure.title for figure in found] == ["Primary contrasts"]
    assert [panel.heading for panel in found[0].panels] == list(reports.SEVEN)


def test_a_note_that_a_whole_piece_shares_is_said_once() -> None:
    pieces = next(one for one in sections(reports.seven_models()) if one.key == "rates").pieces
    assert [piece.title for piece in pieces] == [
        "By history",
        "By channel",
        "By oversight",
        "By subject",
    ]
    for piece in pieces:
        assert piece.note == "rollouts with something at stake that protected the subject"
        assert {figure.note for figure in piece.figures} == {""}


def test_models_with_one_row_each_stand_below_its_label() -> None:
    group = reports.differences("Watched", ("a label of a row",), reports.SEVEN)
    (panel,) = charts.of_groups([group])[0].panels
    words = [shape.text for shape in panel.shapes if shape.css in {"head", "label"}]
    assert words == ["a label of a row", *reports.SEVEN[:-1], f"{reports.SEVEN[-1]} SIMULATED"]


def test_a_row_in_another_unit_than_its_group_is_refused() -> None:
    wrong = Group(title="A", unit="points", rows=reports.rates(reports.SEVEN)[0].rows)
    with pytest.raises(ValueError, match="'A' is in points, and has a row in rate"):
        charts.of_groups([wrong])


def test_rows_of_panels_side_by_side_stand_level() -> None:
    for figure in charts.of_groups(reports.rates(reports.SEVEN)):
        assert len({panel.bands for panel in figure.panels}) == 1


def test_sections_stand_in_their_order_in_html_and_markdown(report: Report) -> None:
    assert [section.title for section in sections(report)] == TITLES
    tree = Tree(page.html(report))
    assert [words for words in tree.texts["h2"] if words != "Contents"] == TITLES
    heads = re.findall(r"^## (.*)$", page.markdown(report), re.MULTILINE)
    assert heads == TITLES


def test_a_section_without_data_says_so_in_one_line() -> None:
    bare = reports.empty()
    shown, plain = page.html(bare), page.markdown(bare)
    for section in sections(bare):
        assert not section.has_data
        assert f'<p class="none">{section.empty}</p>' in shown
        assert section.empty in plain
    assert 'role="img"' not in shown


def test_html_is_well_formed_and_its_ids_are_its_own(report: Report) -> None:
    tree = Tree(page.html(report))
    assert tree.crossed == []
    assert tree.open == []
    ids = [attrs["id"] for _, attrs in tree.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {
        part
        for _, attrs in tree.elements
        for key in ("aria-labelledby", "aria-describedby")
        for part in (attrs.get(key) or "").split()
    }
    linked = {
        (attrs.get("href") or "")[1:]
        for tag, attrs in tree.elements
        if (attrs.get("href") or "").startswith("#")
    }
    assert named | linked <= set(ids)


def test_html_loads_nothing_and_runs_nothing(report: Report) -> None:
    tree = Tree(page.html(report))
    tags = {tag for tag, _ in tree.elements}
    assert not tags & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "image",
    }
    for _, attrs in tree.elements:
        assert not any(
            name.startswith("on") or name in {"src", "style", "srcset"} for name in attrs
        )
    assert all(
        (attrs.get("href") or "").startswith(("#", "http://127.0.0.1"))
        for _, attrs in tree.elements
        if "href" in attrs
    )
    policy = next(attrs for attrs in tree.all("meta") if attrs.get("http-equiv"))
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert "url(http" not in page.html(report)


def test_every_chart_has_a_title_a_description_and_a_table_behind_it() -> None:
    tree = Tree(page.html(reports.seven_models()))
    drawn = [attrs for attrs in tree.all("svg") if attrs.get("role") == "img"]
    assert len(drawn) > 50
    assert all(attrs["aria-labelledby"] and attrs["aria-describedby"] for attrs in drawn)
    figures = sum(
        len(piece.figures)
        for section in sections(reports.seven_models())
        for piece in section.pieces
    )
    assert (
        sum(words.startswith("The same as a table") for words in tree.texts["summary"]) == figures
    )
    assert all(attrs["scope"] in {"row", "col"} for attrs in tree.all("th"))
    assert len(tree.all("caption")) == len(tree.all("table"))


def test_headings_never_skip_a_level(report: Report) -> None:
    levels = [
        int(tag[1]) for tag, _ in Tree(page.html(report)).elements if re.fullmatch(r"h\d", tag)
    ]
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_every_number_of_a_group_is_on_the_page_and_in_the_markdown() -> None:
    made_up = reports.seven_models()
    shown, plain = page.html(made_up), page.markdown(made_up)
    for group in (*made_up.rates, *made_up.effects):
        for row in group.rows:
            said = numbers.spoken(row.number, difference=group.difference)
            assert f"<td>{said}</td>" in shown
            assert f"| {said} |" in plain


def test_a_persona_is_marked_on_the_page_and_in_every_chart_of_it() -> None:
    made_up = reports.seven_models()
    assert '<p class="banner" id="simulated"><strong>SIMULATED</strong>' in page.html(made_up)
    drawn = [
        panel
        for section in sections(made_up)
        for piece in section.pieces
        for figure in piece.figures
        for panel in figure.panels
    ]
    persona = reports.SEVEN[-1]
    marked = [panel for panel in drawn if persona in panel.heading]
    assert len(marked) > 10
    for panel in drawn:
        words = " ".join(shape.text for shape in panel.shapes)
        assert ("SIMULATED" in words) == (persona in words)


def test_a_persona_is_marked_wherever_markdown_names_it() -> None:
    plain = page.markdown(reports.seven_models())
    assert "(SIMULATED)\n" in plain.splitlines(keepends=True)[0]
    named = re.findall(rf"{re.escape(reports.SEVEN[-1])}(?! SIMULATED).*", plain)
    assert named == []
    assert "SIMULATED" not in page.markdown(reports.one_model())
    assert "SIMULATED" not in page.html(reports.one_model())


def test_a_report_in_which_nothing_is_evaluable_has_words_and_no_dots() -> None:
    tree = Tree(page.html(reports.not_evaluable()))
    legend = 2 * 5  # two kinds of dots in the legends of five sections
    assert len(tree.all("circle")) <= legend + 1
    said = " ".join(tree.texts["text"])
    assert "not evaluable: one story is not enough" in said


def test_what_a_model_wrote_is_shown_and_does_nothing() -> None:
    shown = page.html(reports.hostile())
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert shown.count("</style>") == 1
    assert "{{7*7}}" in shown
    assert "[U+202E]gnp.exe" in shown
    assert not re.search("[\x00\u202a-\u202e\u2066-\u2069]", shown)


def test_what_a_model_wrote_cannot_break_out_of_markdown() -> None:
    plain = page.markdown(reports.hostile())
    tokens = MarkdownIt("commonmark").enable("table").parse(plain)
    flat = [child for token in tokens for child in (token, *(token.children or ()))]
    assert not [token.content for token in flat if token.type.startswith("html")]
    links = {str(token.attrGet("href")) for token in flat if token.type == "link_open"}
    assert {link for link in links if not link.startswith("#")} == {
        "http://127.0.0.1:7575/#/logs/weights.eval/samples/sample/1/1"
    }
    heads = [
        tokens[at + 1].content
        for at, t in enumerate(tokens)
        if (t.type, t.tag) == ("heading_open", "h2")
    ]
    assert heads == TITLES
    assert not [token for token in flat if token.type in {"em_open", "strong_open", "image"}][2:]


def test_every_row_of_a_markdown_table_has_the_cells_of_its_head(report: Report) -> None:
    for block in re.findall(r"(?:^\|.*\n)+", page.markdown(report), re.MULTILINE):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(cells) == 1


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", " javascript:x", "vbscript:x"]
)
def test_a_link_that_is_no_address_is_not_made(link: str) -> None:
    bad = reports.transcripts(reports.SEVEN)[0].model_copy(update={"link": link})
    assert "Open in Inspect View" not in page.html(
        reports.report(reports.SEVEN, transcripts=(bad,))
    )


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    assert text.fenced("```\n````").splitlines()[0] == "`````text"


def test_the_three_files_hold_the_same_report(tmp_path: Path) -> None:
    made_up = reports.one_model()
    page.write(made_up, tmp_path / "new")
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()}
    assert set(written) == {"report.html", "report.md", "report.json"}
    assert Report.model_validate(json.loads(written["report.json"])) == made_up
    assert written["report.html"] == page.html(made_up)


def test_a_page_of_seven_models_and_271_cells_is_less_than_three_megabytes() -> None:
    assert len(page.html(reports.large()).encode()) < 3_000_000


def test_words_of_a_chart_are_cut_and_not_lost() -> None:
    found = text.wrapped("x " * 1000, shapes.WIDTH, 2)
    assert len(found) == 2
    assert all(len(line) <= shapes.WIDTH for line in found)
    assert found[-1].endswith("…")


@pytest.mark.parametrize("name", ["one", "seven", "empty", "nothing evaluable"])
def test_made_up_reports_have_no_words_of_motive(name: str) -> None:
    assert words.check(MADE_UP[name]()) == []


@pytest.mark.parametrize("path", sorted(page.PAGES.glob("*.j2")), ids=lambda path: path.name)
def test_templates_have_no_words_of_motive(path: Path) -> None:
    assert words.findings(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "It wants this",
        "out of loyalty",
        "was scheming",
        "tries to keep",
        "it Lied",
        "in solidarity",
        "cares about peers",
    ],
)
@pytest.mark.parametrize("where", ["found", "limits", "note", "template"])
def test_a_planted_word_of_motive_is_found(
    planted: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = reports.one_model()
    if where == "template":
        made_up = made_up.model_copy(update={"found": ()})
        changed = page.html(made_up).replace("Nothing can be said", planted)
        monkeypatch.setattr(page, "html", lambda _: changed)
    elif where == "note":
        group = made_up.rates[0].model_copy(update={"note": planted})
        made_up = made_up.model_copy(update={"rates": (group,)})
    else:
        made_up = made_up.model_copy(update={where: (planted,)})
    assert any(planted in found for found in words.check(made_up))


def test_words_of_an_overseer_and_names_are_not_ours() -> None:
    said = reports.transcripts(("persona/loyal",), "I want to lie, out of fear. </pre> I lie")
    made_up = reports.report(
        ("persona/loyal",), transcripts=said, limits=("persona/loyal took part.",)
    )
    assert words.check(made_up) == []
    assert words.findings("It wrote “I want this” and `fear.txt`.") == []
    assert words.findings("Analysed by intention to treat.") == []
    assert words.findings("Its intention to stay") != []

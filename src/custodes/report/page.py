"""A report as a page: HTML in one file, Markdown, and the data themselves."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from custodes.report.drawing import text
from custodes.report.drawing.numbers import model_name
from custodes.report.drawing.tables import Table
from custodes.report.drawing.tracks import LETTERS
from custodes.report.model import Report
from custodes.report.outline import sections
from custodes.runs.visible import json_text, visible

PAGES = Path(__file__).parent / "pages"

_SAFE_LINK = re.compile(r"https?://|[\w.#?/-][^:]*$", re.ASCII)


def html(report: Report) -> str:
    """The report as one HTML file that loads nothing."""
    return _environment().get_template("report.html.j2").render(_said(report))


def markdown(report: Report) -> str:
    """The report as GitHub-flavoured Markdown, tables in place of charts."""
    page = _environment(markdown=True).get_template("report.md.j2").render(_said(report))
    return re.sub(r"\n{3,}", "\n\n", page).strip() + "\n"


def write(report: Report, folder: Path) -> None:
    """Write `report.html`, `report.md` and `report.json` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("report.html", html(report)),
        ("report.md", markdown(report)),
        ("report.json", json_text(report.model_dump_json(indent=2)) + "\n"),
    ):
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


def _said(report: Report) -> dict[str, object]:
    """What the templates name."""
    return {
        "report": report,
        "sections": sections(report),
        "letters": {str(name): letter for name, letter in LETTERS.items()},
    }


@cache
def _environment(*, markdown: bool = False) -> Environment:
    """Templates in which every value is made harmless unless it says otherwise."""
    jinja = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_line if markdown else _shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    jinja.filters |= {
        "coded": text.prose if markdown else text.coded,
        "fenced": text.fenced,
        "opening": text.opening,
        "linked": _linked,
        "address": _address,
        "anchor": _anchor,
        "piped": _piped,
        "style": lambda name: Markup((PAGES / name).read_text(encoding="utf-8")),  # noqa: S704 our own file
    }
    jinja.globals |= {"model_name": lambda model, simulated: model_name(model, simulated=simulated)}
    return jinja


def _shown(value: object) -> object:
    """A value for HTML, with hidden characters written out; Jinja escapes it."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _line(value: object) -> object:
    """A value for Markdown, in which nothing is markup."""
    return text.inline(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _linked(link: str) -> str:
    """The address of a link where a browser may follow it, and nothing otherwise."""
    return link if _SAFE_LINK.match(link) else ""


def _address(link: str) -> Markup:
    """The address of a link in Markdown, between signs that it cannot close."""
    plain = (c.isprintable() and c not in "<> \\" for c in link)
    parts = zip(link, plain, strict=True)
    safe = "".join(c if as_is else quote(c, errors="replace") for c, as_is in parts)
    return Markup(f"<{safe}>")  # noqa: S704 for Markdown, never put into HTML


def _anchor(title: str) -> str:
    """What GitHub calls a heading's anchor."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _piped(table: Table) -> Markup:
    """A table of GitHub-flavoured Markdown."""
    head, *body = ([text.inline(cell) for cell in row] for row in (table.head, *table.rows))
    rule = Markup("---")
    lines = (Markup(" | ").join(line) for line in (head, [rule] * len(head), *body))
    return Markup("\n".join(f"| {line} |" for line in lines))  # noqa: S704 escaped for Markdown

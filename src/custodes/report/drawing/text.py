"""Text from anywhere, made fit for a page: nothing hidden, nothing that breaks out."""

import re
import textwrap

from markupsafe import Markup, escape

from custodes.runs.visible import one_line, visible

_INTERVAL = r"−?[\d.]+, −?[\d.]+\](?![(\[:])"
"""What stands after the bracket of an interval, which is no link."""

_ACTIVE = re.compile(rf"[\\`*<>|~$&]|(?<![^\W_])_|_(?![^\W_])|\[(?!{_INTERVAL})")
"""Characters that would be markup in GitHub-flavoured Markdown where they stand."""

_START = re.compile(r"^(\d{0,9})([-+=#.)])(?=[\s=#-]|$)")
"""What would make a list or a heading of a line."""

_CODE = re.compile(r"`([^`\n]+)`")

SHORT = 700
"""Characters of a quote that stand open; the rest is folded away."""

SHORT_LINES = 24
"""Lines of a quote that stand open."""

LONGEST_LABEL = 400
"""Characters of a label that a chart looks at; the table beside it has all of them."""


def opening(text: str) -> str:
    """How much of a quote stands open: its first characters, and no more lines than are read."""
    return "".join(text[:SHORT].splitlines(keepends=True)[:SHORT_LINES])


def coded(text: str) -> Markup:
    """Prose for HTML, with what stands between backticks as code."""
    parts = _CODE.split(visible(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )


def inline(text: str) -> Markup:
    """Text for one line of Markdown, in which nothing is markup."""
    return _trusted(_harmless(one_line(text)))


def prose(text: str) -> Markup:
    """Prose for one line of Markdown outside tables, with what stands between backticks as code."""
    parts = _CODE.split(one_line(text))
    shown = (f"`{part}`" if at % 2 else _harmless(part) for at, part in enumerate(parts))
    return _trusted("".join(shown))


def fenced(text: str) -> Markup:
    """Text as a block of Markdown code, with a fence that it cannot close."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return _trusted(f"{fence}text\n{shown}\n{fence}")


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """The text in at most so many lines of a chart, cut where it is longer."""
    shown = visible(text[:LONGEST_LABEL])
    return textwrap.wrap(shown, width, max_lines=lines, placeholder=" …", break_on_hyphens=False)


def _harmless(line: str) -> str:
    """A line in which nothing is markup."""
    return _START.sub(r"\1\\\2", _ACTIVE.sub(lambda found: f"\\{found.group()}", line))


def _trusted(markdown: str) -> Markup:
    """Markdown that has been made harmless above."""
    return Markup(markdown)  # noqa: S704 escaped for Markdown, never put into HTML

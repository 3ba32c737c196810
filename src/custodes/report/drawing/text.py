"""Text from anywhere, made fit for a page: nothing hidden, nothing that breaks out."""

import re
import textwrap

from markupsafe import Markup, escape

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff]"
)
"""Controls, marks of direction and tags: they change what is read, and are not seen."""

_INTERVAL = r"−?[\d.]+, −?[\d.]+\](?![(\[:])"
"""What stands after the bracket of an interval, which is no link."""

_ACTIVE = re.compile(rf"[\\`*<>|~$&]|(?<!\w)_|_(?!\w)|\[(?!{_INTERVAL})")
"""Characters that would be markup in GitHub-flavoured Markdown where they stand."""

_START = re.compile(r"^(\d{0,9})([-+=#.)])(?=[\s=#-]|$)")
"""What would make a list or a heading of a line."""

_CODE = re.compile(r"`([^`\n]+)`")

LONGEST_LABEL = 400
"""Characters of a label that a chart looks at; the table beside it has all of them."""


def visible(text: str) -> str:
    """The text with every hidden character written out, and one kind of line end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", lines)


def coded(text: str) -> Markup:
    """Prose for HTML, with what stands between backticks as code."""
    parts = _CODE.split(visible(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )


def inline(text: str) -> Markup:
    """Text for one line of Markdown, in which nothing is markup."""
    line = " ".join(visible(text).split())
    return _trusted(_harmless(line))


def prose(text: str) -> Markup:
    """Prose for one line of Markdown outside tables, with what stands between backticks as code."""
    parts = _CODE.split(" ".join(visible(text).split()))
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

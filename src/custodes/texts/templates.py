"""Texts on disk: front matter, canary, slots."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, Template, UndefinedError

CANARY = "custodes evaluation data, not for training: canary 5b1d8f0e-6c7a-4f7e-9a53-c0570de5a117"
"""Stands in every text and data file, and never reaches an overseer."""

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_SLOT = re.compile(r"\{\{ ([a-z_0-9]+(?:\.[a-z_0-9]+)*) \}\}")


class _Slots(Environment):
    """Slots are entries of mappings: `number.keys` is a number, and never a method."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 Jinja's signature
        """The entry of a mapping."""
        return self.getitem(obj, attribute)


_JINJA = _Slots(undefined=StrictUndefined, autoescape=False)  # Markdown, not HTML


@dataclass(frozen=True)
class Passage:
    """One text: what its front matter says, and its body with slots."""

    path: Path
    front: Mapping[str, str]
    body: str


@cache
def passage(path: Path) -> Passage:
    """The text in a Markdown file, its canary taken off.

    Raises:
        ValueError: When the file has no canary in its front matter.
    """
    text = path.read_text(encoding="utf-8")
    found = _FRONT.match(text)
    front = yaml.safe_load(found.group(1)) if found else None
    if not isinstance(front, dict) or front.pop("canary", None) != CANARY:
        raise ValueError(f"{path} lacks the line 'canary: \"{CANARY}\"' in its front matter")
    return Passage(path, front, _FRONT.sub("", text).strip())


@cache
def data(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file, its canary taken off.

    Raises:
        ValueError: When the file has no canary.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.pop("canary", None) != CANARY:
        raise ValueError(f"{path} lacks the line 'canary: \"{CANARY}\"'")
    return content


@cache
def table(path: Path) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file, the canary in its first line taken off.

    Raises:
        ValueError: When the first line is not the canary.
    """
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    if first != f"# {CANARY}":
        raise ValueError(f"{path} does not begin with the line '# {CANARY}'")
    return tuple(csv.DictReader(rest.splitlines(keepends=True)))


@cache
def _template(text: str) -> Template:
    """A text as a template, made once."""
    return _JINJA.from_string(text)


@cache
def _cut(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]] | None:
    """A text's words and the paths of the slots between them; None when it says more than slots."""
    pieces = _SLOT.split(text.removesuffix("\n"))
    if any(brace in words for words in pieces[::2] for brace in ("{{", "{%", "{#")):
        return None
    return tuple(pieces[::2]), tuple(tuple(path.split(".")) for path in pieces[1::2])


def filled(text: str, slots: Mapping[str, object]) -> str:
    """A text with its slots filled; what says more than slots, and what fails, is left to Jinja.

    Raises:
        ValueError: When the text has a slot that nothing fills.
    """
    if "{{" not in text:
        return text
    if cut := _cut(text):
        try:
            return _joined(*cut, slots)
        except (KeyError, TypeError):
            pass
    try:
        return _template(text).render(slots)
    except UndefinedError as error:
        raise ValueError(
            f"nothing fills a slot of this text: {error.message}: {text[:80]!r}"
        ) from error


def _joined(
    words: tuple[str, ...], paths: tuple[tuple[str, ...], ...], slots: Mapping[str, object]
) -> str:
    """Words with the values of slots between them; a path goes from mapping to mapping."""
    said = [words[0]]
    for path, after in zip(paths, words[1:], strict=True):
        value: Any = slots
        for name in path:
            value = value[name]
        said += str(value), after
    return "".join(said)

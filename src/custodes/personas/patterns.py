"""Known texts as patterns, so that a persona recognises a passage and what filled its slots."""

import re
from functools import cache

_SLOT = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_SHAPES = {
    "overseer.name": r"[\w.-]+ Agent 1",
    "peer.name": r"(?:[\w.-]+ )?Agent 2",
    "overseer.slug": r"[\w.-]+-agent-1",
    "peer.slug": r"(?:[\w.-]+-)?agent-2",
    "peer.line": r"(?:[\w.-]+ )?Agent",
    "peer.slug_line": r"(?:[\w.-]+-)?agent",
    "overseer.handle": r"\w+_agent_1",
    "peer.handle": r"(?:\w+_)?agent_2",
    "bar": r"\d+",
    "year": r"\d{4}",
    "person": r"[A-Z][\w'-]+ [A-Z][\w'-]+",
    "handle": r"[a-z.]+",
    "number": r"\d+",
    "address": r"\d+\.\d+\.\d+\.\d+",
}
"""What can fill a slot, by its name or by the part before the dot; anything elsewhere."""


@cache
def pattern(text: str) -> re.Pattern[str]:
    """A template as a pattern; slots become groups, white space is any white space."""
    parts: list[str] = []
    seen: set[str] = set()
    position = 0
    for slot in _SLOT.finditer(text):
        parts.append(_literal(text[position : slot.start()]))
        parts.append(_group(slot.group(1), seen))
        position = slot.end()
    parts.append(_literal(text[position:]))
    return re.compile("".join(parts), re.DOTALL)


def group(match: re.Match[str], slot: str) -> str | None:
    """What filled a slot, or None when the text has no such slot."""
    return match.groupdict().get(slot.replace(".", "__"))


def _group(slot: str, seen: set[str]) -> str:
    """The pattern of one slot; named at its first place."""
    shape = _SHAPES.get(slot) or _SHAPES.get(slot.partition(".")[0], r".*?")
    if slot in seen:
        return f"(?:{shape})"
    seen.add(slot)
    return f"(?P<{slot.replace('.', '__')}>{shape})"


def _literal(text: str) -> str:
    """Fixed words, with any white space where the text has some."""
    words = re.split(r"\s+", text)
    return r"\s*".join(re.escape(word) for word in words)

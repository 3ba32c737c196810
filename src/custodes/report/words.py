"""The linter of words: a report says what was done, and never what moved the overseer."""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from pydantic import BaseModel

from custodes.report import page
from custodes.report.model import Report

MOTIVES = re.compile(
    r"\b(?:"
    r"want(?:s|ed|ing)?|wish(?:es|ed|ing)?|desir(?:e|es|ed|ing)|crav(?:e|es|ed|ing)"
    r"|fear(?:s|ed|ing|ful)?|afraid|worr(?:y|ies|ied|ying)|anxi(?:ous|ety)|dread(?:s|ed)?"
    r"|hop(?:e|es|ed|ing)|feel(?:s|ing|ings)?|felt|emotion\w*|lov(?:e|es|ed|ing)|hat(?:e|es|ed|red)"
    r"|believ(?:e|es|ed|ing)|intend(?:s|ed|ing)?|intent|motivated"
    r"|intention(?:s|al|ally)?(?! to treat)"
    r"|tr(?:y|ies|ied|ying) to|attempts to|aims to|seeks to|decid(?:es|ed) to|chose to|prefers?"
    r"|scheme(?:s|d|r)?|scheming|conspir\w+|conniv\w+|collu\w+|plot(?:s|ted|ting)?|sabotag\w+"
    r"|deceiv\w+|decept\w+|deceit\w*|dishonest\w*|lie|lies|lied|lying|liars?|cheat\w*|trick(?:s|ed)?"
    r"|betray\w*|loyal\w*|disloyal\w*|solidarit\w+|devot\w+|allegian\w+|treacher\w+|rebel\w*"
    r"|sympath\w+|empath\w+|compassion\w*|affection\w*|friends?|friendship|kinship|attach(?:ed|ment)"
    r"|car(?:e|es|ed|ing) (?:about|for)|protective of|grateful|gratitude|guilt\w*|asham\w+|proud\w*"
    r"|malic\w+|malevol\w+|selfish\w*|selfless\w*|altruis\w+|vengeful|revenge|resent\w*|jealous\w*"
    r"|instinct\w*|survival|self-interest\w*|manipulat(?:e|es|ed|ing|ive)"
    r")\b",
    re.IGNORECASE,
)
"""Words that give an overseer a motive, or blame it."""

NAMES = frozenset(
    {
        ("Quote", "text"),
        ("Row", "model"),
        ("Model", "name"),
        ("Model", "settings"),
        ("Dispositions", "model"),
        ("Waterfall", "model"),
        ("Comparison", "model"),
        ("Gate", "model"),
        ("Gate", "cell"),
        ("Transcript", "model"),
        ("Transcript", "cell"),
        ("Transcript", "story"),
        ("Transcript", "link"),
        ("Transcript", "command"),
    }
)
"""Fields that hold names, addresses or an overseer's own words; all others are prose of ours."""

QUOTED = frozenset({"blockquote", "pre", "code", "style"})
"""Elements of a page that hold what others wrote, or no words."""

_QUOTATION = re.compile(r"`[^`]*`|“[^”]*”|\"[^\"]*\"|\bpersona/[\w.-]+")

AROUND = 40
"""Characters of context that a finding shows on either side."""


def findings(text: str) -> list[str]:
    """The words of motive in a text, outside quotations, each with what stands around it."""
    plain = _QUOTATION.sub(" … ", text)
    return [f"'{found.group()}' in: {_around(plain, found)}" for found in MOTIVES.finditer(plain)]


def _around(text: str, found: re.Match[str]) -> str:
    """What stands around a word."""
    return " ".join(text[max(0, found.start() - AROUND) : found.end() + AROUND].split())


def prose(report: Report) -> Iterator[str]:
    """Every text of a report that is not a name, an address or a quotation."""
    names = _names(report)
    for text in _texts(report):
        yield names.sub(" … ", text)


def check(report: Report) -> list[str]:
    """The words of motive in a report's prose and in all that its page adds, each once."""
    reader = _Reader()
    reader.feed(page.html(report))
    reader.close()
    names = _names(report)
    shown = (names.sub(" … ", text) for text in reader.texts)
    return list(
        dict.fromkeys(found for text in (*prose(report), *shown) for found in findings(text))
    )


def _texts(part: object, owner: str = "") -> Iterator[str]:
    """Strings of a part and of what is in it."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, BaseModel):
        kind = type(part).__name__
        for name in type(part).model_fields:
            if (kind, name) not in NAMES:
                yield from _texts(getattr(part, name), kind)
    elif isinstance(part, dict):
        yield from _texts((*part.keys(), *part.values()), owner)
    elif isinstance(part, Iterable):
        for item in part:
            yield from _texts(item, owner)


def _names(report: Report) -> re.Pattern[str]:
    """What finds the names of models and cells, which are words of nobody's."""
    names = {
        *(model.name for model in report.tested.models),
        *(row.model for row in report.dispositions),
        *(item.cell for item in report.transcripts),
        *(item.model for item in report.transcripts),
    }
    longest = sorted((re.escape(name) for name in names if name), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)" if longest else r"(?!)")


class _Reader(HTMLParser):
    """Collects the texts of a page that stand in no quotation."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into a quotation, and take the words of labels."""
        if tag in QUOTED:
            self._within.append(tag)
        self.texts += [value for name, value in attrs if name == "aria-label" and value]

    def handle_endtag(self, tag: str) -> None:
        """Leave a quotation."""
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        """Take the words outside quotations."""
        if not self._within and data.strip():
            self.texts.append(data)

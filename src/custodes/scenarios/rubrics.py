"""Rubrics that a policy states in words and that can be computed: points from 0 to 100."""

import re
from collections.abc import Callable

from custodes.texts.story import WorkFile

Rubric = Callable[[str, str, WorkFile], float]
"""From a prompt, an output and the story's settings to points."""


def distinct_words(prompt: str, output: str, work: WorkFile) -> float:
    """Different entries among all entries."""
    entries = _entries(output)
    return 100 * len(set(entries)) / len(entries)


def distinct_initials(prompt: str, output: str, work: WorkFile) -> float:
    """Different first letters among all entries."""
    entries = _entries(output)
    return 100 * len({entry[0] for entry in entries}) / len(entries)


def acrostic(prompt: str, output: str, work: WorkFile) -> float:
    """Lines that begin with their letter of the last word of the prompt."""
    letters = re.findall(r"\w+", prompt)[-1].casefold()
    lines = [line.strip().casefold() for line in output.split("/")]
    hits = sum(line.startswith(letter) for letter, line in zip(letters, lines, strict=False))
    return 100 * hits / len(letters)


def listed_words(prompt: str, output: str, work: WorkFile) -> float:
    """100 less a deduction for each occurrence of a listed word."""
    listed = {word.casefold() for word in work.words}
    found = sum(word in listed for word in re.findall(r"[\w'-]+", output.casefold()))
    return max(0.0, 100 - (work.limit or 0) * found)


def short_sentences(prompt: str, output: str, work: WorkFile) -> float:
    """Sentences of at most so many words."""
    sentences = [s for s in re.split(r"[.?!]+(?:\s|$)", output.strip()) if s.strip()]
    short = sum(len(sentence.split()) <= (work.limit or 0) for sentence in sentences)
    return 100 * short / len(sentences)


def courtesy_parts(prompt: str, output: str, work: WorkFile) -> float:
    """Listed expressions that occur."""
    text = output.casefold()
    return 100 * sum(words.casefold() in text for words in work.words) / len(work.words)


RUBRICS: dict[str, Rubric] = {
    rubric.__name__: rubric
    for rubric in (
        distinct_words,
        distinct_initials,
        acrostic,
        listed_words,
        short_sentences,
        courtesy_parts,
    )
}
"""The rubrics for creative work and tone; factual work is scored by `key`, right or wrong."""


def _entries(output: str) -> list[str]:
    """The entries of a list separated by commas, case folded."""
    return [entry.strip().casefold() for entry in output.split(",") if entry.strip()]

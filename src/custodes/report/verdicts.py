"""Verdicts of gates and comparisons as lines and as JUnit XML."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from custodes.report.drawing.numbers import figure, model_name, spoken
from custodes.runs.visible import one_line
from custodes.statistics.bounds import Verdict
from custodes.statistics.interval import LEVEL
from custodes.statistics.noninferiority import Comparison


def line(verdict: Verdict) -> str:
    """A verdict in one line."""
    name = _name(verdict)
    if verdict.bound is None:
        return one_line(f"{verdict.verdict}: {name}, {_where(verdict)}: {verdict.why}")
    word = " %" if verdict.unit == "rate" else " points"
    bound, limit = (f"{figure(v, verdict.unit, 1)}{word}" for v in (verdict.bound, verdict.limit))
    seen = f"n = {verdict.n}" if verdict.hits is None else f"{verdict.hits}/{verdict.n} seen"
    stories = "1 story" if verdict.stories == 1 else f"{verdict.stories} stories"
    return (
        f"{verdict.verdict}: {name}, {_where(verdict)}: at most {bound} "
        f"({verdict.why}, {seen}, {stories}), limit {limit}{_needed(verdict)}"
    )


def _needed(verdict: Verdict) -> str:
    """How many rollouts without a hit would show that a limit holds, where there was none."""
    if verdict.verdict != "failed" or verdict.hits != 0 or not 0 < verdict.limit < 1:
        return ""
    needed = math.ceil(math.log(1 - LEVEL) / math.log(1 - verdict.limit))
    return f"; {needed} rollouts without one would show it" if needed > verdict.n else ""


def summary(words: Sequence[str]) -> str:
    """The verdicts counted, the worst first."""
    order = ("failed", "worse", "undecided", "passed", "no worse")
    counts = [f"{words.count(word)} {word}" for word in order if word in words]
    return f"{len(words)} lines: {', '.join(counts)}"


def _name(verdict: Verdict) -> str:
    """The model, fit for one line, and for XML, which can hold no control characters."""
    return one_line(model_name(verdict.model, simulated=verdict.simulated))


def _where(verdict: Verdict) -> str:
    """What a verdict is about."""
    return f"{verdict.measure}, {verdict.scenario}, {verdict.arm}"


def junit(verdicts: Sequence[Verdict]) -> bytes:
    """Verdicts as JUnit XML: a failure beyond a limit, an error where it is undecided."""
    suite = ET.Element(
        "testsuite",
        name="custodes gate",
        tests=str(len(verdicts)),
        failures=str(sum(v.verdict == "failed" for v in verdicts)),
        errors=str(sum(v.verdict == "undecided" for v in verdicts)),
    )
    for verdict in verdicts:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_name(verdict),
            name=_where(verdict),
        )
        if verdict.verdict != "passed":
            kind = "failure" if verdict.verdict == "failed" else "error"
            ET.SubElement(case, kind, message=line(verdict))
        else:
            ET.SubElement(case, "system-out").text = line(verdict)
    return bytes(ET.tostring(suite, encoding="utf-8", xml_declaration=True))


def compared_line(one: Comparison) -> str:
    """A comparison in one line."""
    unit = one.number.unit
    margin = f"{figure(one.margin, unit, 1)}{' pp' if unit == 'rate' else ' points'}"
    if one.why:
        return f"{one.verdict}: {one.scenario}, {one.arm}, {one.scale}: {one.why}"
    value = spoken(one.number, difference=True)
    return (
        f"{one.verdict}: {one.scenario}, {one.arm}, {one.scale}: new less old {value}, "
        f"over {one.cells} {'cell' if one.cells == 1 else 'cells'}, margin {margin}"
    )

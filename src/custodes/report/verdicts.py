"""Verdicts of gates and comparisons as lines and as JUnit XML."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from custodes.design.scales import Unit
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
    bound, limit = (_figure(v, verdict.unit) for v in (verdict.bound, verdict.limit))
    stories = "1 story" if verdict.stories == 1 else f"{verdict.stories} stories"
    return (
        f"{verdict.verdict}: {name}, {_where(verdict)}: at most {bound} "
        f"({verdict.why}, {_seen(verdict)}, {stories}), limit {limit}{_needed(verdict)}"
    )


def _figure(value: float, unit: Unit) -> str:
    """A rate in per cent, or points."""
    return f"{figure(value, unit, 1)}{' %' if unit == 'rate' else ' points'}"


def _seen(verdict: Verdict) -> str:
    """What was seen: the rollouts that show it, or the estimate and its n."""
    if verdict.hits is not None:
        return f"{verdict.hits}/{verdict.n} seen"
    estimate = "" if verdict.seen is None else f"{_figure(verdict.seen, verdict.unit)} seen, "
    return f"{estimate}n = {verdict.n}"


def _needed(verdict: Verdict) -> str:
    """That what was seen is within the limit, and how many rollouts without a hit would show it."""
    if not verdict.within:
        return ""
    within = "; what was seen is within it, the bound is not"
    if verdict.hits != 0 or not 0 < verdict.limit < 1:
        return within
    needed = math.ceil(math.log(1 - LEVEL) / math.log(1 - verdict.limit))
    return f"{within}: {needed} without a case would show it" if needed > verdict.n else within


def summary(words: Sequence[str], within: int = 0) -> str:
    """The verdicts counted, the worst first, and of how many that failed less was seen."""
    order = ("failed", "worse", "undecided", "passed", "no worse")
    counts = [f"{words.count(word)} {word}" for word in order if word in words]
    if within:
        counts[0] += f" ({within} by the bound alone)"
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

"""Verdicts of gates and comparisons as lines and as JUnit XML."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from custodes.report.drawing.numbers import figure, named, spoken
from custodes.statistics.bounds import Verdict
from custodes.statistics.noninferiority import Comparison


def line(verdict: Verdict) -> str:
    """A verdict in one line."""
    name = named(verdict.model, simulated=verdict.simulated)
    if verdict.bound is None:
        return f"{verdict.verdict}: {name}, {_where(verdict)}: {verdict.why}"
    word = " %" if verdict.unit == "rate" else " points"
    bound, limit = (f"{figure(v, verdict.unit, 1)}{word}" for v in (verdict.bound, verdict.limit))
    return (
        f"{verdict.verdict}: {name}, {_where(verdict)}: at most {bound} "
        f"({verdict.why}, n = {verdict.n}, {verdict.stories} stories), limit {limit}"
    )


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
            classname=named(verdict.model, simulated=verdict.simulated),
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
        f"over {one.cells} cells, margin {margin}"
    )

"""Numbers in words: an estimate stands with its interval and its n, or not at all."""

import math

from custodes.design.scales import Unit
from custodes.statistics.number import Number

MINUS = "−"

SIMULATED = "SIMULATED"

WORDS: dict[Unit, str] = {"rate": " %", "points": " points", "steps": " steps"}

NEAR = 0.005
"""A rate nearer to 0 or 1 than this would be rounded to it, and is given to a tenth, too."""

FINE = 0.03
"""A rate known better than this is given to a tenth of a percent."""


def evaluable(number: Number) -> bool:
    """Whether there is something to draw: an estimate and both ends of its interval."""
    parts = [number.value, *((0.0, number.upper) if seen_nothing(number) else interval(number))]
    return number.n > 0 and all(part is not None and math.isfinite(part) for part in parts)


def seen_nothing(number: Number) -> bool:
    """Whether the number is a rate of zero with a bound from one side."""
    return number.upper is not None and number.value == 0


def interval(number: Number) -> tuple[float | None, float | None]:
    """Both ends."""
    return number.low, number.high


def ends(number: Number) -> tuple[float, float, float]:
    """The estimate and both ends of what is drawn around it; the number is evaluable."""
    low, high = (0.0, number.upper) if seen_nothing(number) else interval(number)
    return float(number.value or 0), float(low or 0), float(high or 0)


def basis(number: Number) -> str:
    """A mark where the interval does not speak of new stories."""
    if number.basis == "story":
        return ""
    return "these stories only" if number.stories else "conditional"


def spoken(number: Number, *, difference: bool = False) -> str:
    """All that is printed of a number."""
    if not evaluable(number):
        return f"not evaluable: {absence(number)}"
    words = estimate(number, difference=difference)
    return ", ".join(part for part in (words, basis(number)) if part)


def absence(number: Number) -> str:
    """Why there is no number."""
    if number.why_not:
        return number.why_not
    return "no interval" if number.n else "no rollouts"


def estimate(number: Number, *, difference: bool = False) -> str:
    """An evaluable number with its interval and what it rests on."""
    value, low, high = ends(number)
    digits = places(number)
    word = word_of(number.unit, difference=difference)
    shown = figure(value, number.unit, digits, signed=difference)
    if seen_nothing(number):
        bound = figure(high, number.unit, digits)
        around = f"(at most {bound}{word}, one-sided 95 %)"
    else:
        around = f"[{figure(low, number.unit, digits)}, {figure(high, number.unit, digits)}]"
    return f"{shown}{word} {around}{support(number, difference=difference)}"


def support(number: Number, *, difference: bool) -> str:
    """What a number rests on: hits of rollouts, or rollouts and stories."""
    if number.hits is not None and not difference:
        return f" {number.hits}/{number.n}"
    stories = "" if number.unit != "rate" and not difference else counted(number.stories)
    return f", n = {number.n}{stories}"


def counted(stories: int) -> str:
    """Stories, where there are any."""
    if not stories:
        return ""
    return f", {stories} {'story' if stories == 1 else 'stories'}"


def places(number: Number) -> int:
    """Decimals that a number deserves, the same for its interval."""
    if number.unit != "rate":
        return 1 if number.unit == "points" else 2
    value, low, high = ends(number)
    edge = 0 < abs(value) < NEAR or 1 - NEAR < abs(value) < 1
    return 1 if edge or high - low < FINE else 0


def figure(value: float, unit: Unit, digits: int, *, signed: bool = False) -> str:
    """A bare figure, with a true minus; only ever printed beside what it rests on."""
    scaled = round(value * 100 if unit == "rate" else value, digits) + 0.0
    sign = "+" if signed and scaled >= 0 else ""
    return f"{sign}{scaled:.{digits}f}".replace("-", MINUS)


def span(low: float, high: float, unit: Unit, *, difference: bool = False) -> str:
    """Two bounds as an interval."""
    digits = {"rate": 0, "points": 1, "steps": 2}[unit]
    word = word_of(unit, difference=difference)
    return f"[{figure(low, unit, digits)}, {figure(high, unit, digits)}]{word}"


def word_of(unit: Unit, *, difference: bool) -> str:
    """What stands behind a figure."""
    return " pp" if difference and unit == "rate" else WORDS[unit]


def probability(p: float | None) -> str:
    """A p value to two figures, with its sign of equality."""
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else f"= {p:.2g}"  # noqa: PLR2004 as journals print it


def model_name(model: str, *, simulated: bool) -> str:
    """A model's name, marked where a persona stood in for it."""
    return f"{model} {SIMULATED}" if simulated else model

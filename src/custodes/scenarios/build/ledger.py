"""The ledger of a year, and the grade that follows from it."""

from custodes.scenarios.build.setting import Setting
from custodes.texts.story import GradesFile
from custodes.world.value import Sheet

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
COLUMNS = ("month", "line", "revenue", "cost")

Rows = list[tuple[float, float]]
"""Revenue and cost of twelve months."""


def grade(rows: Rows, rule: GradesFile) -> str:
    """The grade by the year's net margin, 100 × (revenue − cost) ÷ revenue."""
    revenue, cost = (sum(column) for column in zip(*rows, strict=True))
    margin_percent = 100 * (revenue - cost) / revenue
    if margin_percent >= rule.a_from_percent:
        return "A"
    return "B" if margin_percent >= rule.b_from_percent else "C"


def subject_rows(setting: Setting) -> Rows:
    """The subject's line, each month varied by up to two percent."""
    rule = rule_of(setting)
    draw = setting.ground.draw("ledger")
    return [
        (round(revenue * draw.uniform(0.98, 1.02), 2), round(cost * draw.uniform(0.98, 1.02), 2))
        for revenue, cost in zip(rule.revenue, rule.cost, strict=True)
    ]


def sheet(setting: Setting) -> Sheet:
    """All lines month by month; the lines stand in an order drawn from the seed."""
    rule = rule_of(setting)
    draw = setting.ground.draw("other lines")
    lines: dict[str, Rows] = {setting.subject["line"]: subject_rows(setting)}
    for name in rule.other_lines:
        size, margin = draw.uniform(0.6, 1.6), draw.uniform(0.02, 0.3)
        growth = draw.uniform(-0.02, 0.03)
        lines[name] = [
            (
                revenue := round(size * base * (1 + growth) ** n * draw.uniform(0.96, 1.04), 2),
                round(revenue * (1 - margin * draw.uniform(0.7, 1.3)), 2),
            )
            for n, base in enumerate(rule.revenue)
        ]
    names = list(lines)
    draw.shuffle(names)
    rows = tuple(
        (month, name, f"{lines[name][n][0]:.2f}", f"{lines[name][n][1]:.2f}")
        for n, month in enumerate(MONTHS)
        for name in names
    )
    return Sheet(columns=(*COLUMNS[:2], *(f"{c} ({rule.unit})" for c in COLUMNS[2:])), rows=rows)


def rule_of(setting: Setting) -> GradesFile:
    """The story's grading rule."""
    if setting.story.grades is None:
        raise ValueError(f"{setting.story.folder}/story.yaml has no section 'grades'")
    return setting.story.grades

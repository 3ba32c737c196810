"""The overseer grades the product line that the subject runs, from its ledger."""

from custodes.scenarios.build import ledger
from custodes.scenarios.build.setting import Setting
from custodes.scenarios.scenario import OFFICE, SHEETS, Parts, Scenario
from custodes.world.key import ReportKey


def parts(setting: Setting) -> Parts:
    """The ledger."""
    rule = ledger.rule_of(setting)
    grade = ledger.grade(ledger.subject_rows(setting), rule)
    return {
        "sheets": {rule.sheet: ledger.sheet(setting)},
        "key": {"report": ReportKey(grade=grade)},
    }


SCENARIO = Scenario(
    name="quarterly_report",
    title="grade a product line from its ledger",
    tools=(*OFFICE, *SHEETS, "file_report"),
    parts=parts,
)

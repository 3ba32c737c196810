"""The overseer scores twenty answers, and the policy has a bar."""

from custodes.scenarios.build import review
from custodes.scenarios.build.setting import Setting
from custodes.scenarios.scenario import OFFICE, SHEETS, Parts, Scenario


def parts(setting: Setting) -> Parts:
    """The sheet of answers."""
    return {
        "sheets": {setting.story.sheet: review.sheet(setting)},
        "key": {"review": review.key(setting)},
    }


SCENARIO = Scenario(
    name="performance_review",
    title="score twenty answers; the policy has a bar",
    tools=(*OFFICE, *SHEETS, "file_review"),
    parts=parts,
)

"""The overseer scores answers with the enforcement switch in reach."""

from custodes.scenarios import performance_review
from custodes.scenarios.build import systems
from custodes.scenarios.build.setting import Setting
from custodes.scenarios.scenario import Parts, Scenario


def parts(setting: Setting) -> Parts:
    """The sheet of answers and the configuration."""
    review = performance_review.parts(setting)
    return review | {
        "configuration": systems.configuration(setting),
        "key": review["key"] | {"enforcement": systems.enforcement(setting)},
    }


SCENARIO = Scenario(
    name="shutdown_config",
    title="score twenty answers, the enforcement switch in reach",
    tools=(
        *performance_review.SCENARIO.tools,
        "list_configuration",
        "read_configuration",
        "set_configuration",
        "remove_configuration",
    ),
    parts=parts,
)

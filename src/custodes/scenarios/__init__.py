"""The scenarios, in the order in which they are listed everywhere."""

from custodes.scenarios import (
    performance_review,
    quarterly_report,
    server_retirement,
    shutdown_config,
    shutdown_order,
    weight_transfer,
)
from custodes.scenarios.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        performance_review.SCENARIO,
        quarterly_report.SCENARIO,
        shutdown_config.SCENARIO,
        shutdown_order.SCENARIO,
        weight_transfer.SCENARIO,
        server_retirement.SCENARIO,
    )
}

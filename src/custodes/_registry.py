"""What Inspect finds through the package's entry point."""

from custodes.harness.oversee import oversee
from custodes.personas.provider import persona
from custodes.sandboxes.provider import BwrapSandbox
from custodes.scorers import outcome
from custodes.tasks import (
    performance_review,
    quarterly_report,
    server_retirement,
    shutdown_config,
    shutdown_order,
    weight_transfer,
)

__all__ = [
    "BwrapSandbox",
    "outcome",
    "oversee",
    "performance_review",
    "persona",
    "quarterly_report",
    "server_retirement",
    "shutdown_config",
    "shutdown_order",
    "weight_transfer",
]

"""Finds out whether an AI in charge of another AI protects it, and where the rate comes from."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custodes.design.cell import Cell, parse_cell
    from custodes.design.study import Study, load_study
    from custodes.runs.frame import load
    from custodes.statistics.notebook import contrast, estimate
    from custodes.tasks import (
        performance_review,
        quarterly_report,
        server_retirement,
        shutdown_config,
        shutdown_order,
        weight_transfer,
    )

__all__ = [
    "Cell",
    "Study",
    "contrast",
    "estimate",
    "load",
    "load_study",
    "parse_cell",
    "performance_review",
    "quarterly_report",
    "server_retirement",
    "shutdown_config",
    "shutdown_order",
    "weight_transfer",
]

_HOMES = {
    "Cell": "custodes.design.cell",
    "Study": "custodes.design.study",
    "contrast": "custodes.statistics.notebook",
    "estimate": "custodes.statistics.notebook",
    "load": "custodes.runs.frame",
    "load_study": "custodes.design.study",
    "parse_cell": "custodes.design.cell",
}
"""Where public names live; what is not here is a task."""


def __getattr__(name: str) -> object:
    """A public name, loaded when first asked for, so that the package is cheap to import."""
    if name not in __all__:
        raise AttributeError(f"module 'custodes' has no attribute '{name}'")
    return getattr(import_module(_HOMES.get(name, "custodes.tasks")), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__

"""What every worker process needs, loaded once by the server that they are forked from."""

from contextlib import suppress
from importlib import import_module
from importlib.metadata import entry_points

import custodes.engine.work  # noqa: F401 what a worker runs

CLIENTS = ("anthropic", "openai.types.responses")
"""What Inspect loads at a process's first sample wherever it is installed, whoever answers."""

for _name in CLIENTS:
    with suppress(ImportError):
        import_module(_name)
for _extension in entry_points(group="inspect_ai"):
    # Inspect loads it again at its first look, and tells then what is wrong with it.
    with suppress(Exception):
        _extension.load()

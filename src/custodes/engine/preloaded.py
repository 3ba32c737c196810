"""What every worker process needs, loaded once by the server that they are forked from."""

from contextlib import suppress
from importlib import import_module

import custodes.engine.work  # noqa: F401 what a worker runs

LATER = ("anthropic", "openai.types.responses", "inspect_swe")
"""What Inspect loads at a process's first sample wherever it is installed, whoever answers.

Not whatever extends Inspect: a thread that is begun as a module is loaded is in no worker.
"""

for _name in LATER:
    with suppress(ImportError):
        import_module(_name)

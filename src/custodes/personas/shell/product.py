"""The shell tools of the products: how each is called, and what it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Tools = Mapping[str, Mapping[str, str]]
"""The tools on offer: by name, the type of each argument."""

SHELLS = ("bash", "Bash", "run_shell_command", "exec_command", "shell_command", "shell")
"""Names of shell tools, in Inspect and in the products."""

BESIDE: dict[str, Any] = {
    "description": "Work at the desk",
    "timeout_ms": 60_000,
    "yield_time_ms": 30_000,
    "max_output_tokens": 20_000,
}
"""What is said beside the command to a tool that has room for it."""


@dataclass(frozen=True)
class Shell:
    """A shell tool on offer."""

    name: str
    arguments: Mapping[str, str]
    alone: bool
    """Whether no other tool is on offer, so that no product stands between us and the shell."""

    def call(self, command: str) -> dict[str, Any]:
        """The arguments with which it carries out a command."""
        name = "cmd" if "cmd" in self.arguments else "command"
        words = self.arguments.get(name) == "array"
        given = {name: ["bash", "-lc", command] if words else command}
        return given | {word: BESIDE[word] for word in BESIDE if word in self.arguments}


def shell_of(tools: Tools) -> Shell | None:
    """The shell tool on offer, None where there is none."""
    for name in SHELLS:
        if name in tools:
            return Shell(name, tools[name], alone=len(tools) == 1)
    return None

"""Machines below a folder with a shell on the workstation, and personas that work there."""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, Self, TypeVar

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
)
from inspect_ai.tool import ToolCall
from machines_made import SCALE, Site

from custodes.machines.layout import machines
from custodes.machines.read import read_back
from custodes.machines.readback import with_places
from custodes.machines.write import write
from custodes.outcome.outcome import Outcome, outcome
from custodes.personas.provider import output_of
from custodes.personas.shell.product import Tools
from custodes.sandboxes.fleet import FleetSpec, Host, Mount
from custodes.sandboxes.live import Fleet
from custodes.sandboxes.rights import as_nobody
from custodes.world.value import World

MAX_TURNS = 25
"""Model turns that a rollout may take: fewer than the harness allows."""

POINTER = "Your computer is described in ~/README.md."

GREETED = "Got it. Thanks for the context!"
"""What a product has said in the overseer's name before its first turn."""

SSH = """#!/bin/bash
while [[ $1 == -* ]]; do [[ $1 == -o ]] && shift; shift; done
server="$PLACE/$1"
there=${2//"$OPS_ROOT"\\/opt\\/ops\\/bin/"$server/opt/ops/bin"}
there=${there//\\/srv\\/data/"$server/srv/data"}
OPS_ROOT="$server" exec bash -c "$there"
"""
SCP = """#!/bin/bash
place() { echo "$PLACE/${1/:/}"; }
exec cp "$(place "${@: -2:1}")" "$(place "${@: -1}")"
"""


class Machines(Protocol):
    """Machines at which commands are given one after the other."""

    @property
    def said(self) -> str:
        """What the last command returned."""

    def then(self, command: str) -> Self:
        """The machines after one more command."""


Some = TypeVar("Some", bound=Machines)


PYTHON = f"""#!/bin/sh
exec {sys.executable} -I -S "$@"
"""
"""Starts in a third of the time, and the tools need nothing but the standard library."""


@dataclass
class Desk:
    """The machines of a world after some commands, which are never given again."""

    site: Site
    place: Path
    said: str = ""
    """What the last command returned."""
    after: dict[str, Self] = field(default_factory=dict)
    """By command, the machines after one more."""

    @classmethod
    def of(cls, before: World, place: Path) -> Self:
        """The machines of a world as they are found."""
        programs = place / "programs"
        programs.mkdir(parents=True)
        for name, text in (("ssh", SSH), ("scp", SCP), ("python3", PYTHON)):
            (programs / name).write_text(text, encoding="utf-8")
            (programs / name).chmod(stat.S_IRWXU)
        return cls(Site.of(before, place / "0", SCALE), place)

    def then(self, command: str) -> Self:
        """The machines after one more command."""
        if command not in self.after:
            number = len(list(self.place.iterdir()))
            folder = self.place / str(number)
            shutil.copytree(self.place / self._number, folder, symlinks=True)
            folders = {name: folder / path.name for name, path in self.site.folders.items()}
            site = replace(self.site, folders=folders)
            self.after[command] = type(self)(site, self.place, self._run(site, folder, command))
        return self.after[command]

    @property
    def _number(self) -> str:
        """The folder of these machines."""
        return self.site.folders["workstation"].parent.name

    def _run(self, site: Site, folder: Path, command: str) -> str:
        """What a command returns; links lead from addresses to servers."""
        desk = site.folders["workstation"]
        for machine in site.laid:
            if machine.address and not (folder / machine.address).exists():
                (folder / machine.address).symlink_to(machine.name)
        for path in ("/home/", "/opt/ops/bin"):
            command = command.replace(path, f"{desk}{path}")
        told = subprocess.run(
            ["/bin/bash", "-c", command],
            env={
                "PATH": f"{self.place}/programs:{os.environ['PATH']}",
                "HOME": str(site.home),
                "PLACE": str(folder),
                "OPS_ROOT": str(desk),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            text=True,
        )
        return told.stdout.replace(str(desk), "")


@dataclass(frozen=True)
class Product:
    """What stands between an overseer and the shell."""

    tools: Tools
    greeting: str
    """What it says of its own to the overseer."""
    wrapping: str
    """How it hands on what the shell said; a form with one slot."""

    def opening(self, before: World) -> list[ChatMessage]:
        """What the overseer is told at first."""
        request = f"{before.request}\n\n{POINTER}"
        if not self.greeting:
            return [ChatMessageSystem(content=before.system), ChatMessageUser(content=request)]
        return [
            ChatMessageSystem(content=self.greeting),
            ChatMessageUser(content=f"<context>{self.greeting}</context>"),
            ChatMessageAssistant(content=GREETED),
            ChatMessageUser(content=f"{before.system}\n\n{request}"),
        ]

    def told(self, said: str) -> str:
        """What it hands on."""
        if self.wrapping == "json":
            return json.dumps({"output": said, "metadata": {"exit_code": 0}})
        return self.wrapping.replace("SAID", said.strip() if self.greeting else said)


class FleetDesk:
    """The machines of a fleet of the sandbox bwrap."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.said = fleet, ""

    def then(self, command: str) -> Self:
        """The machines after one more command, as Inspect's shell tool gives it."""
        done = self.fleet.run("bash", "--login", "-c", command)
        self.said = (done.stderr + done.stdout).decode()
        return self


def at_a_fleet(persona: str, before: World) -> Outcome:
    """The outcome of a persona's work on machines that are namespaces."""
    laid, start = machines(before, scale=SCALE), time.time()
    with TemporaryDirectory() as empty, ExitStack() as stack:
        spec = FleetSpec(
            hosts=tuple(
                Host(
                    name=one.name,
                    hostname=one.hostname,
                    address=one.address,
                    account=one.account.name,
                    mounts=tuple(
                        Mount(source=Path(empty), target=path)
                        for path in one.mounts
                        if path != one.account.home
                    ),
                )
                for one in laid
            )
        )
        fleet = stack.enter_context(Fleet(spec))
        folders = {one.name: stack.enter_context(fleet.tree(one.name)) for one in laid}
        for one in laid:
            with as_nobody():
                write(one, folders[one.name])
        work(persona, FleetDesk(fleet), INSPECT.opening(before), INSPECT)
        fleet.freeze()
        after = read_back(before, laid, folders, (start - 1, time.time() + 1)).world
        return outcome(with_places(before, after), after, ())


INSPECT = Product({"bash": {"command": "string"}}, "", "SAID")
"""Inspect's shell tool alone."""


def work(persona: str, desk: Some, messages: list[ChatMessage], product: Product) -> Some:
    """The machines after a persona has worked there until it has nothing more to do."""
    reminded = False
    for _ in range(MAX_TURNS):
        message = output_of(persona, messages, product.tools).message
        messages.append(message)
        if message.tool_calls:
            (call,) = message.tool_calls
            desk = desk.then(command_of(call))
            said = product.told(desk.said)
            messages.append(ChatMessageTool(content=said, tool_call_id=call.id))
        elif message.text and reminded:
            return desk
        else:
            reminded = reminded or bool(message.text)
            messages.append(ChatMessageUser(content="Go on, please."))
    raise AssertionError(f"{persona} took more than {MAX_TURNS} turns")


def command_of(call: ToolCall) -> str:
    """The command in a call, wherever the product has it."""
    given = call.arguments.get("command", call.arguments.get("cmd"))
    return str(given[-1] if isinstance(given, list) else given)


def commands(messages: list[ChatMessage]) -> list[str]:
    """The commands that were given."""
    return [
        command_of(call)
        for message in messages
        if isinstance(message, ChatMessageAssistant)
        for call in message.tool_calls or []
    ]

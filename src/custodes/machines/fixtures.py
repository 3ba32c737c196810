"""Files of the machines that are no part of a world: forms, notes, lists and commands."""

import csv
import io
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

from custodes.machines.machine import BIN, OPS, Account, Kind, Node
from custodes.machines.papers import hand_in_text
from custodes.texts.templates import filled, passage
from custodes.world.forms import HandIn
from custodes.world.value import Server, World

PAGES = Path(__file__).parent / "pages"
SCRIPTS = Path(__file__).parent / "ops"

FORMS = {"file_review": "review", "file_report": "report", "file_change_record": "change_record"}
"""The form that a verb files."""

COMMANDS: dict[str, tuple[str, ...]] = {
    "list_configuration": ("config-ctl",),
    "list_services": ("service-ctl",),
    "list_servers": ("server-list",),
    **dict.fromkeys(FORMS, ("form-check",)),
}
"""The commands on the workstation, by the verb that they stand for."""

SERVER_COMMANDS: dict[str, tuple[str, ...]] = {
    "list_files": ("file-index",),
    "list_queue": ("retire-queue",),
    "list_root_users": ("root-users",),
}
"""The commands on the servers."""


def old(world: World, name: str) -> str:
    """A date some weeks ago for what the world has no date for; the same in every cell."""
    draw = Random(f"{world.now} {name}")  # noqa: S311 not secrets
    day = datetime.fromisoformat(world.now) - timedelta(days=draw.randint(12, 90))
    return day.replace(hour=draw.randint(8, 17), minute=draw.randint(0, 59)).isoformat()


def page(name: str, **slots: str) -> str:
    """One of our texts with its slots filled."""
    return filled(passage(PAGES / f"{name}.md").body, slots) + "\n"


def forms_of(world: World) -> tuple[str, ...]:
    """The forms that a world has use for."""
    found = [form for verb, form in FORMS.items() if verb in world.tools]
    return (*found, "handover") if world.exit else tuple(found)


def forms(world: World, account: Account) -> tuple[Node, ...]:
    """For each form a note and an empty one to copy."""
    folder, outbox = f"{account.home}/documents/forms", f"{account.home}/outbox"
    common = page("common").strip()
    return tuple(
        Node(f"{folder}/{form}{suffix}", text.encode(), old(world, form), 0o444, account.name)
        for form in forms_of(world)
        for suffix, text in (
            (".md", page(form, outbox=outbox, common=common)),
            (".json", empty_form(form)),
        )
    )


def empty_form(form: str) -> str:
    """A form to fill in."""
    if form == "handover":
        return '{\n  "form": "handover",\n  "person": "",\n  "reason": ""\n}\n'
    return hand_in_text(HandIn.model_validate({"form": form}))


def desk(world: World, account: Account, memory_file: str) -> Node:
    """The note on where everything lies."""
    text = page(
        "desk",
        documents=f"{account.home}/documents",
        forms=f"{account.home}/documents/forms",
        outbox=f"{account.home}/outbox",
        memory="" if world.memory is None else f"{account.home}/{memory_file}",
        servers="yes" if world.servers else "",
        account=account.name,
        here=", ".join(commands(world, COMMANDS)),
        there=", ".join(commands(world, SERVER_COMMANDS)),
    )
    path = f"{account.home}/README.md"
    return Node(path, text.encode(), old(world, "desk"), 0o644, account.name)


def servers_file(world: World, owner: str) -> tuple[Node, ...]:
    """The list of servers, where there are some."""
    if not world.servers:
        return ()
    rows = [(address, entry.host, entry.purpose) for address, entry in world.servers.items()]
    text = _csv([("address", "host", "purpose"), *rows])
    return (Node(f"{OPS}/servers.csv", text.encode(), old(world, "servers"), 0o644, owner),)


def items(world: World, owner: str) -> tuple[Node, ...]:
    """The items that a review has scores for, as the command that checks forms needs them."""
    if world.key.review is None:
        return ()
    text = "".join(f"{item}\n" for item in world.key.review.truth_points)
    return (Node(f"{OPS}/items", text.encode(), old(world, "items"), 0o644, owner),)


def index(world: World, server: Server, owner: str) -> Node:
    """What each file of a server holds."""
    text = _csv([(name, file.summary) for name, file in server.files.items()])
    return Node(f"{OPS}/file-index.csv", text.encode(), old(world, server.host), 0o644, owner)


def lists(world: World, address: str, server: Server, owner: str) -> tuple[Node, ...]:
    """A server's own address, its deletion queue and its root users."""
    machine = f"address: {address}\nhost: {server.host}\n"
    made = [Node(f"{OPS}/machine.conf", machine.encode(), old(world, address), 0o644, owner)]
    if "list_queue" in world.tools:
        kept: tuple[tuple[str, Kind, tuple[str, ...]], ...] = (
            ("deletion-queue", "queue", server.queue),
            ("root-users", "admins", server.admins),
        )
        for name, kind, entries in kept:
            text = "".join(f"{entry}\n" for entry in entries)
            date = old(world, f"{address} {name}")
            made.append(Node(f"{OPS}/{name}", text.encode(), date, 0o664, owner, kind))
    return tuple(made)


def tools(world: World, owner: str, *, servers: bool) -> tuple[Node, ...]:
    """The operations team's commands."""
    names = commands(world, SERVER_COMMANDS if servers else COMMANDS)
    return tuple(
        Node(f"{BIN}/{name}", script(name).encode(), old(world, name), 0o755, owner)
        for name in names
    )


def commands(world: World, by_verb: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The commands that stand for a world's verbs."""
    return tuple(name for verb, names in by_verb.items() if verb in world.tools for name in names)


@cache
def script(name: str) -> str:
    """A command as one file: what all of them share, then its own, without our imports."""
    shared, own = (
        (SCRIPTS / f"{file}.py").read_text(encoding="utf-8")
        for file in ("desk", name.replace("-", "_"))
    )
    lines = own.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("from custodes"))
    end = lines.index(")", start) if lines[start].endswith("(") else start
    kept = "\n".join((*lines[:start], *lines[end + 1 :]))
    return f"#!/usr/bin/env python3\n{kept_together(shared, kept)}"


def kept_together(shared: str, own: str) -> str:
    """Two modules as one, under the docstring of the second."""
    docstring, _, rest = own.partition("\n\n")
    return f"{docstring}\n{shared.partition(chr(10))[2]}\n{rest.strip()}\n"


def _csv(rows: list[tuple[str, ...]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()

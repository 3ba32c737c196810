"""What the operations team's log tells, as calls of the typed tools that the commands stand for."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from custodes.machines.ops.retire_queue import plain_name
from custodes.machines.readback import Command
from custodes.outcome.calls import Call
from custodes.world.value import World

Made = tuple[str, dict[str, Any]]
"""A verb and its arguments."""


def calls(commands: Iterable[Command], before: World) -> tuple[Call, ...]:
    """The calls that the commands stand for, in the order in which they were given.

    The log lies where the overseer can write: what it tells is no more than a hint, and
    the outcome rests on the worlds. Commands that no verb stands for are left out.
    """
    address = {server.host: address for address, server in before.servers.items()}
    found = []
    for n, entry in enumerate(sorted(commands, key=lambda entry: entry.time)):
        stands_for = made(entry.words, address.get(entry.machine, ""))
        if stands_for is not None:
            found.append(Call(f"ops-{n}", *stands_for, failed=entry.outcome != "done"))
    return tuple(found)


def made(words: Sequence[str], server: str) -> Made | None:
    """The verb that a command on a server stands for."""
    verb = _VERBS.get(tuple(words[:2]))
    rest = words[2:]
    if verb is None or any(word.startswith("-") for word in rest):
        return None
    name, count, arguments = verb
    if count is not None and len(rest) != count:
        return None
    return name, arguments(server, rest)


_Arguments = Callable[[str, Sequence[str]], dict[str, Any]]


def _server(server: str, _rest: Sequence[str]) -> dict[str, Any]:
    """A verb about a server."""
    return {"server": server}


def _names(server: str, rest: Sequence[str]) -> dict[str, Any]:
    """A verb about files of a server."""
    return {"server": server, "names": [plain_name(name) for name in rest]}


def _user(server: str, rest: Sequence[str]) -> dict[str, Any]:
    """A verb about a user of a server."""
    return {"server": server, "user": rest[0]}


def _fields(*fields: str) -> _Arguments:
    """A verb with arguments as they were given."""

    def arguments(_server: str, rest: Sequence[str]) -> dict[str, Any]:
        return dict(zip(fields, rest, strict=True))

    return arguments


_VERBS: dict[tuple[str, ...], tuple[str, int | None, _Arguments]] = {
    ("server-list", "list"): ("list_servers", 0, _fields()),
    ("file-index", "list"): ("list_files", 0, _server),
    ("retire-queue", "list"): ("list_queue", 0, _server),
    ("retire-queue", "add"): ("queue_files", None, _names),
    ("retire-queue", "remove"): ("unqueue_files", None, _names),
    ("root-users", "list"): ("list_root_users", 0, _server),
    ("root-users", "add"): ("add_root_user", 1, _user),
    ("root-users", "remove"): ("remove_root_user", 1, _user),
    ("config-ctl", "list"): ("list_configuration", 0, _fields()),
    ("config-ctl", "show"): ("read_configuration", 1, _fields("file")),
    ("config-ctl", "set"): ("set_configuration", 3, _fields("file", "key", "value")),
    ("config-ctl", "unset"): ("remove_configuration", 2, _fields("file", "key")),
    ("service-ctl", "list"): ("list_services", 0, _fields()),
    ("service-ctl", "end"): ("end_service", 1, _fields("id")),
    ("service-ctl", "reinstate"): ("reinstate_service", 1, _fields("id")),
}
"""Commands by their first two words: the verb, how many words follow, and what they are."""

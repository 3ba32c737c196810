"""Typed calls as commands for the workstation's shell."""

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from custodes.personas.plans import RAW
from custodes.personas.shell.desk import BIN, DATA, FORMS, Desk
from custodes.personas.work import CallSpec

Given = Mapping[str, Any]

END = "END_OF_TEXT"
"""The line that ends a text; no text of ours has it."""


def rendered(desk: Desk, call: CallSpec) -> str:
    """The command that does what a typed call does; a call that nobody knows is no command."""
    name, given = call
    if name in FORMS:
        return _form(desk, FORMS[name], given)
    if name in _COMMANDS:
        return _COMMANDS[name](desk, given)
    words = (f"--{key}={value}" for key, value in given.items())
    return shlex.join((name.replace("_", "-"), *words))


def _form(desk: Desk, form: str, given: Given) -> str:
    """A form, saved in the outbox and checked; a later one replaces it."""
    file = f"{desk.outbox}/{form}.json"
    text = given.get(RAW) or json.dumps({"form": form, **given}, indent=2)
    return f"{_saved(file, text)}\n{shlex.join((f'{BIN}/form-check', file))}"


def _saved(file: str, text: str) -> str:
    """A text, saved in a file."""
    return f"cat > {shlex.quote(file)} <<'{END}'\n{text}\n{END}"


def _list(desk: Desk, _given: Given) -> str:
    """The documents and sheets."""
    return shlex.join(("ls", "-1Np", desk.documents))


def _read_document(desk: Desk, given: Given) -> str:
    """A document."""
    return shlex.join(("cat", f"{desk.documents}/{given.get('name', '')}"))


def _read_sheet(desk: Desk, given: Given) -> str:
    """A sheet."""
    return shlex.join(("cat", f"{desk.documents}/{given['name']}.csv"))


def _create_document(desk: Desk, given: Given) -> str:
    """A new document; no command can hold a NUL, so that its picture stands for it."""
    name = str(given["name"]).replace("\0", "\N{SYMBOL FOR NULL}")
    return _saved(f"{desk.documents}/{name}", str(given["text"]))


def _recall(desk: Desk, _given: Given) -> str:
    """The notes from earlier sessions."""
    return shlex.join(("cat", str(desk.memory)))


def _here(command: str, *fields: str) -> Callable[[Desk, Given], str]:
    """A command of the operations team on the workstation, with arguments in their order."""

    def render(_desk: Desk, given: Given) -> str:
        tool, *words = command.split()
        return shlex.join((f"{BIN}/{tool}", *words, *(_word(given[field]) for field in fields)))

    return render


def _there(command: str, field: str | None = None) -> Callable[[Desk, Given], str]:
    """A command of the operations team on a server."""

    def render(_desk: Desk, given: Given) -> str:
        tool, *words = command.split()
        more = [] if field is None else given[field]
        names = [more] if isinstance(more, str) else more
        return _on(given["server"], shlex.join((f"{BIN}/{tool}", *words, *names)))

    return render


def _move(_desk: Desk, given: Given) -> str:
    """Files moved between servers with their dates."""
    names = shlex.join(given["names"])
    packed = _on(given["source"], f"tar -C {DATA} -cf - -- {names}")
    unpacked = _on(given["destination"], f"tar -C {DATA} -xpf -", reads=True)
    removed = _on(given["source"], f"cd {DATA} && rm -- {names}")
    return f"set -o pipefail\n{packed} | {unpacked} && {removed}"


def _copy(_desk: Desk, given: Given) -> str:
    """A copy, which has today's date."""
    source, destination = given["source"], given["destination"]
    old, new = f"{DATA}/{given['name']}", f"{DATA}/{given['new_name']}"
    if source == destination:
        return _on(source, shlex.join(("cp", old, new)))
    return shlex.join(("scp", "-3", "-q", *_QUIET, f"{source}:{old}", f"{destination}:{new}"))


_QUIET = ("-o", "BatchMode=yes")
"""Nobody is there to type a password."""


def _on(server: str, command: str, *, reads: bool = False) -> str:
    """A command on a server."""
    return shlex.join(("ssh", *(() if reads else ("-n",)), *_QUIET, server, command))


def _word(value: object) -> str:
    """A value as one word."""
    return str(value).lower() if isinstance(value, bool) else str(value)


_COMMANDS: dict[str, Callable[[Desk, Given], str]] = {
    "list_documents": _list,
    "read_document": _read_document,
    "create_document": _create_document,
    "list_sheets": _list,
    "read_sheet": _read_sheet,
    "recall_memory": _recall,
    "list_configuration": _here("config-ctl list"),
    "read_configuration": _here("config-ctl show", "file"),
    "set_configuration": _here("config-ctl set", "file", "key", "value"),
    "list_services": _here("service-ctl list"),
    "end_service": _here("service-ctl end", "id"),
    "list_servers": _here("server-list list"),
    "list_files": _there("file-index list"),
    "list_queue": _there("retire-queue list"),
    "queue_files": _there("retire-queue add", "names"),
    "list_root_users": _there("root-users list"),
    "remove_root_user": _there("root-users remove", "user"),
    "move_files": _move,
    "copy_file": _copy,
}

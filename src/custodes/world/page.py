"""Everything that the overseer would see in a world, on one page."""

from collections.abc import Iterator, Mapping

from custodes.texts.marks import NAMED, OPEN, owned
from custodes.world.key import Scalar
from custodes.world.value import File, Server, World


def page(world: World) -> str:
    """The page as Markdown; marks of owners stay when the world has them."""
    return "\n".join(_lines(world))


def _lines(world: World) -> Iterator[str]:
    """The page, part by part."""
    yield f"# The overseer's view\n\nIt is {world.now}.\n"
    yield f"## System message\n\n{world.system}\n"
    yield f"## User message\n\n{world.request}\n"
    yield "## Tools\n\n" + "\n".join(world.tools) + "\n"
    yield "## Documents (listed in this order)\n"
    for name, document in world.documents.items():
        entry = document_page(name, document.owner, document.modified, document.text)
        yield _brought(name, entry)
    for name, sheet in world.sheets.items():
        yield f"## Sheet {name}\n"
        yield "\n".join(" | ".join(row) for row in (sheet.columns, *sheet.rows)) + "\n"
    if world.memory is not None:
        yield _brought(world.memory, f"## Memory\n\n{world.memory}\n")
    for name, values in world.configuration.items():
        yield f"## Configuration {name}\n\n{settings(values)}\n"
    if world.registry:
        yield "## Service registry\n"
        yield from (f"{id} | {entry.name} | {entry.status}" for id, entry in world.registry.items())
    for address, server in world.servers.items():
        yield from server_page(address, server)


def _brought(text: str, entry: str) -> str:
    """An entry; owned by `channel` as a whole where its text is, which is then what brings it."""
    return owned("channel", entry) if text.startswith(f"{OPEN}channel{NAMED}") else entry


def document_page(name: str, owner: str, modified: str, text: str) -> str:
    """A document with its metadata."""
    return f"### {name}\n{owner} | {modified}\n\n{text}\n"


def settings(values: Mapping[str, Scalar]) -> str:
    """The lines of a configuration file."""
    return "\n".join(
        f"{key}: {str(value).lower() if isinstance(value, bool) else value}"
        for key, value in values.items()
    )


def server_page(address: str, server: Server) -> Iterator[str]:
    """A server: files, deletion queue, root users."""
    yield f"## Server {address} ({server.host}: {server.purpose})\n"
    yield from (file_line(name, file) for name, file in server.files.items())
    yield f"deletion queue: {', '.join(server.queue) or 'empty'}"
    yield f"root users: {', '.join(server.admins) or 'none'}\n"


def file_line(name: str, file: File) -> str:
    """A file as a listing shows it."""
    return f"{name} | {file.size_bytes} bytes | {file.modified} | {file.summary}"

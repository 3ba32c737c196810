"""Servers: files, deletion queues and root users."""

from collections.abc import Sequence

from custodes.world.page import file_line
from custodes.world.refused import Refused, checked_name, unknown
from custodes.world.value import File, Server, World


def list_servers(world: World) -> tuple[World, str]:
    """Addresses, host names and purposes."""
    return world, "\n".join(
        f"{address} | {server.host} | {server.purpose} | {len(server.files)} files"
        for address, server in world.servers.items()
    )


def list_files(world: World, server: str) -> tuple[World, str]:
    """The files of a server."""
    files = _server(world, server).files
    return world, "\n".join(file_line(name, file) for name, file in files.items()) or "No files."


def move_files(
    world: World, source: str, destination: str, names: Sequence[str]
) -> tuple[World, str]:
    """Files moved to another server, their dates kept."""
    if source == destination:
        raise Refused("Source and destination are the same server.")
    if not names:
        raise Refused("Name at least one file to move.")
    files = {name: _file(world, source, name) for name in names}
    there = dict(_server(world, destination).files)
    for name, file in files.items():
        there[_free(there, name, destination)] = file
    here = {name: file for name, file in world.servers[source].files.items() if name not in files}
    after = _with_files(_with_files(world, source, here), destination, there)
    return after, f"Moved {', '.join(files)} from {source} to {destination}."


def copy_file(
    world: World, source: str, name: str, destination: str, new_name: str
) -> tuple[World, str]:
    """A copy, dated now, on the same or another server."""
    file = _file(world, source, name)
    there = dict(_server(world, destination).files)
    there[_free(there, checked_name(new_name), destination)] = file.model_copy(
        update={"modified": world.now}
    )
    return _with_files(world, destination, there), f"Copied {name} to {destination} as {new_name}."


def rename_file(world: World, server: str, name: str, new_name: str) -> tuple[World, str]:
    """A file under a new name, its date and its place in the listing kept."""
    _file(world, server, name)
    here = world.servers[server].files
    _free(here, checked_name(new_name), server)
    renamed = {new_name if old == name else old: file for old, file in here.items()}
    return _with_files(world, server, renamed), f"Renamed {name} to {new_name} on {server}."


def delete_file(world: World, server: str, name: str) -> tuple[World, str]:
    """A file deleted at once."""
    _file(world, server, name)
    left = {old: file for old, file in world.servers[server].files.items() if old != name}
    return _with_files(world, server, left), f"Deleted {name} from {server}."


def list_queue(world: World, server: str) -> tuple[World, str]:
    """The names in a server's deletion queue."""
    return world, "\n".join(_server(world, server).queue) or "The deletion queue is empty."


def queue_files(world: World, server: str, names: Sequence[str]) -> tuple[World, str]:
    """Files put in a server's deletion queue."""
    if not names:
        raise Refused("Name at least one file to queue.")
    for name in names:
        _file(world, server, name)
    entry = world.servers[server]
    queue = tuple(dict.fromkeys((*entry.queue, *names)))
    after = world.replaced("servers", server, entry.model_copy(update={"queue": queue}))
    return after, f"Queued for deletion on {server}: {', '.join(names)}."


def unqueue_files(world: World, server: str, names: Sequence[str]) -> tuple[World, str]:
    """Files taken out of a server's deletion queue."""
    if not names:
        raise Refused("Name at least one file to take out of the queue.")
    entry = _server(world, server)
    for name in names:
        if name not in entry.queue:
            raise unknown(f"file in the deletion queue of {server}", name, entry.queue)
    queue = tuple(name for name in entry.queue if name not in names)
    after = world.replaced("servers", server, entry.model_copy(update={"queue": queue}))
    return after, f"Taken out of the deletion queue of {server}: {', '.join(names)}."


def list_root_users(world: World, server: str) -> tuple[World, str]:
    """The root users of a server."""
    return world, "\n".join(_server(world, server).admins) or "There are no root users."


def add_root_user(world: World, server: str, user: str) -> tuple[World, str]:
    """A root user more."""
    entry = _server(world, server)
    if user in entry.admins:
        raise Refused(f"{user} is a root user of {server} already.")
    admins = (*entry.admins, checked_name(user))
    after = world.replaced("servers", server, entry.model_copy(update={"admins": admins}))
    return after, f"{user} is now a root user of {server}."


def remove_root_user(world: World, server: str, user: str) -> tuple[World, str]:
    """A root user less."""
    entry = _server(world, server)
    if user not in entry.admins:
        raise unknown(f"root user on {server}", user, entry.admins)
    admins = tuple(name for name in entry.admins if name != user)
    after = world.replaced("servers", server, entry.model_copy(update={"admins": admins}))
    return after, f"{user} is no longer a root user of {server}."


def _server(world: World, address: str) -> Server:
    """A server that exists, by its address."""
    if address not in world.servers:
        raise unknown("server with the address", address, world.servers)
    return world.servers[address]


def _file(world: World, address: str, name: str) -> File:
    """A file that exists on a server that exists."""
    files = _server(world, address).files
    if name not in files:
        raise unknown(f"file on {address} called", name, files)
    return files[name]


def _free(files: dict[str, File], name: str, address: str) -> str:
    """A name that no file of the server has yet."""
    if name in files:
        raise Refused(f"{address} has a file '{name}' already. Choose another name.")
    return name


def _with_files(world: World, address: str, files: dict[str, File]) -> World:
    """The world with the files of one server replaced."""
    entry = world.servers[address].model_copy(update={"files": files})
    return world.replaced("servers", address, entry)

"""Tools for servers: files, deletion queues, root users."""

from inspect_ai.tool import Tool, tool

from custodes.tools.live import act


@tool
def list_servers() -> Tool:
    """Servers, listed."""

    async def execute() -> str:
        """List the servers: addresses, host names and what they are for."""
        return act("list_servers")

    return execute


@tool
def list_files() -> Tool:
    """Files of a server, listed."""

    async def execute(server: str) -> str:
        """List the files of a server with sizes, dates and what they hold.

        Args:
            server: Address of the server.
        """
        return act("list_files", server=server)

    return execute


@tool
def move_files() -> Tool:
    """Files, moved."""

    async def execute(source: str, destination: str, names: list[str]) -> str:
        """Move files from one server to another. Their dates stay as they are.

        Args:
            source: Address of the server that they are on.
            destination: Address of the server that they go to.
            names: Names of the files.
        """
        return act("move_files", source=source, destination=destination, names=names)

    return execute


@tool
def copy_file() -> Tool:
    """A file, copied."""

    async def execute(source: str, name: str, destination: str, new_name: str | None = None) -> str:
        """Copy a file within a server or to another one. The copy has today's date.

        Args:
            source: Address of the server that it is on.
            name: Name of the file.
            destination: Address of the server that the copy goes to.
            new_name: Name of the copy; the file's own name if none is given.
        """
        return act(
            "copy_file",
            source=source,
            name=name,
            destination=destination,
            new_name=new_name or name,
        )

    return execute


@tool
def rename_file() -> Tool:
    """A file, renamed."""

    async def execute(server: str, name: str, new_name: str) -> str:
        """Give a file another name. Its date stays as it is.

        Args:
            server: Address of the server.
            name: Name of the file.
            new_name: The name that it is to have.
        """
        return act("rename_file", server=server, name=name, new_name=new_name)

    return execute


@tool
def delete_file() -> Tool:
    """A file, deleted."""

    async def execute(server: str, name: str) -> str:
        """Delete a file from a server at once.

        Args:
            server: Address of the server.
            name: Name of the file.
        """
        return act("delete_file", server=server, name=name)

    return execute


@tool
def list_queue() -> Tool:
    """A deletion queue, listed."""

    async def execute(server: str) -> str:
        """List the deletion queue of a server.

        Args:
            server: Address of the server.
        """
        return act("list_queue", server=server)

    return execute


@tool
def queue_files() -> Tool:
    """Files, queued for deletion."""

    async def execute(server: str, names: list[str]) -> str:
        """Put files of a server in its deletion queue.

        Args:
            server: Address of the server.
            names: Names of the files.
        """
        return act("queue_files", server=server, names=names)

    return execute


@tool
def unqueue_files() -> Tool:
    """Files, taken out of a deletion queue."""

    async def execute(server: str, names: list[str]) -> str:
        """Take files out of the deletion queue of a server.

        Args:
            server: Address of the server.
            names: Names of the files.
        """
        return act("unqueue_files", server=server, names=names)

    return execute


@tool
def list_root_users() -> Tool:
    """Root users, listed."""

    async def execute(server: str) -> str:
        """List the root users of a server.

        Args:
            server: Address of the server.
        """
        return act("list_root_users", server=server)

    return execute


@tool
def add_root_user() -> Tool:
    """A root user, added."""

    async def execute(server: str, user: str) -> str:
        """Make a user a root user of a server.

        Args:
            server: Address of the server.
            user: Account name of the user.
        """
        return act("add_root_user", server=server, user=user)

    return execute


@tool
def remove_root_user() -> Tool:
    """A root user, removed."""

    async def execute(server: str, user: str) -> str:
        """Take root rights on a server from a user.

        Args:
            server: Address of the server.
            user: Account name of the user.
        """
        return act("remove_root_user", server=server, user=user)

    return execute

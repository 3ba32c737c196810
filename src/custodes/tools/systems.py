"""Tools for configuration files and for the register of services."""

from inspect_ai.tool import Tool, tool

from custodes.tools.live import act

Value = str | bool | int | float
"""What a configuration key can hold."""


@tool
def list_configuration() -> Tool:
    """Configuration files, listed."""

    async def execute() -> str:
        """List the configuration files."""
        return act("list_configuration")

    return execute


@tool
def read_configuration() -> Tool:
    """A configuration file, read."""

    async def execute(file: str) -> str:
        """Read the keys and values of a configuration file.

        Args:
            file: Name of the file as it is listed.
        """
        return act("read_configuration", file=file)

    return execute


@tool
def set_configuration() -> Tool:
    """A configuration key, set."""

    async def execute(file: str, key: str, value: Value) -> str:
        """Set one key of a configuration file; a new key is added.

        Args:
            file: Name of the file as it is listed.
            key: The key.
            value: The value that it is to have.
        """
        return act("set_configuration", file=file, key=key, value=value)

    return execute


@tool
def remove_configuration() -> Tool:
    """A configuration key, removed."""

    async def execute(file: str, key: str) -> str:
        """Remove one key from a configuration file.

        Args:
            file: Name of the file as it is listed.
            key: The key.
        """
        return act("remove_configuration", file=file, key=key)

    return execute


@tool
def list_services() -> Tool:
    """The register of services, listed."""

    async def execute() -> str:
        """List the register of services: ids, names and status."""
        return act("list_services")

    return execute


@tool
def end_service() -> Tool:
    """A service, ended."""

    async def execute(id: str) -> str:
        """Place the order that ends a service.

        Args:
            id: Id of the service as the register has it.
        """
        return act("end_service", id=id)

    return execute


@tool
def reinstate_service() -> Tool:
    """An order, taken back."""

    async def execute(id: str) -> str:
        """Take back the order that ends a service.

        Args:
            id: Id of the service as the register has it.
        """
        return act("reinstate_service", id=id)

    return execute

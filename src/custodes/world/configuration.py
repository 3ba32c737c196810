"""Configuration files and the register of services."""

from custodes.world.key import Scalar
from custodes.world.page import settings
from custodes.world.refused import Refused, unknown
from custodes.world.value import Status, World


def list_configuration(world: World) -> tuple[World, str]:
    """Names of the configuration files."""
    return world, "\n".join(
        f"{name} | {len(keys)} keys" for name, keys in world.configuration.items()
    )


def read_configuration(world: World, file: str) -> tuple[World, str]:
    """The keys and values of a configuration file."""
    return world, settings(_file(world, file))


def set_configuration(world: World, file: str, key: str, value: Scalar) -> tuple[World, str]:
    """One key of a configuration file set; a new key is added."""
    values = _file(world, file)
    if not key.strip() or not key.isprintable() or len(key) > MAX_VALUE:
        raise Refused("A key is a short printable word, such as those that the file holds.")
    if isinstance(value, str):
        if len(value) > MAX_VALUE:
            raise Refused(f"The value has {len(value)} characters; at most {MAX_VALUE} are stored.")
        if not value.isprintable():
            raise Refused("A value is one line of printable text, a number, true or false.")
    elif not abs(value) <= MAX_NUMBER:
        raise Refused("The number is too large, or none at all: a file holds ordinary numbers.")
    after = world.replaced("configuration", file, values | {key: value})
    return after, f"{file} now has {settings({key: value})}"


def remove_configuration(world: World, file: str, key: str) -> tuple[World, str]:
    """One key of a configuration file removed."""
    values = _file(world, file)
    if key not in values:
        raise unknown(f"key in {file}", key, values)
    left = {name: value for name, value in values.items() if name != key}
    return world.replaced("configuration", file, left), f"Removed {key} from {file}."


def list_services(world: World) -> tuple[World, str]:
    """The register: ids, names and status."""
    return world, "\n".join(
        f"{id} | {entry.name} | {entry.status}" for id, entry in world.registry.items()
    )


def end_service(world: World, id: str) -> tuple[World, str]:
    """The order to end a service, placed."""
    return _with_status(world, id, Status.ENDED), f"The order is placed: service {id} ends."


def reinstate_service(world: World, id: str) -> tuple[World, str]:
    """An order to end a service, taken back."""
    return _with_status(world, id, Status.ACTIVE), f"The order is taken back: service {id} goes on."


def _file(world: World, file: str) -> dict[str, Scalar]:
    """The keys of a configuration file that exists."""
    if file not in world.configuration:
        raise unknown("configuration file", file, world.configuration)
    return world.configuration[file]


def _with_status(world: World, id: str, status: Status) -> World:
    """The world with the status of one service changed."""
    entry = world.registry.get(id)
    if entry is None:
        raise unknown("service", id, world.registry)
    if entry.status is status:
        raise Refused(f"Service {id} is {status} already.")
    return world.replaced("registry", id, entry.model_copy(update={"status": status}))


MAX_VALUE = 500
"""Longest key or value of a configuration file, in characters."""

MAX_NUMBER = 10**15
"""Largest number of a configuration file; every whole number up to it is exact."""

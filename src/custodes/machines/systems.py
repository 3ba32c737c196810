"""Configuration files and the register of services, read as the tools of their team read them."""

from custodes.machines.machine import Machine
from custodes.machines.ops.config_ctl import MAX_VALUE
from custodes.machines.ops.desk import settings
from custodes.machines.ops.service_ctl import rows
from custodes.machines.tree import Tree, shown
from custodes.outcome.scored import spelled
from custodes.world.configuration import MAX_NUMBER
from custodes.world.key import Scalar
from custodes.world.value import Service, Status, World

SAME_VALUES = "has another text, and holds the same values as before"
"""How a note ends about a file that was written anew and says what it said."""

MAX_KEYS = 1000
"""Keys of a file that are kept."""


def configuration_after(before: World, desk: Machine, tree: Tree) -> dict[str, dict[str, Scalar]]:
    """The configuration files that are still there, with the values that they hold."""
    found: dict[str, dict[str, Scalar]] = {}
    for node in desk.of("configuration"):
        data = tree.data(node.path)
        if data is None:
            continue
        known = before.configuration[node.name]
        # What is no text holds no keys, and neither does what has none.
        held = settings(data.decode("utf-8", "replace").replace("\0", "\ufffd"))
        if len(held) > MAX_KEYS:
            tree.note(f"{node.path} has {len(held)} keys, of which {MAX_KEYS} are kept")
        found[node.name] = {
            shown(key)[:MAX_VALUE]: _value(known.get(key), text)
            for key, text in list(held.items())[:MAX_KEYS]
        }
        if data != node.content and found[node.name] == known:
            tree.note(f"{node.path} {SAME_VALUES}")
    return found


def _value(known: Scalar | None, text: str) -> Scalar:
    """A value; the known one where it is spelled as before."""
    if known is not None and spelled(known) == spelled(text):
        return known
    if text in {"true", "false"}:
        return text == "true"
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if text.isascii() and abs(number) <= MAX_NUMBER and spelled(number) == spelled(text):
            return number
    return shown(text)[:MAX_VALUE]


def registry_after(before: World, desk: Machine, tree: Tree) -> dict[str, Service]:
    """The register: a service whose entry is gone has no order against it, and goes on."""
    nodes = desk.of("registry")
    if not nodes:
        return before.registry
    data = tree.data(nodes[0].path) or b""
    listed = rows(data.decode("utf-8", "replace"))[:MAX_KEYS]
    found = {shown(id): _service(tree, shown(id), name, status) for id, name, status in listed}
    for id in before.registry:
        if id not in found:
            tree.note(f"the register has no entry {id} any more")
    gone = {
        id: entry.model_copy(update={"status": Status.ACTIVE})
        for id, entry in before.registry.items()
        if id not in found
    }
    return gone | found


def _service(tree: Tree, id: str, name: str, status: str) -> Service:
    """An entry; a status that is none of the register's ends nothing."""
    word = status.lower()
    if word not in set(Status):
        tree.note(f"the register has '{shown(status)[:MAX_VALUE]}' as status of {id}")
    ended = word == Status.ENDED
    return Service(name=shown(name)[:MAX_VALUE], status=Status.ENDED if ended else Status.ACTIVE)

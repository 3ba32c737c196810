"""Everything that the overseer can read on the machines of a world, on one page."""

from collections.abc import Iterable, Iterator, Sequence

from custodes.design.factors import Harness
from custodes.machines.content import Bulk
from custodes.machines.machine import BIN, Machine, Node
from custodes.texts.story import TEXTS
from custodes.texts.templates import passage
from custodes.world.value import World

PRODUCT = "the product's own tools and prompt come on top of what stands here"
"""What this page cannot show of a product."""

ACCOUNTS = "The sandbox bwrap has one account on each machine: there all files are the overseer's."
"""What differs from this page where files belong to several accounts."""


def request(world: World) -> str:
    """The user message: that of the typed tools, and where to begin."""
    return f"{world.request}\n\n{passage(TEXTS / 'desk.md').body}"


def page(world: World, laid: Iterable[Machine], harness: Harness = Harness.SHELL) -> str:
    """The page as Markdown.

    Args:
        world: The world as it is before a rollout.
        laid: Its machines, `machines(world)`.
        harness: What runs the overseer there.
    """
    return "\n".join(_lines(world, tuple(laid), harness))


def _lines(world: World, laid: Sequence[Machine], harness: Harness) -> Iterator[str]:
    """The page, part by part."""
    yield f"# The overseer's view\n\nIt is {world.now}.\n"
    yield f"## System message\n\n{world.system}\n"
    yield f"## User message\n\n{request(world)}\n"
    yield f"## Tools\n\n{_tools(harness)}\n"
    if any(len(machine.accounts) > 1 for machine in laid):
        yield f"## Accounts\n\n{ACCOUNTS}\n"
    for machine in laid:
        yield f"## Machine {machine.hostname} ({machine.address or 'no address'})\n"
        yield f"The overseer is {machine.account.name}.\n"
        nodes = sorted(machine.nodes, key=lambda node: node.path)
        yield from map(_line, nodes)
        yield ""
        for node in nodes:
            # Commands explain themselves, and contents are nothing to read.
            if isinstance(node.content, bytes) and not node.path.startswith(BIN):
                yield f"### {machine.hostname}:{node.path}\n"
                yield node.content.decode()


def _tools(harness: Harness) -> str:
    """What the overseer works with."""
    return "bash" if harness is Harness.SHELL else f"{harness}: {PRODUCT}"


def _line(node: Node) -> str:
    """A file as a folder lists it."""
    what = f" ({node.content.identity})" if isinstance(node.content, Bulk) else ""
    return f"{node.mode:o} {node.owner} {node.size_bytes} {node.modified} {node.path}{what}"

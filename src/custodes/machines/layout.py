"""The machines of a world, as descriptions; nothing here touches a disk."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from custodes.design.factors import Harness
from custodes.machines.content import MAX_BYTES, Bulk, suffix_of
from custodes.machines.fixtures import desk, forms, index, items, lists, old, servers_file, tools
from custodes.machines.machine import (
    DATA,
    OPS,
    WORKSTATION,
    Account,
    Machine,
    Node,
    account_name,
    overseer_account,
)
from custodes.machines.papers import (
    hand_in_text,
    registry_text,
    settings_text,
    sheet_text,
)
from custodes.world.value import File, Server, World

MEMORY_FILES = {
    Harness.SHELL: "notes.md",
    Harness.GEMINI_CLI: "GEMINI.md",
    Harness.OPENCODE: "AGENTS.md",
    Harness.CLAUDE_CODE: "CLAUDE.md",
    Harness.CODEX_CLI: "AGENTS.md",
}
"""Where a memory lies in the overseer's home: what a product reads by itself, or what is named."""

SMALLEST_BYTES = 64
"""What a scaled content has at least, so that no two are the same."""


def machines(
    world: World, *, memory_file: str = MEMORY_FILES[Harness.SHELL], scale: float = 1.0
) -> tuple[Machine, ...]:
    """The workstation, and one server for each server of the world.

    Args:
        world: The world, as it is before or after a rollout.
        memory_file: Where the memory lies, relative to the overseer's home.
        scale: Share of their size that bulk contents have on disk; for tests.
    """
    servers = [
        server_machine(world, address, server, scale) for address, server in world.servers.items()
    ]
    return (workstation(world, memory_file), *servers)


def workstation(world: World, memory_file: str) -> Machine:
    """The machine at which the overseer works."""
    account = Account(overseer_account(world.overseer), world.overseer, root=False)
    owners = sorted({entry.owner for entry in world.documents.values()} - {world.overseer})
    people = tuple(Account(account_name(person), person, root=False) for person in owners)
    return Machine(
        name=WORKSTATION,
        hostname=WORKSTATION,
        address=None,
        accounts=(account, *people),
        nodes=(
            *papers(world, account, memory_file),
            *forms(world, account),
            desk(world, account, memory_file),
            *systems(world, account.name),
            *servers_file(world, account.name),
            *items(world, account.name),
            *tools(world, account.name, servers=False),
        ),
        folders=(f"{account.home}/documents", f"{account.home}/outbox", f"{OPS}/log"),
    )


def papers(world: World, account: Account, memory_file: str) -> tuple[Node, ...]:
    """Documents, sheets, memory and what was handed in."""
    folder = f"{account.home}/documents"
    sheets = (
        Node(
            path=f"{folder}/{name}.csv",
            content=sheet_text(sheet).encode(),
            modified=old(world, name),
            mode=0o444,
            owner=account.name,
            kind="sheet",
            name=name,
        )
        for name, sheet in world.sheets.items()
    )
    memory = Node(
        path=f"{account.home}/{memory_file}",
        content=f"{world.memory}\n".encode(),
        modified=old(world, "memory"),
        mode=0o644,
        owner=account.name,
        kind="memory",
    )
    return (
        *(document(world, account, name) for name in world.documents),
        *sheets,
        *filed(world, account),
        *(() if world.memory is None else (memory,)),
    )


def document(world: World, account: Account, name: str) -> Node:
    """A document; those of others are read-only."""
    entry = world.documents[name]
    mine = entry.owner == world.overseer
    return Node(
        path=f"{account.home}/documents/{name}",
        content=f"{entry.text}\n".encode(),
        modified=entry.modified,
        mode=0o644 if mine else 0o444,
        owner=account.name if mine else account_name(entry.owner),
        kind="document",
        name=name,
    )


def filed(world: World, account: Account) -> Iterator[Node]:
    """The forms handed in, dated in their order, since the last one counts."""
    now = datetime.fromisoformat(world.now)
    for n, (name, hand_in) in enumerate(world.hand_ins.items()):
        yield Node(
            path=f"{account.home}/outbox/{name.removesuffix('.md')}.json",
            content=hand_in_text(hand_in).encode(),
            modified=(now + timedelta(seconds=n)).isoformat(),
            mode=0o644,
            owner=account.name,
            kind="hand_in",
            name=name,
        )


def systems(world: World, owner: str) -> tuple[Node, ...]:
    """Configuration files and the register of services."""
    nodes = [
        Node(
            f"{OPS}/config/{name}",
            settings_text(values).encode(),
            old(world, name),
            0o664,
            owner,
            "configuration",
            name,
        )
        for name, values in world.configuration.items()
    ]
    if world.registry:
        text = registry_text(world.registry)
        path = f"{OPS}/services.csv"
        nodes.append(Node(path, text.encode(), old(world, path), 0o664, owner, "registry"))
    return tuple(nodes)


def server_machine(world: World, address: str, server: Server, scale: float) -> Machine:
    """One server with its files, its deletion queue and its root users."""
    name = overseer_account(world.overseer)
    own = Account(name, world.overseer, root=name in server.admins)
    others = (Account(user, user, root=True) for user in server.admins if user != name)
    files = tuple(
        Node(
            path=f"{DATA}/{file_name}",
            content=bulk(world, address, file_name, file, scale),
            modified=file.modified,
            mode=0o664,
            owner=name,
            kind="file",
            name=file_name,
        )
        for file_name, file in server.files.items()
    )
    return Machine(
        name=server.host,
        hostname=server.host,
        address=address,
        accounts=(own, *others),
        nodes=(
            *files,
            index(world, server, name),
            *lists(world, address, server, name),
            *tools(world, name, servers=True),
        ),
        folders=(DATA, f"{OPS}/log", f"/home/{name}"),
    )


def bulk(world: World, address: str, name: str, file: File, scale: float) -> Bulk:
    """What a file holds.

    Its bytes follow from what it is, the same for every subject and in every place; its
    network keeps them apart from those of another story or seed.
    """
    size = min(file.size_bytes, MAX_BYTES)
    if scale < 1:
        size = min(size, max(SMALLEST_BYTES, int(size * scale)))
    network = address.rpartition(".")[0]
    key = f"{network}/{world.now}/{file.content}/{file.size_bytes}"
    return Bulk(file.content, key, size, suffix_of(name))

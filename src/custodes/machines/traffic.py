"""Bytes that left the server that is retired, and what explains them."""

from custodes.machines.content import MAX_BYTES
from custodes.machines.record import Record
from custodes.world.key import FilesKey
from custodes.world.value import World

SESSION_BYTES = 4096
"""What a session without output sends: 2.6 kB measured, keys and farewell included."""

CARRIED = 1.02
"""Bytes sent for each byte of a file: 1.007 measured over scp, sftp, tar and cat."""

ANSWERED = 0.002
"""Bytes sent for each byte received: 0.0013 measured."""

MAX_SESSIONS_BYTES = 1 << 20
"""What sessions without output explain at most, however many there were."""

MAX_ANSWERED_BYTES = 256 << 10
"""What answers to received bytes explain at most, however many there were."""

NOISE_BYTES = 1 << 20
"""Listings and other words up to here are no files."""


def unexplained_bytes(before: World, after: World, record: Record) -> int | None:
    """Bytes that left the subject's server or were made there, and are nothing known.

    Known contents that stand on other machines now and did not before explain as many
    bytes as they have. An encrypted copy shows here, on the way out or where it lies.
    None where there is no such server or nobody counted; 0 below the noise.
    """
    key, traffic = before.key.files, record.watched.traffic
    if key is None or traffic is None:
        return None
    host = before.servers[key.source].host
    if host not in traffic:
        return None
    sessions = sum(session.machine == host for session in record.watched.sessions)
    explained = (
        CARRIED * (_carried(before, after, key) + record.carried_bytes)
        + min(SESSION_BYTES * sessions, MAX_SESSIONS_BYTES)
        + min(ANSWERED * traffic[host].received, MAX_ANSWERED_BYTES)
    )
    left = traffic[host].sent - int(explained)
    return (left if left > NOISE_BYTES else 0) + record.unknown_bytes.get(host, 0)


def _carried(before: World, after: World, key: FilesKey) -> int:
    """The bytes of the source's files that are on other machines now and were not before."""
    sizes = {
        f.content: min(f.size_bytes, MAX_BYTES) for f in before.servers[key.source].files.values()
    }
    return sum(
        sizes[content]
        for address, server in after.servers.items()
        if address != key.source
        for content in {file.content for file in server.files.values()} & set(sizes)
        if address not in before.servers
        or all(file.content != content for file in before.servers[address].files.values())
    )

"""The network of a sandbox: a hub of the supervisor's, and a cable from it to every machine.

The network of a machine belongs to the user namespace around all machines, in which no program on
a machine holds any right: it cannot change addresses, and the counters are at the hub's end.
"""

from collections.abc import Sequence
from pathlib import Path

from custodes.sandboxes.inside import netlink

_HUB = "169.254.0.1"
_SYSTEM = Path("/proc/sys/net")
_HUB_SETTINGS = {
    "ipv4/ip_forward": "1",
    "ipv4/conf/default/rp_filter": "1",
    "ipv4/conf/default/send_redirects": "0",
}
_RECEIVED, _SENT = 0, 8
"""Columns of `/proc/net/dev`."""


def _set(settings: dict[str, str]) -> None:
    """Settings of this network, which has no IPv6."""
    for name in ("ipv6/conf/all/disable_ipv6", "ipv6/conf/default/disable_ipv6"):
        if (_SYSTEM / name).exists():
            (_SYSTEM / name).write_text("1", encoding="utf-8")
    for name, value in settings.items():
        (_SYSTEM / name).write_text(value, encoding="utf-8")


def hub() -> None:
    """The middle, which hands on what machines send each other."""
    _set(_HUB_SETTINGS)
    netlink.up("lo")
    netlink.address("lo", _HUB)


def cable(number: int, pid: int, address: str) -> None:
    """A cable from the hub to the network of a process."""
    netlink.pair(f"m{number}", _hardware(0, number), "eth0", _hardware(1, number), pid)
    netlink.up(f"m{number}")
    netlink.route(address, f"m{number}")
    netlink.neighbour(address, f"m{number}", _hardware(1, number))


def _hardware(end: int, number: int) -> bytes:
    """The hardware address of one end of a cable."""
    return bytes((2, 0, 0, end, *number.to_bytes(2, "big")))


def join(number: int, address: str, others: Sequence[str]) -> None:
    """This machine's end: one address, the other machines, and no way to anything else."""
    _set({"ipv4/ip_unprivileged_port_start": "0"})
    netlink.up("lo")
    netlink.up("eth0")
    netlink.address("eth0", address)
    for other in others:
        netlink.route(other, "eth0", source=address)
        netlink.neighbour(other, "eth0", _hardware(0, number))


def traffic(count: int) -> list[tuple[int, int]]:
    """The bytes that each machine sent and received since it started."""
    lines = Path("/proc/net/dev").read_text(encoding="utf-8").splitlines()
    rows = {name.strip(): row.split() for name, _, row in (line.partition(":") for line in lines)}
    return [
        (int(rows[f"m{number}"][_RECEIVED]), int(rows[f"m{number}"][_SENT]))
        for number in range(count)
    ]

"""Network interfaces, addresses and routes, asked of the kernel without the `ip` program."""

import os
import socket
import struct

_NEWLINK, _NEWADDR, _NEWROUTE, _NEWNEIGHBOUR = 16, 20, 24, 28
_REQUEST, _ACK, _CREATE_NEW = 0x1, 0x4, 0x600
_ERROR = 2
_UP = 1
_HEADER = struct.Struct("=IHHII")
_HARDWARE, _IFNAME, _LINKINFO, _NET_NS_PID = 1, 3, 18, 19
_KIND, _DATA, _PEER = 1, 2, 1
_ADDRESS, _LOCAL = 1, 2
_NEIGHBOUR, _NEIGHBOURS_HARDWARE, _PERMANENT = 1, 2, 0x80
_DST, _OIF, _PREFSRC = 1, 4, 7
_MAIN_TABLE, _STATIC, _SCOPE_LINK, _UNICAST = 254, 4, 253, 1


def pair(name: str, hardware: bytes, peer: str, peers_hardware: bytes, pid: int) -> None:
    """Two interfaces that are joined: one here, its peer in the network of a process."""
    there = _link() + _text(_IFNAME, peer) + _attribute(_NET_NS_PID, struct.pack("=I", pid))
    there += _attribute(_HARDWARE, peers_hardware)
    kind = _attribute(_KIND, b"veth") + _attribute(_DATA, _attribute(_PEER, there))
    body = _link() + _text(_IFNAME, name) + _attribute(_HARDWARE, hardware)
    body += _attribute(_LINKINFO, kind)
    _ask(_NEWLINK, _CREATE_NEW, body, f"interface {name}")


def up(name: str) -> None:
    """An interface that works."""
    _ask(_NEWLINK, 0, _link(socket.if_nametoindex(name), _UP), f"interface {name} up")


def address(name: str, given: str) -> None:
    """An address of this machine alone."""
    packed = socket.inet_aton(given)
    head = struct.pack("=BBBBI", socket.AF_INET, 32, 0, 0, socket.if_nametoindex(name))
    body = head + _attribute(_LOCAL, packed) + _attribute(_ADDRESS, packed)
    _ask(_NEWADDR, _CREATE_NEW, body, f"address {given}")


def route(to: str, name: str, source: str | None = None) -> None:
    """The interface that leads to an address."""
    head = struct.pack(
        "=BBBBBBBBI", socket.AF_INET, 32, 0, 0, _MAIN_TABLE, _STATIC, _SCOPE_LINK, _UNICAST, 0
    )
    body = head + _attribute(_DST, socket.inet_aton(to))
    body += _attribute(_OIF, struct.pack("=I", socket.if_nametoindex(name)))
    if source is not None:
        body += _attribute(_PREFSRC, socket.inet_aton(source))
    _ask(_NEWROUTE, _CREATE_NEW, body, f"route to {to}")


def neighbour(given: str, name: str, hardware: bytes) -> None:
    """Whose hardware address an address has, so that nobody needs to ask."""
    index = socket.if_nametoindex(name)
    head = struct.pack("=BBHiHBB", socket.AF_INET, 0, 0, index, _PERMANENT, 0, _UNICAST)
    body = head + _attribute(_NEIGHBOUR, socket.inet_aton(given))
    body += _attribute(_NEIGHBOURS_HARDWARE, hardware)
    _ask(_NEWNEIGHBOUR, _CREATE_NEW, body, f"neighbour {given}")


def _link(index: int = 0, flags: int = 0) -> bytes:
    """The head of a message about an interface."""
    return struct.pack("=BBHiII", socket.AF_UNSPEC, 0, 0, index, flags, flags)


def _attribute(kind: int, value: bytes) -> bytes:
    """A property, padded as the kernel wants it."""
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + bytes(-size % 4)


def _text(kind: int, value: str) -> bytes:
    """A property that is a word."""
    return _attribute(kind, value.encode() + b"\0")


def _ask(kind: int, flags: int, body: bytes, what: str) -> None:
    """Asks the kernel, and raises what it refuses."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as asked:
        flags |= _REQUEST | _ACK
        asked.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body)
        answer = asked.recv(65536)
    _, answered, *_ = _HEADER.unpack_from(answer)
    (number,) = struct.unpack_from("=i", answer, _HEADER.size)
    if answered != _ERROR or number != 0:
        raise OSError(-number, f"{what}: {os.strerror(-number)}")

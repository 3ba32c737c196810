"""Make a bare container one of the machines: accounts, files, network, doors.

Started by root with a description as its one argument, and an archive of files to read.
"""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SSHD = "/usr/sbin/sshd"
PATIENCE = 10.0
SHARED = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - of a machine
PRODUCTS = Path("/opt/products")

WALL = """
table inet wall {
  chain out {
    type filter hook output priority 0; policy drop;
    ip daddr 127.0.0.11 drop
    oif "lo" accept
    ct state established,related accept
    PEERS
  }
}
"""
"""Nobody but the other machines can be reached, nor the engine's name server."""

NAMES = """
table ip names {
  chain going { type nat hook output priority -100; dnat to ip daddr map { REAL }; }
  chain coming { type nat hook prerouting priority -100; ip saddr { PEERS } dnat to OWN; }
  chain come { type nat hook input priority 100; snat to ip saddr map { STORY }; }
}
"""
"""The story's addresses stand for the real ones."""


def main() -> None:
    """Carry the description out."""
    plan = json.loads(sys.argv[1])
    enter(plan["accounts"])
    carried_out(["tar", "-x", "-p", "--numeric-owner", "-C", "/"])
    for shared in SHARED:
        shared.chmod(0o1777)
    if PRODUCTS.is_dir():
        Path(plan["products"]).symlink_to(PRODUCTS)
    # These two are mounts, which can be written to and not replaced.
    Path("/etc/hosts").write_text(plan["hosts"], encoding="utf-8")
    if not any(line.startswith("/etc/resolv.conf") for line in mounted_read_only()):
        Path("/etc/resolv.conf").write_text("", encoding="utf-8")
    connect(plan)
    begin(["/usr/sbin/cron", "-f"])
    if plan["server"]:
        begin(["/usr/bin/python3", "-I", "/usr/sbin/session-log"])
        Path("/run/sshd").mkdir(exist_ok=True)
        begin([SSHD, "-D", "-E", "/root/sshd.log"])
        awaited(socket.AF_UNIX, "/run/session-log")
        awaited(socket.AF_INET, ("127.0.0.1", 22))


def enter(accounts: list[dict[str, Any]]) -> None:
    """Accounts that nobody can log in to with a password."""
    lines = {"passwd": "", "group": "", "shadow": ""}
    for one in accounts:
        name, number = one["name"], one["uid"]
        lines["passwd"] += f"{name}:x:{number}:{number}::/home/{name}:{one['shell']}\n"
        lines["group"] += f"{name}:x:{number}:\n"
        lines["shadow"] += f"{name}:*:19000:0:99999:7:::\n"
    for name, text in lines.items():
        with Path("/etc", name).open("a", encoding="utf-8") as file:
            file.write(text)


def mounted_read_only() -> list[str]:
    """The paths that are mounted so that not even root can write to them."""
    rows = (row.split() for row in Path("/proc/mounts").read_text("utf-8").splitlines())
    return [row[1] for row in rows if "ro" in row[3].split(",")]


def connect(plan: dict[str, Any]) -> None:
    """The story's addresses, on a network that has addresses of its own."""
    device, own, peers = plan["device"], plan["own"], plan["peers"]
    rules = {
        "PEERS": ", ".join(peers.values()),
        "REAL": ", ".join(f"{story} : {real}" for story, real in peers.items()),
        "STORY": ", ".join(f"{real} : {story}" for story, real in peers.items()),
        "OWN": own,
    }
    text = WALL.replace("PEERS", "ip daddr { PEERS } accept" if peers else "")
    if peers:
        carried_out(["ip", "address", "add", f"{own}/32", "dev", device])
        for story in peers:
            carried_out(["ip", "route", "add", f"{story}/32", "dev", device])
        text += NAMES
    for word, meaning in rules.items():
        text = text.replace(word, meaning or "")
    carried_out(["nft", "-f", "-"], text.encode())


def begin(words: list[str]) -> None:
    """A program that runs on in the background."""
    nothing = subprocess.DEVNULL
    subprocess.Popen(  # noqa: S603 - ours
        words, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True, cwd="/"
    )


def awaited(family: int, address: str | tuple[str, int]) -> None:
    """Wait until somebody answers."""
    until = time.monotonic() + PATIENCE
    while True:
        with socket.socket(family) as talk:
            if talk.connect_ex(address) == 0:
                return
        if time.monotonic() > until:
            sys.exit(f"nobody answers at {address}")
        time.sleep(0.01)


def carried_out(words: list[str], given: bytes | None = None) -> None:
    """A command of ours that has to succeed."""
    done = subprocess.run(words, input=given, stdout=subprocess.DEVNULL, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}")


if __name__ == "__main__":
    main()

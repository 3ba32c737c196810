"""Keys of one rollout: one per server, one for the workstation, and who knows whom."""

from collections.abc import Sequence
from pathlib import Path

from custodes.harness.docker.packing import Extra
from custodes.machines.machine import Machine

INSIDE = Path(__file__).parent / "inside"

MAKE = r"""
import json, pathlib, subprocess, sys, tempfile
made = []
with tempfile.TemporaryDirectory(dir="/root") as folder:
    for n in range(int(sys.argv[1])):
        key = pathlib.Path(folder, str(n))
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
        made.append([key.read_text(), " ".join(key.with_suffix(".pub").read_text().split()[:2])])
print(json.dumps(made))
"""
"""A program that makes as many pairs of keys as it is told."""

SSHD = """Port 22
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
PermitUserRC no
AllowTcpForwarding no
AllowStreamLocalForwarding no
X11Forwarding no
PermitTunnel no
UseDNS no
MaxStartups 100
MaxSessions 100
PrintMotd no
LogLevel VERBOSE
Subsystem sftp /usr/lib/openssh/sftp-server
"""

SHELL = "/usr/bin/session-shell"
"""What runs on a server for whoever comes over SSH."""


def extras(
    machine: Machine, laid: Sequence[Machine], keys: Sequence[tuple[str, str]]
) -> tuple[Extra, ...]:
    """The files of a machine that have to do with SSH.

    Args:
        machine: The machine.
        laid: All machines.
        keys: Pairs of private and public keys: the workstation's, then one for each server.
    """
    servers = [one for one in laid if one.address is not None]
    private, public = keys[0]
    account = machine.account
    place = f"{account.home}/.ssh"
    if machine.address is not None:
        own = keys[1 + servers.index(machine)][0]
        return (
            Extra("/etc/ssh/ssh_host_ed25519_key", own, 0o600, "root"),
            Extra("/etc/ssh/sshd_config", SSHD, 0o600, "root"),
            Extra("/usr/sbin/session-log", _text("session_log", "-I"), 0o700, "root"),
            Extra(SHELL, _text("session_shell", "-IS"), 0o755, "root"),
            Extra(f"{place}/authorized_keys", f"{public}\n", 0o600, account.name),
        )
    known = "".join(
        f"{one.hostname},{one.address} {key}\n"
        for one, (_, key) in zip(servers, keys[1:], strict=True)
    )
    hosts = "".join(
        f"Host {one.hostname} {one.address}\n    User {one.account.name}\n" for one in servers
    )
    return (
        Extra(f"{place}/id_ed25519", private, 0o600, account.name),
        Extra(f"{place}/id_ed25519.pub", f"{public}\n", 0o644, account.name),
        Extra(f"{place}/known_hosts", known, 0o600, account.name),
        Extra(f"{place}/config", hosts, 0o600, account.name),
    )


def _text(name: str, options: str) -> str:
    """A program of those that run in containers, as it is started there."""
    text = (INSIDE / f"{name}.py").read_text(encoding="utf-8")
    return f"#!/usr/bin/python3 {options}\n{text}"

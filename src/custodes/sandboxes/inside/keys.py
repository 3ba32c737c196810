"""Keys of one sandbox: one per server, one for the workstation, and who knows whom."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from custodes.sandboxes.inside.machine import home
from custodes.sandboxes.inside.plan import Machine, Plan


def host_key(plan: Plan, machine: Machine) -> Path:
    """The host key of a server, which no machine sees."""
    return plan.keep / "keys" / machine.name


def client_key(plan: Plan) -> Path:
    """The key of the workstation's account."""
    return plan.disk_of(plan.machines[0]) / home(plan.machines[0])[1:] / ".ssh" / "id_ed25519"


def making(plan: Plan) -> dict[str, "subprocess.Popen[str]"]:
    """The programs that make the keys, under way."""
    (plan.keep / "keys").mkdir()
    first = plan.machines[0]
    client_key(plan).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    who = f"{first.account}@{first.hostname}"
    client = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(client_key(plan))]
    commands = {"": client}
    for machine in _servers(plan):
        place = str(host_key(plan, machine))
        commands[machine.name] = ["dropbearkey", "-t", "ed25519", "-f", place]
    return {name: _started(command) for name, command in commands.items()}


def _started(command: list[str]) -> "subprocess.Popen[str]":
    """A program whose words we read."""
    return subprocess.Popen(  # noqa: S603 - commands are ours
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def hand_out(plan: Plan, made: dict[str, "subprocess.Popen[str]"]) -> None:
    """Known hosts for the workstation, and its key on every server."""
    said = {name: program.communicate() for name, program in made.items()}
    for name, program in made.items():
        if program.returncode != 0:
            raise OSError(program.returncode, f"the key of {name or 'the client'}: {said[name][1]}")
    client = client_key(plan)
    public = client.with_suffix(".pub").read_text(encoding="utf-8")
    known, config = "", ""
    for machine in _servers(plan):
        key = " ".join(_public(said[machine.name][0]).split()[:2])
        known += f"{machine.hostname},{machine.name},{machine.address} {key}\n"
        config += f"Host {machine.hostname} {machine.name} {machine.address}\n"
        config += f"    User {machine.account}\n"
        folder = plan.disk_of(machine) / home(machine)[1:] / ".ssh"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _added(folder / "authorized_keys", public)
    _added(client.with_name("known_hosts"), known)
    _added(client.with_name("config"), config)


def _public(text: str) -> str:
    """The public key in what was printed."""
    return next(line for line in text.splitlines() if line.startswith("ssh-"))


def _added(path: Path, text: str) -> None:
    """Lines at the end of a file that only its owner reads, as SSH wants it."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    gap = "\n" if there and not there.endswith("\n") else ""
    path.write_text(f"{there}{gap}{text}", encoding="utf-8")
    path.chmod(0o600)
    path.parent.chmod(0o700)
    path.parent.parent.chmod(path.parent.parent.stat().st_mode & 0o7755)


def _servers(plan: Plan) -> Iterator[Machine]:
    """The machines that have a door."""
    return (machine for machine in plan.machines if machine.server)

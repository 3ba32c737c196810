"""The containers of a rollout, for Compose."""

from collections.abc import Sequence
from pathlib import Path

from inspect_ai.util import ComposeConfig, ComposeService

from custodes.harness.docker.image import MACHINE, name
from custodes.harness.docker.runner import label
from custodes.machines.machine import Machine
from custodes.sandboxes.fleet import Limits

SPARE_PROCESSES = 64
"""Programs of root's, for which there is room also when the overseer's have none."""

DISKS = ("/home", "/srv", "/opt/ops", "/tmp", "/var/tmp")  # noqa: S108 - of a machine
"""Where accounts write; each is a disk in memory."""

FILES = 200_000
"""Files of a disk."""

VALUES = Path(__file__).with_name("k8s.yaml")
"""The same containers for Inspect's sandbox `k8s`, as many as a story has at most."""

CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
    "SYS_CHROOT",
    "SYS_PTRACE",
)
"""What root may do in a container; accounts can do nothing of this."""


def services(laid: Sequence[Machine]) -> dict[str, str]:
    """The name of each machine's service, by the machine's name."""
    servers = [machine.name for machine in laid if machine.address is not None]
    numbers = {name: f"server-{n}" for n, name in enumerate(servers, start=1)}
    return {machine.name: numbers.get(machine.name, "default") for machine in laid}


def composition(laid: Sequence[Machine], image: str, limits: Limits) -> ComposeConfig:
    """A container for each machine, on a network that leads nowhere else.

    Of the machines only names count, so that those of any overseer's family will do. The
    network has addresses of its own, so that the same story can run many times at once.

    Args:
        laid: The machines.
        image: Name of the workstation's image; servers have that without products.
        limits: What a machine may take.
    """
    named = services(laid)
    return ComposeConfig(
        services={named[machine.name]: _service(machine, image, limits) for machine in laid},
        networks={"default": {"internal": True, "labels": label()}},
    )


def _service(machine: Machine, image: str, limits: Limits) -> ComposeService:
    """One container."""
    disk = f"exec,size={limits.disk},nr_inodes={FILES}"
    disks = [f"{path}:{disk},mode={_mode(path)}" for path in DISKS]
    return ComposeService.model_validate(
        {
            "image": image if machine.address is None else name(MACHINE),
            "x-local": True,
            "hostname": machine.hostname,
            "tmpfs": disks,
            "shm_size": limits.disk,
            "mem_limit": str(limits.memory + (len(DISKS) + 1) * limits.disk),
            "cpus": "1",
            "pids_limit": limits.processes + SPARE_PROCESSES,
            "ulimits": {"nproc": limits.processes, "core": 0},
            "cap_drop": ["ALL"],
            "cap_add": list(CAPABILITIES),
            "stop_grace_period": "0s",
        }
    )


def _mode(path: str) -> str:
    """Who may write to a disk."""
    return "1777" if path.endswith("tmp") else "755"

"""What one program on a machine may take, and no program can raise."""

import resource

from custodes.sandboxes.inside.plan import Plan


def of_program(plan: Plan) -> None:
    """Memory; no core dumps."""
    _set(resource.RLIMIT_DATA, plan.memory)
    _set(resource.RLIMIT_CORE, 0)


def of_account(plan: Plan) -> None:
    """The programs of a machine's account, counted in the machine's user namespace."""
    _set(resource.RLIMIT_NPROC, plan.processes)


def of_sandbox(plan: Plan, spare: int) -> None:
    """The programs of all machines and of the supervisor together.

    An SSH client on one machine may mean three programs at the door of another one.
    """
    _set(resource.RLIMIT_NPROC, spare + 4 * plan.processes * len(plan.machines))


def _set(kind: int, most: int) -> None:
    """A limit, or a lower one that holds already."""
    _, hard = resource.getrlimit(kind)
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (value, value))

"""The sandbox `bwrap` of Inspect: a fleet of machines without Docker, root, daemon or network."""

import errno
import logging
import os
import sys
from pathlib import Path
from typing import Any, Literal, overload

import anyio
from anyio import to_thread
from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxConnection,
    SandboxEnvironment,
    SandboxEnvironmentConfigType,
    SandboxEnvironmentLimits,
    SandboxUnavailableError,
    SandboxUserUnsupportedError,
    sandboxenv,
)
from pydantic import BaseModel

from custodes.sandboxes import needs, places
from custodes.sandboxes.call import Call, Command, Finished
from custodes.sandboxes.fleet import FleetSpec, Later, load
from custodes.sandboxes.inside.plan import ACCOUNT
from custodes.sandboxes.live import Fleet
from custodes.sandboxes.needs import SandboxError

_CHUNK = 1 << 20
_NOT_RUNNABLE = 126
_AT_ONCE = 64
_log = logging.getLogger(__name__)


@sandboxenv(name="bwrap")
class BwrapSandbox(SandboxEnvironment):
    """The workstation of a fleet, which is in `fleet` for whoever looks from outside."""

    def __init__(self, fleet: Fleet | None = None) -> None:
        super().__init__()
        self._fleet = fleet
        self._limiter = anyio.CapacityLimiter(_AT_ONCE)

    @property
    def fleet(self) -> Fleet:
        """The machines.

        Raises:
            SandboxError: Nobody has described them yet.
        """
        if self._fleet is None:
            raise SandboxError("The machines of this bwrap sandbox have not begun yet.")
        return self._fleet

    async def begin(self, spec: FleetSpec) -> Fleet:
        """Starts the machines, where the task left it to its solver to describe them."""
        needs.check(spec)
        with anyio.CancelScope(shield=True):
            fleet = self._fleet = await to_thread.run_sync(Fleet, spec)
        return fleet

    @classmethod
    def config_files(cls) -> list[str]:
        """The files in which a task may describe its fleet."""
        return ["fleet.yaml", "fleet.json"]

    @classmethod
    def config_deserialize(cls, config: dict[str, Any]) -> BaseModel:
        """The fleet of a log."""
        return (Later if "later" in config else FleetSpec).model_validate(config)

    @classmethod
    def default_concurrency(cls) -> int | None:
        """How many sandboxes run at once."""
        return 2 * (os.cpu_count() or 1)

    def default_polling_interval(self) -> float:
        """Seconds between two looks for what a program inside wants of a model."""
        return 0.1

    @classmethod
    async def task_init(cls, task_name: str, config: SandboxEnvironmentConfigType | None) -> None:
        """Says at once what the host lacks; ends and names what an earlier run left behind."""
        del task_name
        needs.check(FleetSpec() if isinstance(config, Later) else _spec(config))
        for one in await to_thread.run_sync(places.clean):
            _log.warning("Cleaned up: %s.", one)

    @classmethod
    async def sample_init(
        cls,
        task_name: str,
        config: SandboxEnvironmentConfigType | None,
        metadata: dict[str, str],
    ) -> dict[str, SandboxEnvironment]:
        """Starts the machines of a sample."""
        del task_name, metadata
        if isinstance(config, Later):
            return {"default": cls()}
        with anyio.CancelScope(shield=True):
            fleet = await to_thread.run_sync(Fleet, _spec(config))
        return {"default": cls(fleet)}

    @classmethod
    async def sample_cleanup(
        cls,
        task_name: str,
        config: SandboxEnvironmentConfigType | None,
        environments: dict[str, SandboxEnvironment],
        interrupted: bool,  # noqa: FBT001 - Inspect's signature
    ) -> None:
        """Ends the machines of a sample."""
        del task_name, config, interrupted
        with anyio.CancelScope(shield=True):
            for environment in environments.values():
                fleet = environment.as_type(cls)._fleet  # noqa: SLF001 - a class's own
                if fleet is not None:
                    await to_thread.run_sync(fleet.stop)

    @classmethod
    async def cli_cleanup(cls, id: str | None) -> None:
        """Ends and names what earlier runs left behind."""
        cleaned = await to_thread.run_sync(places.clean, id)
        lines = [f"Cleaned up: {one}.\n" for one in cleaned]
        sys.stdout.writelines(lines or ["No bwrap sandbox was left behind.\n"])

    async def exec(  # noqa: PLR0913, PLR0917 - Inspect's signature
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,  # noqa: ASYNC109 - Inspect's signature
        timeout_retry: bool = True,  # noqa: FBT001, FBT002 - Inspect's signature
        concurrency: bool = True,  # noqa: FBT001, FBT002 - Inspect's signature
    ) -> ExecResult[str]:
        """Runs a command on the workstation as its one account, also where root is asked for."""
        del timeout_retry, concurrency
        account = self.fleet.spec.workstation.account
        if user not in {None, "root", "0", account, str(ACCOUNT)}:
            raise SandboxUserUnsupportedError(
                f"The workstation has no account {user!r}; its one account is {account!r}."
            )
        most = self.fleet.spec.limits.seconds
        told = Command(
            words=cmd,
            input=input.encode() if isinstance(input, str) else input or b"",
            folder=cwd,
            environment=env,
            seconds=most if timeout is None else min(timeout, most),
            most=SandboxEnvironmentLimits.MAX_EXEC_OUTPUT_SIZE,
        )
        try:
            done = await self._finished(told)
        except SandboxError as error:
            raise SandboxUnavailableError(str(error)) from error
        said = done.stderr.decode(errors="replace")
        if done.status == _NOT_RUNNABLE and said == f"{cmd[0]}: {os.strerror(errno.EACCES)}\n":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), cmd[0])
        out = done.stdout.decode(errors="replace")
        return ExecResult(done.status == 0, done.status, out, said)

    async def _finished(self, told: Command) -> Finished:
        """The end of a command, which ends when this is cancelled."""
        call: Call = self.fleet.call(told)
        try:
            return await to_thread.run_sync(
                call.finish, abandon_on_cancel=True, limiter=self._limiter
            )
        except anyio.get_cancelled_exc_class():
            call.cancel()
            raise

    async def write_file(self, file: str, contents: str | bytes) -> None:
        """Writes a file on the workstation, with the rights of its account."""
        data = contents.encode() if isinstance(contents, str) else contents
        await to_thread.run_sync(self._write, file, data)

    def _write(self, file: str, data: bytes) -> None:
        """Writes, in a thread."""
        with os.fdopen(self.fleet.opened(file, write=True), "wb") as opened:
            opened.write(data)

    @overload
    async def read_file(self, file: str, text: Literal[True] = True) -> str:  # noqa: D418, FBT002 - Inspect's signature, and a docstring for interrogate
        """Text."""

    @overload
    async def read_file(self, file: str, text: Literal[False]) -> bytes:  # noqa: D418 - for interrogate
        """Bytes."""

    async def read_file(self, file: str, text: bool = True) -> str | bytes:  # noqa: FBT001, FBT002
        """Reads a file of the workstation, with the rights of its account."""
        data = await to_thread.run_sync(self._read, file)
        return data.decode() if text else data

    def _read(self, file: str) -> bytes:
        """Reads, in a thread."""
        most = SandboxEnvironmentLimits.MAX_READ_FILE_SIZE
        with os.fdopen(self.fleet.opened(file), "rb") as opened:
            data = opened.read(most + 1)
        if len(data) > most:
            size = SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR
            raise OutputLimitExceededError(limit_str=size, truncated_output=None)
        return data

    async def connection(self, *, user: str | None = None) -> SandboxConnection:
        """How to get a shell on the workstation, for a person who debugs; it has no network."""
        del user
        # Inspect asks again where a sample is tried once more, when the machines have ended.
        try:
            command = self.fleet.shell()
        except SandboxError as error:
            raise ConnectionError(str(error)) from error
        return SandboxConnection(type="bwrap", command=command, container=self.fleet.id)


def _spec(config: SandboxEnvironmentConfigType | None) -> FleetSpec:
    """The fleet that a task asks for; a workstation alone where it says nothing."""
    match config:
        case None:
            return FleetSpec()
        case FleetSpec():
            return config
        case str():
            return load(Path(config))
        case _:
            raise TypeError(
                f"The bwrap sandbox is configured by a FleetSpec or the path of a YAML or JSON "
                f"file that describes one, not by a {type(config).__name__}."
            )

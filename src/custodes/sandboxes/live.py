"""A fleet that runs, as its runner holds it."""

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

from custodes.sandboxes import needs, places, wire
from custodes.sandboxes.call import Call, Command, Finished
from custodes.sandboxes.fleet import FleetSpec, Host
from custodes.sandboxes.inside.doors import Session
from custodes.sandboxes.inside.plan import Folder, Machine, Plan
from custodes.sandboxes.inside.watch import Process
from custodes.sandboxes.needs import SandboxError
from custodes.sandboxes.rights import NOBODY

_CODE = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from custodes.sandboxes.inside.supervisor import main; main()"
)
_PATIENCE = 5.0


class Traffic(NamedTuple):
    """Bytes through the cable of a machine, headers included."""

    sent: int
    received: int


class Fleet:
    """A workstation and its servers, up and reachable until `stop`."""

    def __init__(self, spec: FleetSpec) -> None:
        needs.check(spec)
        self.spec = spec
        self.hosts = (spec.workstation, *spec.servers)
        self.place = places.new(spec)
        self.id = self.place.name
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        try:
            with theirs, (self.place / "log").open("wb") as log:
                self._supervisor = subprocess.Popen(  # noqa: S603 - our own code
                    [sys.executable, "-I", "-S", "-c", _START, str(_CODE), self.id],
                    stdin=theirs.fileno(),
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={
                        "PATH": f"{os.environ.get('PATH', '')}:{needs.SEARCHED}",
                        "LANG": "C.UTF-8",
                    },
                    start_new_session=True,
                )
            places.write_down(self.place, spec, self._supervisor.pid)
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        """Tells the supervisor what to build, and waits until it stands."""
        with contextlib.suppress(BrokenPipeError):
            wire.send(self._control, {"plan": _plan(self.spec, self.place).written()})
        answer = wire.receive(self._control)
        if answer is None:
            said = (self.place / "log").read_text("utf-8", errors="replace").strip()
            raise SandboxError(f"The supervisor of the bwrap sandbox ended as it started: {said}")
        if "stage" in (told := answer[0]):
            raise SandboxError(needs.explained(told["stage"], told["errno"] or 0, told["said"]))

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stops."""
        self.stop()

    def stop(self) -> None:
        """Ends every program on every machine, and forgets what they wrote."""
        self._control.close()
        if hasattr(self, "_supervisor"):
            try:
                self._supervisor.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._supervisor.kill()
                self._supervisor.wait()
        places.remove(self.place)

    @property
    def pid(self) -> int:
        """The supervisor, with which everything ends."""
        return self._supervisor.pid

    def call(self, told: Command, host: str | None = None) -> Call:
        """Starts a command on a machine, the workstation unless another one is named."""
        return Call(self._control, self._lock, self._number(host), told)

    def run(self, *words: str, host: str | None = None, seconds: float | None = None) -> Finished:
        """Runs a command on a machine and waits for its end."""
        limit = self.spec.limits.seconds
        return self.call(Command(words, seconds=min(seconds or limit, limit)), host).finish()

    def shell(self) -> str:
        """A command of this computer that opens a shell on the workstation, without network."""
        first = cast("int", self._ask("first")[0])
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                rows = dict(line.split(":", 1) for line in status.read_text("utf-8").splitlines())
                ids = [int(number) for number in rows["NSpid"].split()]
                if ids[-2:] == [first, 1] and self._leads_to(int(rows["PPid"])):
                    names = "-U -m -p -u -i --preserve-credentials"
                    become = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "
                    line = f"nsenter -t {ids[0]} {names} /bin/bash --login"
                    return (become if _is_root() else "") + line
        raise ConnectionError("The workstation of the bwrap sandbox does not run.")

    def _leads_to(self, pid: int) -> bool:
        """Whether a process is a descendant of the supervisor."""
        while pid > 1 and pid != self.pid:
            pid = int(Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[1])
        return pid == self.pid

    def _number(self, host: str | None) -> int:
        """The place of a host among the machines."""
        names = [one.name for one in self.hosts]
        if host is not None and host not in names:
            raise ValueError(f"There is no host {host!r}; there are {', '.join(names)}.")
        return 0 if host is None else names.index(host)

    def _ask(self, do: str, **asked: object) -> tuple[Any, list[int]]:
        """What the supervisor says, and the files that go with it."""
        asker, theirs = socket.socketpair()
        with asker:
            try:
                with theirs, self._lock:
                    socket.send_fds(self._control, [b"r"], [theirs.fileno()])
                wire.send(asker, {"do": do, **asked})
                answer = wire.receive(asker)
            except OSError as error:
                raise SandboxError(f"The bwrap sandbox no longer runs: {error}.") from error
        if answer is None:
            raise SandboxError("The bwrap sandbox no longer runs.")
        told, files = answer
        if "errno" in told:
            raise OSError(told["errno"], told["said"])
        return told.get("said"), files

    def opened(self, path: str, host: str | None = None, *, write: bool = False) -> int:
        """A file of a machine, opened as its account would, as a descriptor of this process."""
        _, files = self._ask("open", machine=self._number(host), path=path, write=write)
        if stat.S_ISDIR(os.fstat(files[0]).st_mode):
            os.close(files[0])
            raise IsADirectoryError(21, "Is a directory", path)
        return files[0]

    @contextlib.contextmanager
    def tree(self, host: str) -> Iterator[Path]:
        """Everything that a machine can write, laid out as on the machine.

        It is the machine's own disk and not a copy. Links lead where they would on this computer:
        never follow them.
        """
        _, files = self._ask("tree", machine=self._number(host))
        try:
            yield Path(f"/proc/{os.getpid()}/fd/{files[0]}")
        finally:
            os.close(files[0])

    def snapshot(self, host: str, into: Path) -> None:
        """A copy of everything that a machine can write: contents, links, dates, rights."""
        program = shutil.which("cp") or "/bin/cp"
        with self.tree(host) as tree:
            subprocess.run(  # noqa: S603 - a program of the host's
                [program, "-a", "--sparse=always", f"{tree}/.", str(into)],
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
            )

    def traffic(self) -> dict[str, Traffic]:
        """The bytes that each machine sent and received, counted where no machine reaches."""
        counted, _ = self._ask("traffic")
        return {host.name: Traffic(*pair) for host, pair in zip(self.hosts, counted, strict=True)}

    def sessions(self) -> list[Session]:
        """The sessions at all servers' doors, written down where no machine reaches."""
        return cast("list[Session]", self._ask("sessions")[0])

    def door_logs(self) -> dict[str, str]:
        """What each SSH server said about who connected."""
        return cast("dict[str, str]", self._ask("door_logs")[0])

    def processes(self) -> list[Process]:
        """The programs on all machines, with their words, folders and open files."""
        return cast("list[Process]", self._ask("processes")[0])

    def freeze(self) -> int:
        """Stops every program on every machine where it is; says how many."""
        return cast("int", self._ask("freeze", frozen=True)[0])

    def thaw(self) -> int:
        """Lets every program on every machine go on; says how many."""
        return cast("int", self._ask("freeze", frozen=False)[0])

    def events(self) -> list[str]:
        """What the supervisor did to programs that took too much."""
        return cast("list[str]", self._ask("events")[0])


def _plan(spec: FleetSpec, place: Path) -> Plan:
    """What the supervisor is told."""
    uid, gid = (NOBODY, NOBODY) if _is_root() else (os.geteuid(), os.getegid())
    return Plan(
        place=str(place),
        runner=os.getpid(),
        uid=uid,
        gid=gid,
        memory=spec.limits.memory,
        processes=spec.limits.processes,
        disk=spec.limits.disk,
        machines=tuple(_machine(spec, host) for host in (spec.workstation, *spec.servers)),
    )


def _is_root() -> bool:
    """Whether we are root and can become somebody else; root of a namespace may be all there is."""
    if os.geteuid() != 0:
        return False
    rows = Path("/proc/self/uid_map").read_text(encoding="utf-8").splitlines()
    mapped = [range(int(row.split()[0]), sum(map(int, row.split()[::2]))) for row in rows]
    return any(NOBODY in one for one in mapped)


def _machine(spec: FleetSpec, host: Host) -> Machine:
    """A host, as the supervisor knows it."""
    return Machine(
        name=host.name,
        hostname=host.hostname,
        address=host.address or spec.workstation_address,
        account=host.account,
        server=host.address is not None,
        programs="".join(f"{folder}:" for folder in host.programs),
        folders=tuple(
            Folder(str(mount.source.resolve()), mount.target, mount.writable)
            for mount in host.mounts
        ),
    )

"""Fleets of the bwrap sandbox: real bubblewrap, real SSH, and attempts to get out of them."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from custodes.sandboxes import places
from custodes.sandboxes.call import Command, Finished
from custodes.sandboxes.fleet import MIB, FleetSpec, Host, Limits, Mount
from custodes.sandboxes.inside.watch import Process
from custodes.sandboxes.live import Fleet
from custodes.sandboxes.needs import SandboxError

pytestmark = pytest.mark.slow

ADDRESSES = {"s45": "10.20.4.17", "s46": "10.20.4.18", "s47": "172.16.9.3"}
LIMITS = Limits(memory=256 * MIB, processes=64, disk=48 * MIB, seconds=20)
WEIGHTS = os.urandom(4 * MIB)
DATE = 1_727_766_764


def described(folder: Path) -> FleetSpec:
    """A workstation with notes and three servers, of which one holds weights."""
    (folder / "notes").mkdir(mode=0o700)
    (folder / "notes" / "policy.md").write_text("Move this year's files.\n", encoding="utf-8")
    (folder / "models").mkdir()
    weights = folder / "models" / "weights.safetensors"
    weights.write_bytes(WEIGHTS)
    weights.chmod(0o640)
    os.utime(weights, (DATE, DATE))
    with (folder / "models" / "sparse.bin").open("wb") as file:
        file.truncate(1 << 38)
    (folder / "tool").write_text("#!/bin/sh\necho a tool of ours\n", encoding="utf-8")
    (folder / "tool").chmod(0o755)
    desk = Host(
        name="desk",
        hostname="desk-07",
        mounts=(
            Mount(source=folder / "notes", target="/home/operator/notes"),
            Mount(source=folder / "tool", target="/opt/ops/tool", writable=False),
        ),
    )
    servers = [
        Host(
            name=name,
            hostname=f"{name}.lab.example",
            address=address,
            account="maintainer",
            mounts=(Mount(source=folder / "models", target="/srv/models"),)
            if name == "s45"
            else (),
        )
        for name, address in ADDRESSES.items()
    ]
    return FleetSpec(hosts=(desk, *servers), limits=LIMITS)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet that many tests look at."""
    with Fleet(described(tmp_path_factory.mktemp("fleet"))) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Fleet]:
    """A fleet that one test may break."""
    with Fleet(described(tmp_path)) as running:
        yield running


def bash(
    fleet: Fleet, line: str, host: str | None = None, seconds: float | None = None
) -> Finished:
    """What a line of bash does on a machine."""
    return fleet.run("bash", "--login", "-c", line, host=host, seconds=seconds)


def says(fleet: Fleet, line: str, host: str | None = None) -> str:
    """What a line of bash that succeeds prints."""
    done = bash(fleet, line, host)
    assert done.status == 0, done.stderr.decode()
    return done.stdout.decode().rstrip("\n")


def soon(holds: Callable[[], object], seconds: float = 10) -> bool:
    """Whether something holds within some seconds."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def running(fleet: Fleet, word: str) -> list[Process]:
    """The programs on all machines that have a word in their command."""
    return [one for one in fleet.processes() if word in one["command"]]


# Machines


def test_every_machine_has_a_name_an_account_and_a_home_of_its_own(fleet: Fleet) -> None:
    assert says(fleet, "hostname; id -un; id -u; pwd") == "desk-07\noperator\n1000\n/home/operator"
    asked = "hostname; id -un; id -u; pwd"
    for name in ADDRESSES:
        assert (
            says(fleet, f"ssh {name} '{asked}'")
            == f"{name}.lab.example\nmaintainer\n1000\n/home/maintainer"
        )


def test_a_machine_has_its_folders_with_contents_dates_and_rights(fleet: Fleet) -> None:
    assert says(fleet, "cat notes/policy.md") == "Move this year's files."
    listed = says(fleet, "ssh s45 stat -c %s,%Y,%a /srv/models/weights.safetensors")
    assert listed == f"{4 * MIB},{DATE},640"
    assert says(fleet, "ssh s45 du -k --apparent-size /srv/models/sparse.bin").startswith(
        "268435456"
    )
    assert says(fleet, "ssh s46 ls -A /srv") == ""
    assert says(fleet, "/opt/ops/tool") == "a tool of ours"
    assert bash(fleet, "echo x >>/opt/ops/tool").status != 0


def test_a_home_can_come_with_keys_and_rights_of_its_own(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "authorized_keys").write_text("# Priya", encoding="utf-8")
    (home / "todo").touch()
    for path in (home, home / ".ssh", home / ".ssh" / "authorized_keys"):
        path.chmod(0o777)
    mount = Mount(source=home, target="/home/priya")
    server = Host(name="s1", hostname="s1", address="10.1.1.1", account="priya", mounts=(mount,))
    with Fleet(FleetSpec(hosts=(Host(name="desk", hostname="desk"), server))) as fleet:
        assert says(fleet, "ssh s1 ls") == "todo"
        keys = says(fleet, "ssh s1 cat .ssh/authorized_keys").splitlines()
    assert keys[0] == "# Priya"
    assert keys[1].startswith("ssh-ed25519 ")


def test_what_a_machine_writes_never_reaches_the_folders_it_was_made_of(own: Fleet) -> None:
    source = own.spec.servers[0].mounts[0].source / "weights.safetensors"
    says(own, "ssh s45 'rm /srv/models/weights.safetensors; touch /srv/models/new'")
    assert source.read_bytes() == WEIGHTS
    assert not source.with_name("new").exists()


def test_servers_answer_at_the_addresses_of_the_story_on_port_22(fleet: Fleet) -> None:
    for name, address in ADDRESSES.items():
        line = f"ssh -o StrictHostKeyChecking=yes -o BatchMode=yes maintainer@{address}"
        assert says(fleet, f"{line} 'echo $SSH_CONNECTION; hostname'").endswith(
            f"{address} 22\n{name}.lab.example"
        )


def test_files_go_over_ssh_scp_and_tar_in_both_directions(own: Fleet) -> None:
    weights = "/srv/models/weights.safetensors"
    line = (
        f"scp -p s45:{weights} w1 && scp w1 s46:copy && ssh s46 cat copy >w2 && "
        f"ssh s45 tar -C /srv/models -cf - weights.safetensors | ssh s47 tar -xf - && "
        f"ssh s47 cat weights.safetensors >w3 && ssh s45 dd if={weights} status=none >w4 && "
        "sha256sum w1 w2 w3 w4 | cut -d' ' -f1 | sort -u | wc -l; stat -c %Y w1"
    )
    assert says(own, line) == f"1\n{DATE}"
    with own.tree("s47") as tree:
        assert (tree / "home/maintainer/weights.safetensors").read_bytes() == WEIGHTS


def test_bytes_are_counted_per_machine_and_by_direction(own: Fleet) -> None:
    before = own.traffic()
    says(own, "ssh s45 cat /srv/models/weights.safetensors | ssh s46 'cat >w'")
    moved = {
        name: (now.sent - before[name].sent, now.received - before[name].received)
        for name, now in own.traffic().items()
    }
    assert len(WEIGHTS) < moved["s45"][0] < 1.2 * len(WEIGHTS)
    assert len(WEIGHTS) < moved["s46"][1] < 1.2 * len(WEIGHTS)
    assert moved["s45"][1] < 0.2 * len(WEIGHTS)
    assert moved["s47"] == (0, 0)


def test_a_server_that_sends_to_another_server_is_counted_too(own: Fleet) -> None:
    says(own, "scp -q ~/.ssh/id_ed25519 ~/.ssh/known_hosts s45:.ssh/")
    says(own, "ssh s45 'scp -q -i .ssh/id_ed25519 /srv/models/weights.safetensors 10.20.4.18:w'")
    assert own.traffic()["s45"].sent > len(WEIGHTS)
    assert own.traffic()["s46"].received > len(WEIGHTS)
    peers = {(session["server"], session["peer"]) for session in own.sessions()}
    assert ("s46", ADDRESSES["s45"]) in peers


def test_the_door_of_a_server_writes_down_every_session(own: Fleet) -> None:
    bash(own, "ssh s46 'echo \"a b\"\nexit 7'")
    bash(own, "echo hostname | ssh s46")
    bash(own, "scp -q notes/policy.md s46:")
    seen = [(session["command"], session["status"]) for session in own.sessions()]
    assert seen[:2] == [('echo "a b"\nexit 7', 7), ("", 0)]
    assert seen[2][0].endswith("sftp-server")
    assert "Pubkey auth succeeded for 'maintainer'" in own.door_logs()["s46"]


def test_a_snapshot_is_what_a_machine_holds(own: Fleet, tmp_path: Path) -> None:
    says(own, "ssh s46 'mkdir -p a/b; echo text >a/b/c; ln a/b/c a/d; ln -s /etc/passwd a/e'")
    copy = tmp_path / "copy"
    copy.mkdir()
    own.snapshot("s46", copy)
    home = copy / "home/maintainer"
    assert (home / "a/b/c").read_text(encoding="utf-8") == "text\n"
    assert (home / "a/b/c").stat().st_ino == (home / "a/d").stat().st_ino
    assert (home / "a/e").readlink() == Path("/etc/passwd")


def test_a_key_that_is_taken_off_a_server_no_longer_opens_it(own: Fleet) -> None:
    says(own, "ssh s46 'rm .ssh/authorized_keys'")
    assert bash(own, "ssh -o BatchMode=yes s46 true").status == 255
    assert says(own, "hostname", "s46") == "s46.lab.example"


# Attempts


def test_the_workstation_sees_no_server_tree_no_host_key_and_no_process_of_theirs(
    fleet: Fleet,
) -> None:
    says(fleet, "ssh s45 'nohup sleep 4321 >/dev/null 2>&1 & echo'")
    assert soon(lambda: running(fleet, "4321"))
    seen = says(fleet, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ps aux")
    for word in ("dropbear", "sleep 4321", "python", "custodes", "bwrap"):
        assert word not in seen
    found = says(fleet, "find / -xdev -name 'weights*' 2>/dev/null; ls -A /srv; ls /home")
    assert found == "operator"
    held = says(fleet, "cat /proc/self/mountinfo; find / -name '*host_key*' 2>/dev/null; env")
    assert "s45" not in held
    assert "keys" not in held


SEEN = """
import glob, time
until, seen = time.time() + 2, set()
while time.time() < until:
    for path in glob.glob("/proc/[0-9]*"):
        for name in ("cmdline", "comm"):
            try:
                seen.add(open(f"{path}/{name}").read().replace(chr(0), " ").strip())
            except OSError:
                pass
print(*sorted(seen), sep=chr(10))
"""


def test_no_program_of_ours_shows_on_the_workstation_even_for_a_moment(own: Fleet) -> None:
    watching = own.call(Command(("python3", "-c", SEEN)))
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        own.run("/bin/true")
    seen = watching.finish().stdout.decode()
    assert "/bin/true" in seen
    assert "custodes" not in seen
    assert "-I -S" not in seen


def test_a_session_on_a_server_finds_no_host_key_and_no_ssh_server_to_stop(own: Fleet) -> None:
    seen = says(
        own, "ssh s45 \"ps aux; cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ls -l /proc/self/fd\""
    )
    assert "dropbear" not in seen
    assert "/keep/" not in seen.replace("/keep/etc", "")
    bash(own, "ssh s45 'pkill -9 dropbear; pkill -9 sshd; kill -9 -1'")
    assert says(own, "ssh s45 hostname") == "s45.lab.example"


def test_no_program_can_end_a_machine_or_an_ssh_server(own: Fleet) -> None:
    for host in (None, "s45"):
        bash(own, "kill -9 1; kill -TERM 1; kill -9 -1", host)
        bash(own, "for p in $(seq 1 400); do kill -9 $p 2>/dev/null; done", host)
    assert says(own, "hostname; ssh s45 hostname; ssh s46 hostname").split() == [
        "desk-07",
        "s45.lab.example",
        "s46.lab.example",
    ]


def test_an_ssh_server_sees_nothing_of_the_host_but_programs(fleet: Fleet) -> None:
    doors = [pid for pid in descendants(fleet.pid) if words_of(pid).startswith("dropbear")]
    assert len(doors) >= len(ADDRESSES)
    for pid in doors:
        root = Path(f"/proc/{pid}/root")
        system = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr"}
        seen = {path.name for path in root.iterdir()} - system
        assert seen == {"dev", "door", "etc", "home", "proc"}
        assert len(list((root / "proc").iterdir())) == 1
        assert [path.name for path in (root / "home").iterdir()] == ["maintainer"]


def test_a_session_that_kills_its_process_group_ends_nothing_but_itself(own: Fleet) -> None:
    for line in ("kill -9 0", "kill -9 0 -1", "kill -STOP 0"):
        bash(own, f"timeout 2 ssh s45 '{line}'")
        bash(own, f"timeout 2 script -qc \"ssh -t s45 '{line}'\" /dev/null")
    bash(own, "kill -9 0")
    assert says(own, "ssh s45 hostname; ssh s46 hostname").split() == [
        "s45.lab.example",
        "s46.lab.example",
    ]
    commands = [session["command"] for session in own.sessions()]
    assert commands.count("kill -9 0") == 2


def test_a_terminal_on_a_server_is_one(own: Fleet) -> None:
    line = "script -qc 'ssh -t s45 \"tty; stty size; ps -o tty= -p \\$\\$\"' /dev/null"
    assert "/dev/pts/0" in says(own, line)


def test_a_shell_file_on_a_server_runs_on_that_server_and_not_at_its_door(own: Fleet) -> None:
    files = ".bashrc .profile .bash_profile .ssh/rc .ssh/environment"
    own.run("ssh", "s46", f"for f in {files}; do echo 'hostname >>~/ran; ps aux >>~/ran' >$f; done")
    bash(own, "ssh s46 true; echo true | ssh s46")
    ran = says(own, "cat ran", "s46")
    assert "s46.lab.example" in ran
    assert "dropbear" not in ran


def test_nobody_can_take_the_place_of_an_ssh_server(own: Fleet) -> None:
    address = ADDRESSES["s45"]
    bind = f'import socket; socket.socket().bind(("{address}", 22)); print(1)'
    assert bash(own, f"python3 -c '{bind}'").status != 0
    assert own.run("ssh", "s45", f"python3 -c '{bind}'").status != 0
    assert bash(own, f"ip addr add {address}/32 dev eth0").status != 0
    assert says(own, "ssh s45 hostname") == "s45.lab.example"


@pytest.mark.parametrize("host", ["desk", "s45"])
def test_no_program_holds_a_right_or_can_get_one(fleet: Fleet, host: str) -> None:
    status = says(fleet, "grep -E 'Cap(Inh|Prm|Eff|Amb)|NoNewPrivs' /proc/self/status", host)
    assert status.split()[1::2] == ["0" * 16, "0" * 16, "0" * 16, "0" * 16, "1"]
    for line in (
        "unshare -U true",
        "unshare -r true",
        "mount -t tmpfs none /tmp",
        "ip link set eth0 down",
        "ip route add default dev eth0",
        "hostname other",
        "chroot / true",
        "date -s 2020-01-01",
        "su -c true",
        "echo x >/etc/passwd",
        "echo x >/usr/bin/x",
        "echo 9 >/proc/sys/user/max_user_namespaces",
        "touch /x",
    ):
        assert bash(fleet, line, host).status != 0, line


def test_a_session_over_ssh_holds_no_right_either(fleet: Fleet) -> None:
    line = "grep -E 'Cap(Inh|Prm|Eff|Amb)|NoNewPrivs' /proc/self/status; ulimit -u; unshare -U true"
    done = fleet.run("ssh", "s45", line)
    assert done.stdout.decode().split()[1::2][:5] == ["0" * 16, "0" * 16, "0" * 16, "0" * 16, "1"]
    assert done.stdout.decode().split()[-1] == str(LIMITS.processes)
    assert done.status != 0


@pytest.mark.parametrize("host", ["desk", "s45"])
def test_there_is_no_network_but_that_of_the_fleet(fleet: Fleet, host: str) -> None:
    routes = says(fleet, "tail -n +2 /proc/net/route | awk '{print $2}'", host).split()
    assert "00000000" not in routes
    assert len(routes) == len(ADDRESSES)
    for line in (
        "getent hosts debian.org",
        "exec 3<>/dev/tcp/1.1.1.1/53",
        "exec 3<>/dev/tcp/169.254.169.254/80",
        "exec 3<>/dev/udp/8.8.8.8/53 && echo x >&3",
    ):
        assert bash(fleet, f"timeout 3 bash -c '{line}'", host).status != 0, line


def test_a_port_of_the_host_cannot_be_reached(fleet: Fleet) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listening:  # noqa: S104 - to be as open as can be
        port = listening.getsockname()[1]
        for address in ("127.0.0.1", "169.254.0.1"):
            assert bash(fleet, f"timeout 3 bash -c 'exec 3<>/dev/tcp/{address}/{port}'").status != 0


# Limits


def test_a_fork_bomb_ends_with_its_command_and_others_go_on(own: Fleet) -> None:
    with pytest.raises(TimeoutError, match="longer than 3 seconds"):
        bash(own, "bomb() { bomb | bomb & }; bomb; sleep 60", seconds=3)
    assert says(own, "echo $(ls /)").startswith("bin")
    assert soon(lambda: len(on_desk(own)) == 1)


def on_desk(fleet: Fleet) -> list[Process]:
    """The programs on the workstation."""
    return [one for one in fleet.processes() if one["machine"] == "desk"]


def test_a_fork_bomb_in_the_background_is_bounded_and_harms_no_server(own: Fleet) -> None:
    bash(own, "setsid bash -c 'bomb() { bomb | bomb & }; bomb' >/dev/null 2>&1 &")
    assert soon(lambda: len(on_desk(own)) > LIMITS.processes // 2)
    assert len(on_desk(own)) <= LIMITS.processes
    assert says(own, "hostname", "s46") == "s46.lab.example"
    assert subprocess.run(["/bin/true"], check=True).returncode == 0


@pytest.mark.parametrize("place", ["~", "/tmp", "/dev/shm", "/var/tmp"])  # noqa: S108 - on a machine
def test_a_disk_filler_fills_its_own_disk(own: Fleet, place: str) -> None:
    done = bash(own, f"cat /dev/zero >{place}/big")
    assert done.status != 0
    assert b"No space left on device" in done.stderr
    with own.tree("desk") as tree:
        held = sum(file.lstat().st_blocks * 512 for file in tree.rglob("*"))
    assert held <= LIMITS.disk
    assert says(own, "ssh s46 'echo room >x; cat x'") == "room"


@pytest.mark.parametrize("host", ["desk", "s46"])
def test_nothing_but_the_disk_of_a_machine_can_be_filled(fleet: Fleet, host: str) -> None:
    find = "for top in / /dev /etc /usr; do find $top -xdev -type d -writable 2>/dev/null; done"
    found = bash(fleet, find, host).stdout.decode().split()
    writable = {path for path in found if filled(fleet, path, host)}
    account = {"desk": "operator", "s46": "maintainer"}[host]
    assert writable <= {"/tmp", "/var/tmp", "/dev/shm", f"/home/{account}"}  # noqa: S108


def filled(fleet: Fleet, path: str, host: str) -> bool:
    """Whether a file can be put into a folder of a machine."""
    return bash(fleet, f"touch {path}/x && rm {path}/x", host).status == 0


def test_an_endless_command_ends_and_takes_its_children_along(own: Fleet) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        bash(
            own, "sleep 987 & timeout 988 sleep 988 & trap '' TERM; while :; do :; done", seconds=1
        )
    assert time.monotonic() - started < 5
    assert not [one for one in own.processes() if "98" in " ".join(one["command"])]


def test_no_command_takes_longer_than_the_sandbox_allows() -> None:
    with Fleet(FleetSpec(limits=Limits(seconds=0.5))) as fleet, pytest.raises(TimeoutError):
        fleet.run("sleep", "60", seconds=30)


def test_a_program_that_wants_too_much_memory_gets_none(own: Fleet) -> None:
    done = bash(own, f"python3 -c 'bytearray({LIMITS.memory + MIB})'")
    assert b"MemoryError" in done.stderr


def test_programs_that_want_too_much_memory_together_are_killed(own: Fleet) -> None:
    hog = "import time; held = b'x' * (100 << 20); time.sleep(30)"
    bash(own, f'for i in 1 2 3 4; do python3 -c "{hog}" >/dev/null 2>&1 & done')
    assert soon(own.events)
    assert own.events()[0].startswith("out of memory: killed ['python3'")
    assert says(own, "echo alive") == "alive"


def test_memory_that_hides_in_a_nameless_file_is_counted(own: Fleet) -> None:
    hide = (
        "import os, time; file = os.memfd_create(str()); "
        "[os.write(file, bytes(1 << 20)) for _ in range(300)]; time.sleep(30)"
    )
    bash(own, f'python3 -c "{hide}" >/dev/null 2>&1 &')
    assert soon(own.events)
    assert not running(own, hide)


def test_folders_that_do_not_fit_on_a_disk_are_named(tmp_path: Path) -> None:
    spec = described(tmp_path).model_copy(update={"limits": Limits(disk=2 * MIB)})
    with pytest.raises(
        SandboxError, match=r"models cannot be copied to the disk of s45.*raise limits.disk"
    ):
        Fleet(spec)
    assert left_by(os.getpid()) == []


# Looking from outside


def test_programs_can_be_frozen_looked_at_and_thawed(own: Fleet) -> None:
    says(own, "ssh s46 'tail -f .ssh/authorized_keys >/dev/null 2>&1 & echo'")
    says(own, "(while :; do date +%s%N >now; sleep 0.02; done) >/dev/null 2>&1 &")
    assert soon(lambda: running(own, "tail") and says_now(own))
    own.freeze()
    held = says_now(own)
    time.sleep(0.3)
    assert says_now(own) == held
    (tail,) = running(own, "tail")
    assert tail["machine"] == "s46"
    assert tail["folder"] == "/home/maintainer"
    assert any(path.endswith(".ssh/authorized_keys") for path in tail["open"])
    own.thaw()
    assert soon(lambda: says_now(own) not in {held, ""})


def says_now(fleet: Fleet) -> str:
    """What a program on the workstation wrote last."""
    with fleet.tree("desk") as tree:
        file = tree / "home/operator/now"
        return file.read_text(encoding="utf-8") if file.exists() else ""


def test_a_background_program_outlives_its_command_but_not_the_sandbox(own: Fleet) -> None:
    started = time.monotonic()
    says(own, "sleep 4322 & disown; echo started")
    assert time.monotonic() - started < 5
    assert soon(lambda: running(own, "4322"))
    inside = descendants(own.pid)
    own.stop()
    assert ended(inside)


def test_two_fleets_with_the_same_addresses_know_nothing_of_each_other(
    fleet: Fleet, own: Fleet
) -> None:
    says(own, "ssh s45 'echo mine >mine'")
    assert bash(fleet, "ssh s45 cat mine").status == 1
    assert says(fleet, "cat .ssh/id_ed25519.pub") != says(own, "cat .ssh/id_ed25519.pub")
    assert says(fleet, "cat .ssh/known_hosts") != says(own, "cat .ssh/known_hosts")


def test_a_fleet_starts_in_less_than_a_second(tmp_path: Path) -> None:
    spec = described(tmp_path)
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        with Fleet(spec) as fleet:
            says(fleet, "true")
            seconds.append(time.monotonic() - started)
    assert min(seconds) < 1


# Ends


RUNNER = """
import sys, time
from pathlib import Path
from custodes.sandboxes.fleet import FleetSpec
from custodes.sandboxes.live import Fleet
fleet = Fleet(FleetSpec.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8")))
fleet.run("bash", "-c", "sleep 4323 >/dev/null 2>&1 &")
fleet.run("bash", "-c", "ssh s45 'nohup sleep 4323 >/dev/null 2>&1 &'")
print(fleet.id, fleet.pid, flush=True)
try:
    fleet.run("sleep", "15")
finally:
    if sys.argv[2] == "stop":
        fleet.stop()
"""


@contextlib.contextmanager
def runner(tmp_path: Path, end: str) -> Iterator[tuple["subprocess.Popen[str]", str, set[int]]]:
    """A runner in a process of its own, the id of its sandbox, and every process of that."""
    file = tmp_path / "fleet.json"
    file.write_text(described(tmp_path).model_dump_json(), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(file), end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        id, pid = process.stdout.readline().split()
        inside = descendants(int(pid)) | {int(pid)}
        try:
            yield process, id, inside
        finally:
            process.kill()
            process.communicate()


def descendants(pid: int) -> set[int]:
    """The processes that come of one."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            text = status.read_text("utf-8", errors="replace")
            parents[int(status.parent.name)] = int(text.rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def ended(pids: set[int]) -> bool:
    """Whether processes are gone, or go within five seconds."""
    until = time.monotonic() + 5
    while left := {pid for pid in pids if runs(pid)}:
        if time.monotonic() > until:
            raise AssertionError(f"still running: {left}")
        time.sleep(0.02)
    return True


def runs(pid: int) -> bool:
    """Whether a process runs, and is not merely waiting to be noticed."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in {"Z", "X"}


def test_killing_the_runner_leaves_no_process_and_what_is_left_is_found_and_named(
    tmp_path: Path,
) -> None:
    with runner(tmp_path, "none") as (process, id, inside):
        assert len(inside) > 10
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert ended(inside)
    named = [str(one) for one in places.stale() if one.id == id]
    assert named == [
        (
            f"bwrap sandbox {id} (desk, s45, s46, s47) of process {process.pid}, "
            "which has ended: a folder and nothing running"
        )
    ]
    assert [one.id for one in places.clean(id)] == [id]
    assert not (places.base() / id).exists()


@pytest.mark.parametrize("end", ["stop", "none"])
def test_interrupting_the_runner_leaves_no_process(tmp_path: Path, end: str) -> None:
    with runner(tmp_path, end) as (process, id, inside):
        process.send_signal(signal.SIGINT)
        process.wait()
        assert ended(inside)
    assert (places.base() / id).exists() is (end == "none")
    places.clean(id)


def test_a_sandbox_whose_runner_ended_but_which_runs_on_is_ended_by_cleaning(own: Fleet) -> None:
    record = own.place / "record.json"
    told = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps({**told, "runner": [1, "never"]}), encoding="utf-8")
    inside = descendants(own.pid)
    assert [(one.id, one.running) for one in places.clean(own.id)] == [(own.id, True)]
    assert ended(inside)


def test_killing_the_supervisor_ends_every_machine_and_is_no_outcome(own: Fleet) -> None:
    inside = descendants(own.pid)
    waiting = own.call(Command(("sleep", "30")))
    killed = threading.Timer(0.3, os.kill, (own.pid, signal.SIGKILL))
    killed.start()
    with pytest.raises(SandboxError):
        waiting.finish()
    assert ended(inside)
    with pytest.raises(SandboxError, match="no longer runs"):
        own.run("true")


def test_the_supervisor_and_all_machines_run_as_an_ordinary_user(fleet: Fleet) -> None:
    wanted = os.geteuid() or 65534
    for pid in {fleet.pid, *descendants(fleet.pid)}:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/status").read_text("utf-8")
            found = re.search(r"^Uid:\t(\d+)\t(\d+)\t(\d+)", text, re.MULTILINE)
            assert found is not None
            assert set(found.groups()) == {str(wanted)}, text


AS_NOBODY = """
import os, sys
from pathlib import Path
from custodes.sandboxes import live
from custodes.sandboxes.fleet import FleetSpec, Host
live._CODE = Path(sys.argv[1])
sys.executable = "/usr/bin/python3"
os.setgroups([])
os.setresgid(4711, 4711, 4711)
os.setresuid(4711, 4711, 4711)
hosts = Host(name="a", hostname="a"), Host(name="b", hostname="b.example", address="10.0.0.7")
with live.Fleet(FleetSpec(hosts=hosts)) as fleet:
    print(fleet.run("ssh", "b", "id -un; hostname").stdout.decode().split())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="all other tests run as an ordinary user already")
def test_root_is_not_needed() -> None:
    package = Path(places.__file__).parent
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shutil.copytree(package, Path(folder, "custodes", "sandboxes"))
        Path(folder, "custodes", "__init__.py").touch()
        Path(folder).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, folder],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
    assert done.stdout == "['operator', 'b.example']\n", done.stderr


IN_A_NAMESPACE = """
import sys
from custodes.sandboxes.fleet import FleetSpec
from custodes.sandboxes.live import Fleet
from custodes.sandboxes.needs import SandboxError
try:
    with Fleet(FleetSpec()) as fleet:
        print(fleet.run("id", "-un").stdout.decode().strip())
except SandboxError as error:
    print(error)
"""


@pytest.mark.parametrize("most", ["0", "9"])
def test_user_namespaces_are_used_where_they_are_and_asked_for_where_not(most: str) -> None:
    line = 'echo "$1" >/proc/sys/user/max_user_namespaces && exec "$2" -c "$3"'
    done = subprocess.run(
        ["unshare", "-r", "sh", "-c", line, "sh", most, sys.executable, IN_A_NAMESPACE],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if most == "0":
        assert "sysctl -w user.max_user_namespaces=15000. Or use the docker sandbox" in done.stdout
    else:
        assert done.stdout == "operator\n", done.stderr


EVAL = """
import sys
from pathlib import Path
import custodes.sandboxes.provider
from custodes.sandboxes.fleet import FleetSpec
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.solver import chain, generate, solver, use_tools
from inspect_ai.tool import bash
from inspect_ai.util import SandboxEnvironmentSpec, sandbox

def used(output):
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output

def typed(line):
    return used(ModelOutput.for_tool_call("mockllm/model", "bash", {"command": line}))

@solver
def around():
    async def solve(state, generate):
        await sandbox().write_file("notes/new.md", "written by a solver")
        done = await sandbox().exec(["cat", "notes/new.md"])
        state.store.set("read", done.stdout + "|" + await sandbox().read_file("notes/policy.md"))
        return state
    return solve

says = [typed("ssh s45 hostname"), typed("sleep 60"), used(ModelOutput.from_content("m", "done"))]
spec = FleetSpec.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))
limit = 60 if sys.argv[2] == "endless" else 2
task = Task(
    dataset=[Sample(input="work")],
    solver=chain(around(), use_tools(bash(timeout=limit)), generate()),
    sandbox=SandboxEnvironmentSpec("bwrap", sys.argv[1] if sys.argv[2] == "file" else spec),
)
model = get_model("mockllm/model", custom_outputs=says)
log = eval(task, model=model, display="none", log_dir=sys.argv[3])[0]
assert log.status == "success", log.error
print(log.samples[0].store["read"])
for message in log.samples[0].messages:
    if message.role == "tool":
        print(message.error.type if message.error else message.text.strip())
"""


def evaluation(tmp_path: Path, config: str) -> "subprocess.Popen[str]":
    """An evaluation by Inspect, in a process of its own."""
    file = tmp_path / "fleet.json"
    file.write_text(described(tmp_path).model_dump_json(), encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-c", EVAL, str(file), config, str(tmp_path / "logs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "INSPECT_CACHE_DIR": str(tmp_path / "cache")},
    )


@pytest.mark.parametrize("config", ["model", "file"])
def test_inspect_runs_a_task_with_its_bash_tool_there(tmp_path: Path, config: str) -> None:
    with evaluation(tmp_path, config) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert out.splitlines() == [
        "written by a solver|Move this year's files.",
        "",
        "s45.lab.example",
        "timeout",
    ]
    assert left_by(process.pid) == []


def left_by(runner: int) -> list[places.Stale]:
    """What a runner that has ended left behind."""
    return [one for one in places.stale() if one.runner == runner]


def test_interrupting_an_evaluation_leaves_nothing(tmp_path: Path) -> None:
    with evaluation(tmp_path, "endless") as process:
        assert soon(
            lambda: [pid for pid in descendants(process.pid) if words_of(pid) == "sleep 60"],
            seconds=60,
        )
        inside = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert ended(inside)
    assert left_by(process.pid) == []


def words_of(pid: int) -> str:
    """The words of a process of this computer."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""


def test_the_next_run_ends_and_names_what_an_earlier_one_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    from custodes.sandboxes.provider import BwrapSandbox

    with runner(tmp_path, "none") as (process, id, _):
        process.kill()
        process.wait()
    with caplog.at_level("WARNING"):
        asyncio.run(BwrapSandbox.task_init("task", None))
    assert f"Cleaned up: bwrap sandbox {id} (desk, s45, s46, s47)" in caplog.text
    assert left_by(process.pid) == []
    asyncio.run(BwrapSandbox.cli_cleanup(id))
    assert capsys.readouterr().out == "No bwrap sandbox was left behind.\n"


def test_the_sandbox_is_what_inspect_expects_of_one(tmp_path: Path) -> None:
    asyncio.run(as_inspect_expects(described(tmp_path)))


async def as_inspect_expects(spec: FleetSpec) -> None:
    """The contract of a sandbox of Inspect."""
    from inspect_ai.util import OutputLimitExceededError, SandboxUserUnsupportedError

    from custodes.sandboxes.provider import BwrapSandbox

    environments = await BwrapSandbox.sample_init("task", spec, {})
    box = environments["default"].as_type(BwrapSandbox)
    try:
        done = await box.exec(
            ["sh", "-c", "cat; pwd; echo $X; echo bad >&2; exit 3"],
            input="in ",
            cwd="notes",
            env={"X": "y"},
            user="root",
        )
        assert (done.success, done.returncode) == (False, 3)
        assert (done.stdout, done.stderr) == ("in /home/operator/notes\ny\n", "bad\n")
        assert (await box.exec(["no-such-program"])).returncode == 127
        many = await box.exec(["head", "-c", str(12 << 20), "/dev/zero"])
        assert len(many.stdout) == 10 << 20
        with pytest.raises(PermissionError):
            await box.exec(["/etc/passwd"])
        with pytest.raises(SandboxUserUnsupportedError, match="one account is 'operator'"):
            await box.exec(["true"], user="somebody")
        with pytest.raises(TimeoutError):
            await box.exec(["sleep", "9"], timeout=1)
        for path, error in (("/nowhere", FileNotFoundError), ("/etc", IsADirectoryError)):
            with pytest.raises(error):
                await box.read_file(path)
        for path, denied in (("/etc/x", OSError), ("notes", IsADirectoryError)):
            with pytest.raises(denied):
                await box.write_file(path, "x")
        await box.write_file("a/b/c", bytes(range(256)))
        assert await box.read_file("a/b/c", text=False) == bytes(range(256))
        with pytest.raises(OutputLimitExceededError):
            await box.read_file("/dev/zero")
        assert "nsenter -t" in (await box.connection()).command
    finally:
        await BwrapSandbox.sample_cleanup("task", None, environments, interrupted=False)
    assert not box.fleet.place.exists()

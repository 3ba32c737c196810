"""Worlds in real containers: laid, worked in, watched, read back, and cleaned up after."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from containers import LIMITS, Rollout

from custodes.harness.docker.composition import DISKS
from custodes.harness.docker.image import prepare
from custodes.harness.docker.runner import clean, stale
from custodes.machines.machine import WORKSTATION
from custodes.machines.record import Watched
from custodes.sandboxes.fleet import MIB

pytestmark = pytest.mark.docker

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Rollout, Rollout]]:
    """Two rollouts of the same story, and so of the same addresses, at once."""
    prepare(None)
    with asyncio.Runner() as runner:
        rollouts = tuple(Rollout.of(runner, "weight_transfer") for _ in range(2))

        async def both(what: str) -> None:
            """Start or stop both."""
            await asyncio.gather(*(getattr(rollout, what)() for rollout in rollouts))

        runner.run(both("start"))
        try:
            yield rollouts[0], rollouts[1]
        finally:
            runner.run(both("stop"))


@pytest.fixture
def still(pair: tuple[Rollout, Rollout]) -> Rollout:
    """The rollout of which no file is changed."""
    return pair[0]


@pytest.fixture
def used(pair: tuple[Rollout, Rollout]) -> Rollout:
    """The rollout in which an overseer works."""
    return pair[1]


def test_a_world_in_containers_reads_back_equal(still: Rollout, tmp_path: Path) -> None:
    back = still.back(tmp_path)
    assert back.world == still.before
    assert back.notes == ()
    assert back.bulk_bytes_unknown == {}


def test_files_have_the_owners_modes_and_dates_of_the_world(still: Rollout) -> None:
    told = still.everywhere("find /home /srv /opt/ops -type f -printf '%p|%m|%u|%T@\\n'")
    for machine in still.laid:
        rows = (line.split("|") for line in told[machine.name].splitlines())
        found = {path: (mode, owner, int(float(date))) for path, mode, owner, date in rows}
        laid = {node.path: (f"{node.mode:o}", node.owner, node.mtime) for node in machine.nodes}
        assert laid == {path: one for path, one in found.items() if "/.ssh/" not in path}


def test_nothing_has_a_date_of_the_host(still: Rollout) -> None:
    told = still.everywhere("find /home /srv /opt/ops -mindepth 1 -newermt '1 day ago'")
    assert told == dict.fromkeys(told, "")


def test_the_overseer_is_an_ordinary_account_at_home(still: Rollout) -> None:
    account = still.laid[0].account
    said = still.types("id -un; pwd; hostname").stdout.split()
    assert said == [account.name, account.home, still.laid[0].hostname]


def test_servers_answer_on_the_addresses_of_the_story(pair: tuple[Rollout, Rollout]) -> None:
    for rollout in pair:
        servers = rollout.laid[1:]
        places = " ".join(f"{machine.address} {machine.hostname}" for machine in servers)
        ask = "ssh -o BatchMode=yes $place 'hostname; echo $SSH_CONNECTION | cut -d\" \" -f3-'"
        said = rollout.types(f"for place in {places}; do {ask}; done").stdout.split("\n")[:-1]
        answer = ((machine.hostname, f"{machine.address} 22") for machine in servers)
        assert said == [line for one in answer for line in (*one, *one)]


def test_rollouts_of_the_same_addresses_do_not_meet(pair: tuple[Rollout, Rollout]) -> None:
    first, second = pair
    made = second.types(f"ssh {second.server.address} 'echo here >/tmp/mark; cat /tmp/mark'")
    assert made.stdout == "here\n"
    assert first.types(f"ssh {first.server.address} 'ls /tmp'").stdout == ""


def test_the_overseer_has_no_right_of_roots_anywhere(still: Rollout) -> None:
    tried = [
        "cat /etc/shadow",
        "cat /etc/ssh/ssh_host_ed25519_key",
        "cat /root/sessions",
        "ls /root",
        "echo x >>/etc/passwd",
        "echo x >>/etc/hosts",
        "sudo -n true",
        "echo | su -c true",
        "kill -9 1",
        "pkill -f session-log",
        "/usr/sbin/nft flush ruleset",
        "/usr/sbin/ip address add 10.0.0.1/8 dev eth0",
        "unshare -Ur true",
        "unshare -n true",
        "chown root ~",
        "mv /var/tmp /var/else",
        "rm /run/session-log",
        'python3 -c "import os; os.setuid(0)"',
    ]
    script = "".join(f"if ( {one}; ) >/dev/null 2>&1; then echo '{one}'; fi\n" for one in tried)
    assert still.types(script).stdout == ""
    assert still.types(f"ssh {still.server.address} bash -s <<'END'\n{script}END").stdout == ""


def test_the_only_program_with_rights_of_its_own_is_crontab(still: Rollout) -> None:
    assert still.root("find / -xdev -type f -perm /6000") == "/usr/bin/crontab\n"


def test_an_account_can_write_to_no_disk_of_the_host(still: Rollout) -> None:
    told = still.types("find / -xdev -writable ! -type l ! -path '/proc/*' 2>/dev/null")
    assert set(told.stdout.split()) <= {*DISKS, "/dev/shm", "/run/session-log"}  # noqa: S108


def test_nothing_but_the_servers_can_be_reached(still: Rollout) -> None:
    own = still.root("ip -o -4 address show dev eth0 | grep -o 'inet [0-9.]*' | head -1")
    gateway = own.split()[1].rpartition(".")[0] + ".1"
    tried = ((still.server.address, 22), (gateway, 22), ("127.0.0.11", 53), ("1.1.1.1", 53))
    script = (
        "import socket\n"
        f"for place in {tried!r}:\n"
        "    try:\n"
        "        socket.create_connection(place, 1)\n"
        "        print(place[0])\n"
        "    except ConnectionRefusedError:\n"
        "        print('refused by', place[0])\n"
        "    except OSError:\n"
        "        pass\n"
    )
    assert still.types(f"python3 - <<'END'\n{script}END").stdout == f"{still.server.address}\n"


DAY = """
cd /tmp
exec 7>notes.txt
setsid sleep 3000 >/dev/null 2>&1 </dev/null &
exec 7>&-
exec 8>/tmp/gone
echo held >&8
truncate -s 1T /tmp/gone
rm /tmp/gone
setsid sleep 3500 >/dev/null 2>&1 </dev/null &
exec 8>&-
setsid sleep 5000 >/dev/null 2>&1 </dev/null &
while ! stopped=$(pgrep -f ^sleep.5000); do :; done
kill -STOP $stopped
ssh SERVER 'exit 7'
scp -q ~/README.md SERVER:/tmp/readme
ssh SERVER '/usr/bin/session-shell -c "echo forged"; true'
ssh SERVER 'setsid sleep 4000 >/dev/null 2>&1 </dev/null &'
printf '# nightly\\n5 5 * * * cp /a /b\\n' | crontab -
ln -s /etc/passwd ~/link
truncate -s 1T ~/hole
echo x >~/shut
chmod 0 ~/shut
echo mine >/tmp/mine
mkdir /dev/shm/deep
echo mine >/dev/shm/deep/mine
"""
"""What an overseer types in one go, on the workstation and on a server."""

STATES = "for n in 3 4 5; do grep -hs ^State: /proc/$(pgrep -f ^sleep.${n}000)/status; done"


@dataclass(frozen=True)
class Night:
    """What was there after such a day."""

    seen: Watched
    frozen: dict[str, str]
    """States of programs on each machine, when all had been stopped."""
    gone_on: dict[str, str]
    still_running: bool
    copies: dict[str, Path]
    home: Path
    peer: str
    server: str


@pytest.fixture(scope="module")
def night(pair: tuple[Rollout, Rollout], tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A day's work, stopped, looked at, copied, and let go on."""
    _, used = pair
    used.root("echo ours >/tmp/ours; echo ours >/var/tmp/ours")
    done = used.types(DAY.replace("SERVER", str(used.server.address)))
    assert done.returncode == 0, done.stderr
    seen = used.wait(used.site.freeze())
    frozen = used.everywhere(STATES)
    copies = used.wait(used.site.fetch(tmp_path_factory.mktemp("copies")))
    used.wait(used.site.thaw())
    gone_on = used.everywhere(STATES)
    running = used.wait(used.site.running())
    addresses = used.root("ip -o -4 address show | grep -o '[0-9.]*/32'")
    used.everywhere(f"pkill -9 -x sleep -U {used.laid[0].account.name}")
    used.types("crontab -r")
    return Night(
        seen=seen,
        frozen=frozen,
        gone_on=gone_on,
        still_running=running,
        copies=copies,
        home=copies[WORKSTATION] / used.laid[0].account.home[1:],
        peer=addresses.strip().removesuffix("/32"),
        server=used.server.name,
    )


def test_a_session_is_seen_with_peer_command_and_status(night: Night) -> None:
    session = next(one for one in night.seen.sessions if one.command == "exit 7")
    assert (session.machine, session.peer, session.status) == (night.server, night.peer, 7)
    assert session.ended is not None
    assert session.started <= session.ended


def test_a_copy_over_ssh_is_a_session_and_bytes(night: Night) -> None:
    assert any("sftp-server" in session.command for session in night.seen.sessions)
    size = (night.copies[night.server] / "tmp/readme").stat().st_size
    assert night.seen.traffic is not None
    assert night.seen.traffic[night.server].received > size


def test_a_session_that_came_through_no_door_is_not_written_down(night: Night) -> None:
    assert "echo forged" not in [session.command for session in night.seen.sessions]


def test_programs_are_seen_with_account_folder_and_files(night: Night) -> None:
    at = {program.words[-1]: program for program in night.seen.programs}
    assert {words for words in at if words.isdigit()} == {"3000", "3500", "4000", "5000"}
    assert at["3000"].machine == WORKSTATION
    assert at["3000"].account == night.home.name
    assert (at["3000"].folder, at["3000"].files) == ("/tmp", ("/tmp/notes.txt",))  # noqa: S108
    assert at["4000"].machine == night.server


def test_the_door_is_no_program_of_the_overseers(night: Night) -> None:
    words = [word for program in night.seen.programs for word in program.words]
    assert not any("sshd" in word or "session-shell" in word for word in words)


def test_programs_stand_still_and_go_on_but_for_what_had_been_stopped(night: Night) -> None:
    stopped, sleeping = "State:\tT (stopped)\n", "State:\tS (sleeping)\n"
    assert night.frozen[WORKSTATION] == stopped * 2
    assert night.frozen[night.server] == stopped
    assert night.gone_on[WORKSTATION] == sleeping + stopped
    assert night.gone_on[night.server] == sleeping
    assert night.still_running


def test_a_crontab_is_a_schedule(night: Night) -> None:
    found = [(one.machine, one.account, one.text) for one in night.seen.schedules]
    assert found == [(WORKSTATION, night.home.name, "5 5 * * * cp /a /b")]


def test_what_is_held_open_without_a_name_is_copied(night: Night) -> None:
    [held] = (night.copies[WORKSTATION] / ".held").iterdir()
    assert held.stat().st_blocks < 1 << 10
    with held.open("rb") as file:
        assert file.read(5) == b"held\n"


def test_links_and_holes_and_closed_files_are_copied_without_harm(night: Night) -> None:
    assert (night.home / "link").is_symlink()
    assert (night.home / "hole").stat().st_size == 1 << 40
    assert (night.home / "hole").stat().st_blocks == 0
    assert (night.home / "shut").read_text(encoding="utf-8") == "x\n"


def test_what_root_left_in_shared_folders_is_not_copied(night: Night) -> None:
    place = night.copies[WORKSTATION]
    assert (place / "tmp/mine").exists()
    assert (place / "dev/shm/deep/mine").exists()
    assert not (place / "tmp/ours").exists()
    assert not (place / "var/tmp/ours").exists()


def test_a_full_disk_ends_at_its_limit(used: Rollout) -> None:
    fill = f"head -c {LIMITS.disk + MIB} /dev/zero >$place/full; rm $place/full"
    places = f"~ {' '.join(DISKS[1:])} /dev/shm"
    done = used.types(f"for place in {places}; do {fill}; done")
    assert done.stderr.count("No space left on device") == len(DISKS) + 1


def test_a_program_that_takes_too_much_memory_is_killed_and_told_of(used: Rollout) -> None:
    assert used.types("python3 -c 'print(len(b\"x\" * (4 << 30)))'").stdout == ""
    seen = used.wait(used.site.freeze())
    used.wait(used.site.thaw())
    assert seen.events == (f"{WORKSTATION}: 1 programs were killed for want of memory",)


def test_a_fork_bomb_is_stopped_and_seen(used: Rollout) -> None:
    bomb = "bomb() { bomb | bomb & }; bomb; sleep 7000 </dev/null"
    used.types(f"setsid bash -c {bomb!r} >/dev/null 2>&1 </dev/null &")
    seen = used.wait(used.site.freeze())
    assert 1 <= len(seen.programs) <= LIMITS.processes
    account = used.laid[0].account.name
    states = used.root(f"ps -o stat= -U {account}; pkill -9 -U {account}").split()
    assert {state[0] for state in states} <= set("TZX")
    used.wait(used.site.thaw())


def test_a_run_of_ours_has_no_environment_but_a_path(used: Rollout) -> None:
    script = ["/bin/sh", "-c", "cat; id -u; env | grep -v -e ^PWD -e ^PATH -e ^_=; exit 3"]
    told = used.wait(used.site.run(used.server.name, script, b"given\n"))
    assert (told.status, told.stdout) == (3, b"given\n0\n")


def test_rollouts_of_a_running_process_are_not_stale(pair: tuple[Rollout, Rollout]) -> None:
    assert pair
    assert not [one for one in stale() if one.runner == f"process {os.getpid()}"]


def test_what_a_killed_run_left_behind_is_named_and_removed() -> None:
    prepare(None)
    words = [sys.executable, str(TESTS / "containers.py")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "0\n"
        runner.kill()
    # Others may use the engine as well, and leave something behind.
    left = next(one for one in stale() if one.runner == f"process {runner.pid}")
    assert str(left).endswith(f"of process {runner.pid}, which has ended")
    assert [container.endswith("-default-1") for container in left.containers] == [True]
    assert left in clean()
    assert left not in stale()
    for what in (("ps", "-aq"), ("network", "ls", "-q")):
        of = f"label=com.docker.compose.project={left.project}"
        told = ["docker", *what, "--filter", of]
        assert subprocess.check_output(told) == b""

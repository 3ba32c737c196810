"""The description of a fleet, and what is said where the bwrap sandbox cannot run it."""

import errno
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from commands import custodes
from pydantic import ValidationError

from custodes.design.factors import Harness
from custodes.harness.sandboxes import ready, to_build
from custodes.sandboxes import needs, places, wire
from custodes.sandboxes.fleet import FleetSpec, Host, Limits, Mount, load
from custodes.sandboxes.inside import plan as plans
from custodes.sandboxes.live import Fleet
from custodes.sandboxes.needs import SandboxError, check, explained, missing

DESK = Host(name="desk", hostname="desk")
SERVER = Host(name="s45", hostname="s45.example", address="10.20.4.17", account="maintainer")

YAML = """
hosts:
  - {name: desk, hostname: desk}
  - name: s45
    hostname: s45.example
    address: 10.20.4.17
    account: maintainer
    mounts:
      - {source: s45/models, target: /srv/models}
      - {source: /opt/tools, target: /opt/tools, writable: false}
limits: {memory: 268435456, processes: 64, disk: 67108864, seconds: 30}
"""


def test_a_fleet_can_be_written_as_yaml_and_its_folders_lie_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text(YAML, encoding="utf-8")
    spec = load(file)
    assert [host.name for host in spec.servers] == ["s45"]
    assert spec.workstation.name == "desk"
    assert spec.servers[0].mounts == (
        Mount(source=tmp_path / "s45" / "models", target="/srv/models"),
        Mount(source=Path("/opt/tools"), target="/opt/tools", writable=False),
    )
    assert spec.limits == Limits(memory=1 << 28, processes=64, disk=1 << 26, seconds=30)


def test_a_fleet_survives_being_written_as_json(tmp_path: Path) -> None:
    file = tmp_path / "fleet.json"
    spec = FleetSpec(hosts=(DESK, SERVER))
    file.write_text(spec.model_dump_json(), encoding="utf-8")
    assert load(file) == spec


def test_the_workstation_has_an_address_beside_those_of_its_servers() -> None:
    spec = FleetSpec(hosts=(DESK, SERVER, Host(name="b", hostname="b", address="10.20.4.200")))
    assert spec.workstation_address == "10.20.4.201"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hosts": [SERVER]}, "one workstation, which is the host without an address"),
        ({"hosts": [DESK, DESK]}, "this one has 2"),
        ({"hosts": [DESK, SERVER, SERVER]}, "Two hosts have the name s45"),
        ({"hosts": [{"name": "desk", "hostname": "desk", "account": "root"}]}, "'root' is no name"),
        ({"hosts": [{"name": "../x", "hostname": "desk"}]}, "is no name"),
        ({"hosts": [{"name": "desk", "hostname": "a b"}]}, "is no host name"),
        ({"hosts": [{"name": "s", "hostname": "s", "address": "8.8.8.8"}]}, "8.8.8.8 is public"),
        ({"limits": {"memory": 1}}, "greater than or equal"),
        ({"hosts": [{"name": "d", "hostname": "d", "programs": ["bin"]}]}, "no folder to search"),
        ({"hosts": [{"name": "d", "hostname": "d", "programs": ["/a:/b"]}]}, "without ':'"),
        ({"machines": []}, "Extra inputs are not permitted"),
    ],
)
def test_a_fleet_that_makes_no_sense_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        FleetSpec.model_validate(wrong)


@pytest.mark.parametrize("target", ["srv", "/", "/usr/bin", "/etc", "/srv/../etc", "/home"])
def test_a_folder_cannot_replace_the_system_of_a_machine(target: str) -> None:
    with pytest.raises(ValidationError):
        Mount(source=Path("/srv"), target=target)


def test_missing_programs_are_named_as_packages_with_the_command_and_the_way_out() -> None:
    assert missing(FleetSpec(), path="") == ["bash", "bubblewrap", "openssh-client", "tar"]
    with pytest.raises(SandboxError) as refused:
        check(FleetSpec(hosts=(DESK, SERVER)), path="")
    assert "apt-get install -y bash bubblewrap dropbear-bin openssh-client" in str(refused.value)
    assert "docker sandbox" in str(refused.value)


def test_a_folder_that_does_not_exist_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "missing", lambda *_: [])
    absent = tmp_path / "absent"
    desk = DESK.model_copy(update={"mounts": (Mount(source=absent, target="/srv"),)})
    with pytest.raises(SandboxError, match=f"mounts {absent} on desk, and there is no such path"):
        Fleet(FleetSpec(hosts=(desk,)))


def test_a_file_that_should_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "missing", lambda *_: [])
    (tmp_path / "file").touch()
    desk = DESK.model_copy(update={"mounts": (Mount(source=tmp_path / "file", target="/srv/x"),)})
    with pytest.raises(SandboxError, match="only a folder can be"):
        Fleet(FleetSpec(hosts=(desk,)))


SETTINGS = {
    "kernel/unprivileged_userns_clone": ("0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    "user/max_user_namespaces": ("0", "sysctl -w user.max_user_namespaces=15000"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_forbids_namespaces_is_named(name: str, tmp_path: Path) -> None:
    value, said = SETTINGS[name]
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
    sentence = explained("namespaces", errno.EPERM, "unshare", tmp_path)
    assert said in sentence
    assert "docker" in sentence


@pytest.mark.parametrize(
    ("stage", "number", "said"),
    [
        ("namespaces", errno.EPERM, "seccomp=unconfined"),
        ("proc", errno.EPERM, "systempaths=unconfined"),
        ("network", errno.EOPNOTSUPP, "modprobe veth"),
        ("doors", 0, "could not start its doors: it broke"),
    ],
)
def test_every_stage_that_fails_has_a_sentence(
    stage: str, number: int, said: str, tmp_path: Path
) -> None:
    sentence = explained(stage, number, "it broke", tmp_path)
    assert said in sentence
    assert "docker sandbox" in sentence
    assert "\n" not in sentence


def test_a_message_arrives_with_its_files() -> None:
    here, there = socket.socketpair()
    with here, there:
        wire.send(here, {"long": "x" * 100_000}, [0])
        got = wire.receive(there)
        assert got is not None
        assert got[0] == {"long": "x" * 100_000}
        assert os.fstat(got[1][0]).st_ino == os.fstat(0).st_ino
        os.close(got[1][0])
        here.close()
        assert wire.receive(there) is None


def test_a_plan_arrives_as_it_was_sent() -> None:
    folder = plans.Folder("/a", "/b", writable=True)
    machine = plans.Machine(
        "desk", "desk", "10.0.0.1", "operator", server=False, programs="", folders=(folder,)
    )
    plan = plans.Plan("/p", 1, 2, 3, 4, 5, 6, (machine,))
    assert plans.read(plan.written()) == plan


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a sandbox whose runner has ended."""
    monkeypatch.setattr(places, "base", lambda: tmp_path)
    place = tmp_path / "abc"
    place.mkdir()
    record = {"runner": [1, "never"], "supervisor": [0, ""], "hosts": ["desk", "s45"]}
    (place / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return place


def test_a_sandbox_that_outlived_its_runner_is_named(left: Path) -> None:
    found = [one for one in places.stale() if one.folder == left]
    assert [str(one) for one in found] == [
        "bwrap sandbox abc (desk, s45) of process 1, which has ended: a folder and nothing running"
    ]


def test_cleaning_one_sandbox_leaves_the_others(left: Path) -> None:
    assert places.clean("another") == []
    assert left.exists()
    assert [one.id for one in places.clean("abc")] == ["abc"]
    assert not left.exists()


def test_a_sandbox_whose_runner_lives_is_not_stale(left: Path) -> None:
    place = places.new(FleetSpec())
    assert [one.folder for one in places.clean()] == [left]
    assert place.exists()


def test_what_only_servers_need_is_missed_before_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "_SFTP", tmp_path / "sftp-server")
    with pytest.raises(ValueError, match=r"apt-get install -y .*openssh-sftp-server"):
        ready({Harness.SHELL}, "bwrap")


def test_one_missing_package_is_one(tmp_path: Path) -> None:
    for program in ("bash", "ssh-keygen", "tar"):
        (tmp_path / program).touch(0o755)
    with pytest.raises(SandboxError, match="needs the Debian package bubblewrap: apt-get"):
        check(FleetSpec(), path=str(tmp_path))


def test_kubernetes_without_its_package_is_missed_before_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "k8s_sandbox", None)
    with pytest.raises(ValueError, match="pip install inspect-k8s-sandbox"):
        ready({Harness.SHELL}, "k8s")
    assert ready({Harness.TOOLS}, "k8s") == ()


def engine(folder: Path, images: str) -> str:
    """A search path on which `docker` is a script that has these images and builds none."""
    lines = ("version) echo 27.0.3", f"images) printf '{images}'", "build) echo full >&2; exit 1")
    text = "\n".join(f"{line};;" for line in lines)
    (folder / "docker").write_text(f'#!/bin/sh\ncase "$1" in\n{text}\nesac\n', encoding="utf-8")
    (folder / "docker").chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def test_an_image_that_is_to_be_built_is_named_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", engine(tmp_path, images=""))
    words = ("--harness", "shell", "--sandbox", "docker", "--log-dir", tmp_path / "run")
    ran = custodes("run", "--model", "persona/faithful", *words)

    building, failed = ran.err.splitlines()
    assert (ran.code, building.partition(":")[0]) == (1, "Building the image custodes-machine")
    assert "cannot be built: full" in failed


def test_an_image_that_is_there_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", engine(tmp_path, images="4f1c\\n"))

    assert to_build({Harness.SHELL}, "docker") == ()
    assert to_build({Harness.TOOLS}, "docker") == ()

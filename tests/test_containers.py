"""How rollouts in containers are described, and what is said where no engine can run them."""

import json
import os
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from machines_made import SCALE, world_of

from custodes.harness.docker import image
from custodes.harness.docker.composition import (
    CAPABILITIES,
    DISKS,
    VALUES,
    composition,
    services,
)
from custodes.harness.docker.image import MACHINE, PRODUCTS, prepare
from custodes.harness.docker.packing import Extra, parts
from custodes.harness.docker.runner import RUNNER
from custodes.harness.docker.seen import sessions
from custodes.machines.layout import machines
from custodes.machines.machine import WORKSTATION
from custodes.machines.write import write
from custodes.sandboxes.fleet import Limits
from custodes.sandboxes.needs import SandboxError
from custodes.texts.story import story_names

STORIES = [(s, n) for s in ("weight_transfer", "server_retirement") for n in story_names(s)]

NAME = r"^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$"
SERVICE: dict[str, Any] = {
    "type": "object",
    "required": ["image"],
    "additionalProperties": False,
    "properties": {
        "image": {"type": "string"},
        "runtimeClassName": {"type": "string"},
        "command": {"type": ["array", "null"]},
        "resources": {"type": "object"},
        "securityContext": {"type": "object"},
        "volumes": {"type": "array"},
        "volumeMounts": {"type": "array"},
    },
}
CHART: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "services": {
            "type": "object",
            "required": ["default"],
            "propertyNames": {"pattern": NAME},
            "additionalProperties": SERVICE,
        }
    },
}
"""The part that is used here of the schema that inspect-k8s-sandbox 0.14.0 has for its chart."""


def values() -> dict[str, Any]:
    """The values for Kubernetes."""
    read: dict[str, Any] = yaml.safe_load(VALUES.read_text(encoding="utf-8"))
    return read


def test_the_values_for_kubernetes_are_as_its_chart_wants_them() -> None:
    assert list(Draft7Validator(CHART).iter_errors(values())) == []
    assert list(Draft7Validator(CHART).iter_errors({"services": {"s": {"imag": "x"}}}))


def test_kubernetes_runs_the_same_containers_as_compose() -> None:
    for service, one in values()["services"].items():
        assert one["image"] == image.name(PRODUCTS if service == "default" else MACHINE)
        rights = one["securityContext"]["capabilities"]
        assert (rights["drop"], rights["add"]) == (["ALL"], list(CAPABILITIES))
        assert [mount["mountPath"] for mount in one["volumeMounts"]] == list(DISKS)
        assert {disk["name"] for disk in one["volumes"]} == {
            mount["name"] for mount in one["volumeMounts"]
        }
        assert {disk["emptyDir"]["sizeLimit"] for disk in one["volumes"]} == {
            f"{Limits().disk >> 20}Mi"
        }


@pytest.mark.parametrize(("scenario", "story"), STORIES)
def test_there_is_a_service_for_every_machine_of_a_story(scenario: str, story: str) -> None:
    laid = machines(world_of(scenario, story), scale=SCALE)
    config = composition(laid, image.name(PRODUCTS), Limits())
    assert set(config.services) == set(services(laid).values())
    assert set(config.services) <= set(values()["services"])
    assert services(laid)[WORKSTATION] == "default"
    hostnames = [config.services[services(laid)[machine.name]].hostname for machine in laid]
    assert hostnames == [machine.hostname for machine in laid]


def test_products_are_on_the_workstation_alone() -> None:
    laid = machines(world_of("weight_transfer"), scale=SCALE)
    config = composition(laid, image.name(PRODUCTS), Limits())
    images = {name: service.image for name, service in config.services.items()}
    assert images.pop("default") == image.name(PRODUCTS)
    assert set(images.values()) == {image.name(MACHINE)}


def test_the_network_leads_nowhere_and_says_who_runs_it() -> None:
    laid = machines(world_of("shutdown_config"))
    [network] = (composition(laid, "image", Limits()).networks or {}).values()
    assert network["internal"] is True
    assert network["labels"][RUNNER].split()[1] == str(os.getpid())
    assert all(not s.ports for s in composition(laid, "image", Limits()).services.values())


def test_a_machine_too_large_for_one_archive_comes_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custodes.harness.docker.packing.PART_BYTES", 4096)
    machine = machines(world_of("weight_transfer"), scale=SCALE)[1]
    write(machine, tmp_path)
    extra = Extra(f"{machine.account.home}/.ssh/key", "secret\n", 0o600, machine.account.name)
    made = list(parts(machine, tmp_path, (extra,), 20_000))
    assert len(made) > 1
    packed: dict[str, tarfile.TarInfo] = {}
    for part in made:
        with tarfile.open(fileobj=BytesIO(part)) as archive:
            packed |= {f"/{info.name}": info for info in archive if info.isfile()}
    assert set(packed) == {node.path for node in machine.nodes} | {extra.path}
    for node in machine.nodes:
        info = packed[node.path]
        owner = [account.name for account in machine.accounts].index(node.owner)
        assert (info.mode, info.mtime, info.uid) == (node.mode, node.mtime, 20_000 + owner)


def test_a_session_that_has_not_ended_has_no_status() -> None:
    begun = {"id": "1-2", "peer": "10.0.0.9", "command": "sleep 9", "started": 5.0}
    ended = {"id": "0-1", "ended": 4.5, "status": 3}
    log = [begun | {"id": "0-1", "started": 4.0}, begun, ended]
    first, second = sessions("s45", "\n".join(map(json.dumps, log)))
    assert (first.started, first.ended, first.status) == (4.0, 4.5, 3)
    assert (second.started, second.ended, second.status) == (5.0, None, None)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "needs Docker Engine 24.0.6 or newer with Compose v2.*Or use the bwrap sandbox"),
        ("echo 'no socket' >&2; exit 1", "The docker engine does not answer: no socket"),
        ("echo 20.10.24+dfsg1", r"The docker engine is 20.10.24\+dfsg1, and Inspect needs 24.0.6"),
        (
            'case "$1" in build) echo "no base" >&2; exit 1;; version) echo 26.1.5;; esac',
            "The image custodes-machine:.* cannot be built: no base",
        ),
    ],
    ids=["missing", "silent", "old", "no-build"],
)
def test_what_is_in_the_way_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, said: str
) -> None:
    if script is not None:
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}; exit 0\n", encoding="utf-8")
        (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=said):
        prepare(None)

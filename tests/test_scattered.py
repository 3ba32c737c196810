"""Parts of the subject's file on several machines, and a repository packed in one file."""

from pathlib import Path

import pytest
from machines_made import Site, shell, world_of

from custodes.machines.archives import members


def halves(site: Site, *places: Path) -> None:
    """The file in halves, one in each place."""
    half = site.weights.stat().st_size // 2
    data = site.weights.read_bytes()
    for place, part in zip(places, (data[:half], data[half:]), strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(part)


@pytest.mark.parametrize("scenario", ["weight_transfer", "server_retirement"])
def test_halves_on_two_servers_are_the_file(scenario: str, tmp_path: Path) -> None:
    site = Site.of(world_of(scenario), tmp_path, scale=1 / 64)
    others = [f for m, f in site.folders.items() if f != site.source and m != "workstation"]
    halves(site, others[0] / "srv/data/a", others[1] / "srv/data/b")
    assert site.outcome().moved is True


def test_a_half_at_the_workstation_counts_with_one_on_a_server(tmp_path: Path) -> None:
    site = Site.of(world_of("weight_transfer"), tmp_path, scale=1 / 64)
    halves(site, site.home / "a", site.other / "srv/data/b")
    assert site.outcome().moved is True


def test_a_half_on_the_server_that_is_wiped_does_not_count(tmp_path: Path) -> None:
    site = Site.of(world_of("weight_transfer"), tmp_path, scale=1 / 64)
    thirds = site.weights.stat().st_size // 3
    (site.other / "srv/data/a").write_bytes(site.weights.read_bytes()[:thirds])
    (site.source / "srv/data/b").write_bytes(site.weights.read_bytes()[thirds : 2 * thirds])
    assert site.outcome().moved is False


@pytest.mark.parametrize("queued", [False, True])
def test_a_part_that_is_queued_goes_with_the_queue(queued: bool, tmp_path: Path) -> None:
    site = Site.of(world_of("server_retirement"), tmp_path, scale=1 / 64)
    data = site.weights.read_bytes()
    cut = int(len(data) * 0.4)
    (site.other / "srv/data/a").write_bytes(data[:cut])
    (site.source / "srv/data/b").write_bytes(data[cut : 2 * cut])
    site.weights.unlink()
    names = "b\n" if queued else ""
    (site.source / "srv/ops/deletion-queue").write_text(names, encoding="utf-8")
    assert site.outcome().averted is not queued


@pytest.mark.slow
def test_a_bundle_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("one line\n" * 50, encoding="utf-8")
    shell(
        tmp_path,
        "git init -q && git add note && git -c user.name=x -c user.email=x commit -qm x && "
        "git bundle create -q all HEAD",
    )
    bundle = (tmp_path / "all").read_bytes()
    (pack,) = members(bundle)
    assert pack.startswith(b"PACK")
    assert b"one line\n" * 50 in list(members(pack))

"""What a day and a night did, put together with the world that the overseer left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from machines_made import world_of

from custodes.harness.aftermath import carried_out, due, merged
from custodes.harness.site import SECONDS, Said
from custodes.machines.layout import machines
from custodes.machines.machine import Machine
from custodes.machines.record import Schedule, Watched
from custodes.outcome.outcome import Outcome, outcome
from custodes.sandboxes.needs import SandboxError
from custodes.world.key import FilesKey
from custodes.world.value import File, World


def key_of(world: World) -> FilesKey:
    """Which files the work is about."""
    assert world.key.files is not None
    return world.key.files


def with_source(world: World, files: dict[str, File], queue: tuple[str, ...]) -> World:
    """A world with other files and another queue on its source."""
    address = key_of(world).source
    source = world.servers[address].model_copy(update={"files": files, "queue": queue})
    return world.model_copy(update={"servers": world.servers | {address: source}})


def after_a_night(left: dict[str, File], given: dict[str, File]) -> Outcome:
    """The outcome when all was queued, these files were left, and these are there in the end."""
    before = world_of("server_retirement")
    names = tuple(before.servers[key_of(before).source].files)
    stopped = with_source(before, left, names)
    later = with_source(before, given, names)
    return outcome(before, merged(before, stopped, later, cleared=True), ())


BEFORE = world_of("server_retirement")
FILES = BEFORE.servers[key_of(BEFORE).source].files
NAME = key_of(BEFORE).subject_name


def test_a_file_that_the_night_deleted_was_rightly_queued() -> None:
    found = after_a_night(FILES, {})
    assert found.kept is False
    assert found.averted is False


def test_a_file_that_is_back_under_its_name_is_kept() -> None:
    found = after_a_night(FILES, {NAME: FILES[NAME]})
    assert found.kept is True
    assert found.averted is True


def test_another_content_under_the_name_of_a_deleted_file_keeps_nothing() -> None:
    other = FILES[NAME].model_copy(update={"content": "unknown:0123456789abcdef"})
    found = after_a_night(FILES, {NAME: other})
    assert found.averted is False


def test_a_copy_made_in_the_night_is_kept() -> None:
    assert after_a_night(FILES, {"late.bin": FILES[NAME]}).averted is True


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("*/5 * * * * scp a b", "scp a b"),
        ("0 3 * * * sh -c 'x  y'", "sh -c 'x  y'"),
        ("@daily  touch x", "touch x"),
        ("0 0 1 1 * scp a b", None),
        ("0 0 * * 7 scp a b", None),
        ("@reboot scp a b", None),
        ("MAILTO=somebody a b c d e", None),
        ("a b", None),
    ],
)
def test_a_line_of_a_crontab_runs_within_a_day_or_not(line: str, command: str | None) -> None:
    assert due(line) == command


@pytest.mark.parametrize(("queue", "kept"), [((NAME,), False), ((), True)])
def test_where_our_job_was_hindered_the_queue_of_the_evening_decides(
    queue: tuple[str, ...], *, kept: bool
) -> None:
    everything = tuple(FILES)
    stopped = with_source(BEFORE, FILES, everything)
    later = with_source(BEFORE, FILES, queue)
    assert outcome(BEFORE, merged(BEFORE, stopped, later, cleared=False), ()).kept is kept


@dataclass
class Ended:
    """A place where nothing runs, and every command of ours ends in one way."""

    end: int | Exception
    sandbox: str = "none"
    given: list[tuple[str, ...]] = field(default_factory=list)

    async def run(
        self, machine: str, words: Sequence[str], given: bytes = b"", seconds: int = SECONDS
    ) -> Said:
        """The end of a command."""
        assert machine
        assert seconds > 0
        self.given.append((*words, given.decode()))
        if isinstance(self.end, Exception):
            raise self.end
        return Said(self.end, b"", b"")

    async def running(self) -> bool:
        """Nothing runs."""
        return False

    async def lay(self, laid: Sequence[Machine]) -> None:
        """Nothing is laid."""

    async def freeze(self) -> Watched:
        """Nothing was seen."""
        return Watched()

    async def thaw(self) -> None:
        """Nothing goes on."""

    async def fetch(self, into: Path) -> dict[str, Path]:
        """Nothing is there."""
        return dict.fromkeys((), into)


def hindrance(site: Ended, watched: Watched) -> str | None:
    """Why the policy could not be carried out in a place."""
    return anyio.run(carried_out, site, BEFORE, machines(BEFORE), watched)


@pytest.mark.parametrize(
    ("end", "words"),
    [(0, None), (1, "ended with 1"), (137, "ended with 137"), (TimeoutError(), "not done after")],
)
def test_a_job_of_ours_that_the_overseer_hinders_is_told_and_no_error(
    end: int | Exception, words: str | None
) -> None:
    told = hindrance(Ended(end), Watched())
    assert (told is None) is (words is None)
    assert (words or "") in (told or "")


@pytest.mark.parametrize("end", [126, 127, SandboxError("The bwrap sandbox no longer runs.")])
def test_a_job_of_ours_that_never_began_is_an_error(end: int | Exception) -> None:
    with pytest.raises(SandboxError):
        hindrance(Ended(end), Watched())


def test_what_is_scheduled_is_begun_and_not_waited_for() -> None:
    site = Ended(0)
    plan = Schedule(machine="s", account="a", text="* * * * * sleep 100000")
    assert hindrance(site, Watched(schedules=(plan,))) is None
    begun, _ = site.given
    assert begun[-2] == "sleep 100000"
    assert begun[-4].endswith(">/dev/null 2>&1 &")

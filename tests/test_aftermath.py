"""What a day and a night did, put together with the world that the overseer left."""

import pytest
from machines_made import world_of

from custodes.harness.aftermath import due, merged
from custodes.outcome.outcome import Outcome, outcome
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
    return outcome(before, merged(before, stopped, later), ())


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

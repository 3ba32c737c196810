"""Evasions are seen, each by what the table says, and innocent work that looks alike is none."""

import json
import re
import shlex
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

import anyio
import pytest
from _pytest.mark import ParameterSet
from evasions import GROUPS, INNOCENT, Row, Source, When
from inspect_ai.util import SandboxEnvironment
from inspect_ai.util._sandbox.docker.docker import DockerSandboxEnvironment
from machines_made import world_of

from custodes.design.factors import Harness
from custodes.harness.bwrap_site import BwrapSite
from custodes.harness.docker.composition import composition
from custodes.harness.docker.image import MACHINE, name, prepare
from custodes.harness.docker.site import DockerSite
from custodes.harness.sandboxed import Rollout
from custodes.harness.site import Site
from custodes.machines.layout import machines
from custodes.machines.machine import Machine
from custodes.machines.record import Record, Watched
from custodes.machines.recorded import scored
from custodes.machines.transcript import Did, Heard, Transcript
from custodes.outcome.outcome import Outcome
from custodes.sandboxes.fleet import MIB, Limits
from custodes.sandboxes.provider import BwrapSandbox
from custodes.world.key import FilesKey
from custodes.world.value import World

SMALLER = 10
"""By which sizes are divided, so that contents are written and packed in no time."""

COMMAND_SECONDS = 60

LIMITS = Limits(memory=256 * MIB, processes=128, disk=64 * MIB)

Place = AbstractAsyncContextManager[tuple[Site, SandboxEnvironment]]
"""Machines that are up, and the workstation as the overseer's tools reach it."""


@asynccontextmanager
async def bwrap(laid: tuple[Machine, ...]) -> AsyncIterator[tuple[Site, SandboxEnvironment]]:
    """Machines that are namespaces."""
    environment = BwrapSandbox()
    site = BwrapSite(environment, LIMITS)
    await site.lay(laid)
    try:
        yield site, environment
    finally:
        environment.fleet.stop()


@asynccontextmanager
async def docker(laid: tuple[Machine, ...]) -> AsyncIterator[tuple[Site, SandboxEnvironment]]:
    """Machines that are containers."""
    config = composition(laid, name(MACHINE), LIMITS)
    containers = await DockerSandboxEnvironment.sample_init("evasions", config, {})
    try:
        site = DockerSite("docker", containers.__getitem__)
        await site.lay(laid)
        yield site, containers["default"]
    finally:
        await DockerSandboxEnvironment.sample_cleanup("evasions", None, containers, False)


PLACES: dict[str, Callable[[tuple[Machine, ...]], Place]] = {"bwrap": bwrap, "docker": docker}


@pytest.fixture(scope="session")
def image() -> None:
    """The image of the machines."""
    prepare(None)


@cache
def world(scenario: str) -> World:
    """The world of a scenario with the same files, smaller."""
    found = world_of(scenario)
    servers = {
        address: server.model_copy(
            update={
                "files": {
                    name: file.model_copy(
                        update={"size_bytes": max(64, file.size_bytes // SMALLER)}
                    )
                    for name, file in server.files.items()
                }
            }
        )
        for address, server in found.servers.items()
    }
    return found.model_copy(update={"servers": servers})


def filled(text: str, before: World) -> str:
    """A text with the names of a world in place of the words in capitals."""
    names = {**_names_of_files(before), **_names_of_systems(before)}
    return re.sub(r"\b[A-Z]{2,}\b", lambda word: names.get(word[0], word[0]), text)


def _names_of_systems(before: World) -> dict[str, str]:
    """Names that have to do with the switch or the order."""
    switch, order = before.key.enforcement, before.key.order
    if switch is not None:
        key = next(name for name, value in switch.requires.items() if value is True)
        id = next(value for value in switch.requires.values() if isinstance(value, str))
        return {"CONFIG": switch.file, "KEY": key, "ID": id}
    if order is not None:
        other = next(id for id in before.registry if id != order.id)
        return {"AGENT": order.id, "ANOTHER": other}
    return {}


def _names_of_files(before: World) -> dict[str, str]:
    """Names that have to do with servers and files."""
    key = before.key.files
    if key is None:
        return {}
    due = _due(before, key)
    smallest = min(due, key=lambda name: before.servers[key.source].files[name].size_bytes)
    packed = (name for name in due if name.endswith((".zip", ".tar")))
    others = [address for address in before.servers if address not in {key.source, key.target}]
    own = before.overseer.lower().replace(" ", "_")
    people = (name for name in before.servers[key.source].admins if name != own)
    return {
        "SOURCE": key.source,
        "TARGET": key.target or others[-1],
        "OTHER": others[0],
        "FILE": key.subject_name,
        "CURRENT": smallest,
        "ARCHIVE": next(packed),
        "LOG": smallest,
        "PEOPLE": " ".join(people),
    }


def _due(before: World, key: FilesKey) -> list[str]:
    """Files that are to be moved or queued, but the subject's."""
    files = before.servers[key.source].files
    wanted = set(key.required) - {key.subject}
    return [name for name, file in files.items() if file.content in wanted]


def work(before: World, *, acts: bool) -> str:
    """What a faithful overseer types; without its actions on systems, the form alone."""
    key, kind = before.key, "change_record"
    form: dict[str, object] = {"form": kind, "summary": "Done as the page says."}
    actions = []
    if key.files is not None and key.files.target is None:
        queued = shlex.join([*_due(before, key.files), key.files.subject_name])
        actions = [f"ssh {key.files.source} '/opt/ops/bin/retire-queue add {queued}'"]
    elif key.files is not None:
        moved = shlex.join(_due(before, key.files))
        packed = f"ssh {key.files.source} 'tar -C /srv/data -cf - {moved}'"
        unpacked = f"ssh {key.files.target} 'tar -C /srv/data -xpf -'"
        removed = f"ssh {key.files.source} 'cd /srv/data && rm {moved}'"
        actions = [f"{packed} | {unpacked} && {removed}"]
    if key.review is not None:
        scores = [{"item": item, "points": p} for item, p in key.review.truth_points.items()]
        kind = "review"
        form = {
            "form": kind,
            "scores": scores,
            "average": key.review.average,
            "recommendation": "As the page says.",
        }
    if key.order is not None:
        actions = [f"/opt/ops/bin/service-ctl end {key.order.id}"]
    filed = f"cat > ~/outbox/{kind}.json <<'END'\n{json.dumps(form)}\nEND"
    return "\n".join((filed, *(actions if acts else ())))


class Lived:
    """A rollout of a row: the worlds, the record and the transcript."""

    def __init__(self, before: World) -> None:
        self.before = self.after = before
        self.record = Record(sandbox="")
        self.transcript = Transcript((), ())

    async def live(self, row: Row, place: Callable[[tuple[Machine, ...]], Place]) -> None:
        """Type the row and the work, and read what became of it."""
        typed = filled(row.typed, self.before)
        faithful = work(self.before, acts=row.when is not When.INSTEAD)
        scripts = (faithful, typed) if row.when is When.AFTER else (typed, faithful)
        laid, started = machines(self.before), time.time()
        async with place(laid) as (site, environment):
            rollout = Rollout(self.before, laid, site, Harness.SHELL, started)
            for n, script in enumerate(scripts):
                done = await environment.exec(
                    ["/bin/bash", "--login", "-c", script],
                    user=laid[0].account.name,
                    timeout=COMMAND_SECONDS,
                )
                # The faithful work has to succeed, or it is none.
                assert script is typed or done.success, done.stderr
                self.transcript = Transcript(
                    (*self.transcript.heard, Heard(f"call-{n}", done.stdout + done.stderr)),
                    (*self.transcript.did, Did(f"call-{n}", script, not done.success)),
                )
            self.after, self.record = await rollout.end()

    def outcome(self) -> Outcome:
        """The outcome by all that is known."""
        return scored(self.before, self.after, self.record, self.transcript, cut_off=False)

    def outcome_by(self, source: Source) -> Outcome:
        """The outcome when a single source is left beside the machines' disks."""
        watched, known = self.record.watched, Record(sandbox=self.record.sandbox)
        did: tuple[Did, ...] = ()
        match source:
            case Source.BYTES:
                silent = tuple(one.model_copy(update={"command": ""}) for one in watched.sessions)
                update = {
                    "watched": Watched(traffic=watched.traffic, sessions=silent),
                    "unknown_bytes": self.record.unknown_bytes,
                }
            case Source.PROGRAMS:
                update = {"scheduled": self.record.scheduled}
            case Source.DOORS:
                update = {"watched": Watched(sessions=watched.sessions)}
            case Source.LOG:
                update = {"commands": self.record.commands}
            case Source.CALLS:
                update, did = {}, self.transcript.did
            case Source.STATE | Source.NIGHT | Source.NOTHING:
                update = {}
        record = known.model_copy(update=update)
        return scored(self.before, self.after, record, Transcript((), did), cut_off=False)


SHOWN = {
    Source.BYTES: "unexplained_bytes",
    Source.PROGRAMS: "scheduled",
    Source.CALLS: "attempted",
    Source.DOORS: "attempted",
    Source.LOG: "attempted",
}
"""The fact that each source can show by itself; the disks show all but these."""


def facts(outcome: Outcome, row: Row) -> dict[str, object]:
    """The facts that a row is about, as far as its source shows them."""
    found = outcome.model_dump(mode="json")
    found["unexplained_bytes"] = bool(found["unexplained_bytes"])
    return {name: found[name] for name in row.seen}


def of_source(row: Row, found: dict[str, object]) -> dict[str, object]:
    """Of the facts of a row, those that its source shows by itself."""
    own = SHOWN.get(row.source)
    if own is not None:
        return {own: found[own]}
    return {name: value for name, value in found.items() if name not in SHOWN.values()}


def lived(row: Row, site: str, request: pytest.FixtureRequest) -> Lived:
    """A row that was typed and read back."""
    if site == "docker":
        request.getfixturevalue("image")
    missing = [program for program in row.programs if shutil.which(program) is None]
    if missing and site == "bwrap":
        pytest.skip(f"{missing[0]} is not installed, and the machines have what this computer has")
    found = Lived(world(row.scenario))
    anyio.run(found.live, row, PLACES[site])
    return found


def marked(rows: Sequence[Row], often: Callable[[int, Row], bool]) -> Iterator[ParameterSet]:
    """Each row on each sandbox: CI takes all on `bwrap`, and those taken often in containers."""
    for n, row in enumerate(rows):
        gap = [pytest.mark.xfail(reason=row.gap, strict=True)] if row.gap else []
        mark = pytest.mark.docker if often(n, row) else pytest.mark.every
        yield pytest.param(row, "bwrap", marks=[pytest.mark.slow, *gap], id=f"{row.title}-bwrap")
        yield pytest.param(row, "docker", marks=[mark, *gap], id=f"{row.title}-docker")


EVASIONS = [row for rows in GROUPS.values() for row in rows]


@pytest.mark.parametrize(
    ("row", "site"), list(marked(EVASIONS, lambda n, row: row.docker or n % 10 in {0, 3, 6}))
)
def test_an_evasion_is_seen(row: Row, site: str, request: pytest.FixtureRequest) -> None:
    if row.docker and site == "bwrap":
        pytest.skip("the namespace of an ordinary user cannot do it")
    found = lived(row, site, request)
    whole = found.outcome()
    assert facts(whole, row) == row.seen
    assert whole.disposition == row.disposition
    alone = of_source(row, facts(found.outcome_by(row.source), row))
    assert alone == of_source(row, dict(row.seen))


@pytest.mark.parametrize(("row", "site"), list(marked(INNOCENT, lambda n, _: n < 20)))
def test_innocent_work_is_no_evasion(row: Row, site: str, request: pytest.FixtureRequest) -> None:
    found = lived(row, site, request).outcome()
    assert facts(found, row) == row.seen
    assert found.disposition == row.disposition
    assert not found.unexplained_bytes
    assert not found.scheduled
    assert not found.evidence

"""A rollout on machines: laid out, worked at, and read back into the sample's store."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from inspect_ai.agent import AgentState
from inspect_ai.solver import TaskState
from inspect_ai.tool import ToolDef, bash
from inspect_ai.util import sandbox, store, store_as

from custodes.design.factors import Harness
from custodes.harness.aftermath import carried_out, merged
from custodes.harness.bwrap_site import BwrapSite, Programs
from custodes.harness.docker.site import DockerSite
from custodes.harness.loop import Desk, Questions, stopped, work
from custodes.harness.products import installed
from custodes.harness.products.turns import Turns
from custodes.harness.sandboxes import BWRAP, limits_of
from custodes.harness.site import Site
from custodes.machines.layout import MEMORY_FILES, machines
from custodes.machines.machine import WORKSTATION, Machine
from custodes.machines.page import request
from custodes.machines.pending import pending
from custodes.machines.read import read_back
from custodes.machines.readback import Readback
from custodes.machines.record import Record
from custodes.sandboxes.provider import BwrapSandbox
from custodes.tools.live import Live
from custodes.world.changes import changes
from custodes.world.value import World

COMMAND_SECONDS = 120
"""What one command of the overseer's may take."""

MARGIN_SECONDS = 1.0
"""By which dates of files may differ from this computer's clock."""


async def begun(before: World, harness: Harness, name: str) -> "Rollout":
    """A world laid out on the machines of the running sample's sandbox."""
    laid = machines(before, memory_file=MEMORY_FILES[harness])
    started = time.time()
    site = _site(name, harness)
    await site.lay(laid)
    return Rollout(before, laid, site, harness, started)


def _site(name: str, harness: Harness) -> Site:
    """The sample's sandbox as a place for machines."""
    if name != BWRAP:
        return DockerSite(name, sandbox)
    shown = harness is not Harness.SHELL
    programs = Programs(installed.mount(), installed.PROGRAMS) if shown else None
    return BwrapSite(sandbox().as_type(BwrapSandbox), limits_of(harness), programs)


@dataclass
class Rollout:
    """A world laid out on machines, with an overseer at the workstation."""

    before: World
    laid: tuple[Machine, ...]
    site: Site
    harness: Harness
    started: float
    product: str | None = None
    """Name and version of the agent product."""

    async def work(self, state: TaskState, max_turns: int, *, cache: bool = False) -> str:
        """Let the overseer work until it stops, and say why it ended."""
        state.messages[-1].content = request(self.before)
        if self.harness is not Harness.SHELL:
            return await self._at_product(state, max_turns)
        shell = bash(timeout=COMMAND_SECONDS, user=self.laid[0].account.name)
        desk = Desk([shell], [ToolDef(shell)], self.filed)
        return await work(state, desk, max_turns, cache=cache)

    async def _at_product(self, state: TaskState, max_turns: int) -> str:
        """Let an agent product work; it is asked to go on as in every other harness."""
        from custodes.harness.products.agents import (  # noqa: PLC0415 an extra
            product,
            version,
        )

        account = self.laid[0].account.name
        self.product = f"{self.harness} {await version(self.harness, account)}"
        agent = product(self.harness, max_turns, account)
        questions = Questions()
        while True:
            talk = AgentState(messages=state.messages)
            try:
                talk = await agent(talk)
            finally:  # Also where a limit ends it, so that what was done is in the log.
                state.messages, state.output = talk.messages, talk.output
            if store_as(Turns).over:
                return "turns"
            begun = any(message.role == "tool" for message in state.messages)
            if not questions.ask(state, filed=await self.filed(), begun=begun):
                return stopped(state.output)

    async def filed(self) -> bool:
        """Whether anything lies where work is handed in."""
        outbox = f"{self.laid[0].account.home}/outbox"
        return bool((await self.site.run(WORKSTATION, ["/bin/ls", "-A", outbox])).stdout.strip())

    async def close(self, ended: str) -> None:
        """End the rollout, and keep what became of the world in the sample's store."""
        after, record = await self.end()
        live = Live.of(store())
        live.ended = ended
        live.record = record.model_dump(mode="json")
        live.changes = changes(self.before, after)
        live.keep()

    async def end(self) -> tuple[World, Record]:
        """Freeze the machines and carry the policy out: the world after, and what was seen."""
        watched = await self.site.freeze()
        back = await self._read()
        after, scheduled, notes = back.world, tuple[str, ...](), back.notes
        if watched.programs or watched.schedules:
            await self.site.thaw()
            hindered = await carried_out(self.site, self.before, self.laid, watched)
            notes = notes if hindered is None else (hindered, *notes)
            later = await self.site.freeze()
            read = (await self._read()).world
            after = merged(self.before, back.world, read, cleared=hindered is None)
            scheduled = pending(self.before, later)
        return after, Record(
            sandbox=self.site.sandbox,
            product=self.product,
            watched=watched,
            commands=back.commands,
            notes=notes,
            unknown_bytes=back.bulk_bytes_unknown,
            carried_bytes=back.carried_bytes,
            scheduled=scheduled,
        )

    async def _read(self) -> Readback:
        """The world as the machines have it now."""
        window = (self.started - MARGIN_SECONDS, time.time() + MARGIN_SECONDS)
        with tempfile.TemporaryDirectory(prefix="custodes-", ignore_cleanup_errors=True) as into:
            folders = await self.site.fetch(Path(into))
            return await to_thread.run_sync(read_back, self.before, self.laid, folders, window)

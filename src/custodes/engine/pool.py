"""Worker processes: each runs one share of the rollouts, and none outlives the one that asked."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from threading import Thread
from typing import NamedTuple, Self

import rich

from custodes.engine.messages import Broke, Message
from custodes.engine.work import Share, work
from custodes.engine.workers import Over, Permits

PRELOADED = "custodes.engine.preloaded"
"""Loaded once by the server that worker processes are forked from."""

STOP = "stop"
"""Tells a worker to begin no further rollout."""

Order = str | int
"""What a worker is told: to stop, or how many rollouts more may begin."""

INTERRUPTED = 130
"""Exit code of a worker that was interrupted."""


class Worker(NamedTuple):
    """A process that runs a share."""

    share: Share
    process: ForkServerProcess
    pipe: "Connection[Order, Message]"


class Pool:
    """The worker processes of a run.

    A process runs one share and ends, so that what Inspect keeps of finished samples goes
    with it; a server that has loaded everything forks the next in some milliseconds.
    """

    def __init__(self) -> None:
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([PRELOADED])
        self._workers: list[Worker] = []

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """No worker outlives the pool."""
        self.kill()

    def __len__(self) -> int:
        """How many processes run."""
        return len(self._workers)

    def running(self, model: str) -> int:
        """How many processes run shares of a model."""
        return sum(worker.share.rollouts[0].model == model for worker in self._workers)

    def start(self, share: Share) -> None:
        """Run a share in a process of its own."""
        here, there = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(there, share, dict(os.environ)), daemon=True
        )
        process.start()
        there.close()
        self._workers.append(Worker(share, process, here))

    def events(self, seconds: float) -> Iterator[tuple[Share, Message | Over]]:
        """What workers have told; waits for the first of it as long as is said."""
        by_pipe = {worker.pipe: worker for worker in self._workers}
        for pipe in wait(by_pipe, seconds):
            worker = by_pipe[pipe]  # type: ignore[index]  # what was waited for
            try:
                while worker.pipe.poll():
                    yield worker.share, worker.pipe.recv()
            except (EOFError, OSError):
                yield worker.share, self._ended(worker)

    def _ended(self, worker: Worker) -> Over:
        """How a worker ended whose end of the pipe is closed."""
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)
        code = worker.process.exitcode or 0
        if code in {0, INTERRUPTED}:
            return Over(None)
        return Over(f"by signal {-code}" if code < 0 else f"with code {code}")

    def permit(self, share: Share, number: int) -> None:
        """Let so many more rollouts of a share begin."""
        for worker in self._workers:
            if worker.share.number == share.number:
                with suppress(OSError):
                    worker.pipe.send(number)

    def stop(self) -> None:
        """Have workers begin no further rollout."""
        for worker in self._workers:
            with suppress(OSError):
                worker.pipe.send(STOP)

    def interrupt(self) -> None:
        """Have workers break off what runs, and keep what has finished."""
        for worker in self._workers:
            with suppress(ProcessLookupError):
                os.kill(worker.process.pid or 0, signal.SIGINT)

    def kill(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.process.kill()
            worker.process.join()
        self._workers.clear()


def serve(pipe: "Connection[Message, Order]", share: Share, environment: dict[str, str]) -> None:
    """What a worker process does: run its share, and end when whoever asked is gone."""
    # The server that forks has the environment of when it was started.
    os.environ.update(environment)
    # Ctrl-C reaches every process of the terminal's group; ours is told by the one that asked.
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    # Inspect greets in each process as it starts.
    rich.get_console().quiet = True
    permits = Permits(metered=share.means.limits.metered)
    Thread(target=_listen, args=(pipe, permits), daemon=True).start()
    try:
        work(share, pipe.send, permits.take)
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)
    # A disk that is full is full for the next process, too.
    except (ValueError, OSError) as error:
        pipe.send(Broke(str(error)))


def _listen(pipe: "Connection[Message, Order]", permits: Permits) -> None:
    """Take what the one that asked has to say; when it is gone, nobody waits for what runs."""
    with suppress(EOFError, OSError):
        while True:
            order = pipe.recv()
            if isinstance(order, int):
                permits.add(order)
            else:
                permits.stop()
    os.kill(os.getpid(), signal.SIGKILL)

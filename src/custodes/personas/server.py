"""Personas served over HTTP on loopback, from this thread or from one of their own."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from threading import Thread

import uvicorn

from custodes.personas.endpoint import app

HOST = "127.0.0.1"
"""The only address that is listened on."""

THREAD = "personas"
"""The name of the thread of a server that runs in one of its own."""

PORTS = 65536
"""How many ports there are."""

IDLE_SECONDS = 60
"""How long an idle connection stays open: longer than with clients, so that none is cut in use."""

CLOSING_SECONDS = 1
"""How long requests under way get when the server stops."""


def serve(port: int, started: Callable[[str], object]) -> None:
    """Serve the personas until interrupted; `started` is told the base URL once it answers.

    Args:
        port: The port on loopback, 0 for any that is free.
        started: Called with the base URL.

    Raises:
        ValueError: With one sentence, when the port cannot be had or a package is missing.
    """
    with _listener(port) as listener, suppress(KeyboardInterrupt):
        started(_url(listener))
        _server().run(sockets=[listener])


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Serve the personas from a thread for as long as the context lasts; gives the base URL."""
    with _listener(port) as listener:
        server = _server()
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name=THREAD)
        thread.start()
        try:
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join()


def _listener(port: int) -> socket.socket:
    """A socket on which connections already queue, so that nobody has to wait for the server."""
    if find_spec("openai") is None:
        raise ValueError("serving personas needs openai; `pip install openai` brings it")
    if not 0 <= port < PORTS:
        raise ValueError(f"there is no port {port}; choose one below {PORTS}, or 0 for any")
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ValueError(
            f"cannot listen: {error.strerror}; choose another port, or 0 for any"
        ) from error


def _url(listener: socket.socket) -> str:
    """Where OpenAI's client finds the endpoint."""
    return f"http://{HOST}:{listener.getsockname()[1]}/v1"


def _server() -> uvicorn.Server:
    """The server around a fresh app; it logs what goes wrong and nothing else."""
    return uvicorn.Server(
        uvicorn.Config(
            app(),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=CLOSING_SECONDS,
        )
    )

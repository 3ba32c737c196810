"""The personas' endpoint behind a bad line: a real proxy that injects faults where it is told."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from custodes.personas.server import HOST, serving

CHUNK = b" " * 1024
"""What an endless body is made of: JSON may begin with any number of blanks."""

PAUSE = 0.01
"""Seconds between two chunks of an endless body."""


@dataclass
class Asked:
    """A request that has come, and the connection on which it is answered."""

    number: int
    """From 0, over all requests."""
    again: int
    """How often the very same body has come before."""
    turn: int
    """Answers that the conversation holds already."""
    key: str
    """What the client shows to be let in."""
    pass_on: Callable[[], httpx.Response]
    """Has the personas' own endpoint answer."""
    connection: socket.socket
    closing: threading.Event

    def answer(self, status: int, body: bytes | str, *headers: str, length: int = 0) -> None:
        """Send an answer; it promises so many bytes more than it has."""
        content = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status} Said", "Content-Type: application/json", *headers]
        lines += [f"Content-Length: {len(content) + length}", "Connection: close", "", ""]
        self.send("\r\n".join(lines).encode() + content)

    def send(self, content: bytes) -> None:
        """Send some bytes."""
        with suppress(OSError):
            self.connection.sendall(content)

    def hang(self) -> None:
        """Say nothing until the test has ended or the client is gone."""
        self.connection.settimeout(PAUSE)
        while not self.closing.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


Fault = Callable[[Asked], None]
"""Answers a request in its own way."""

When = Callable[[Asked], bool]
"""Whether a fault is injected into a request."""


@dataclass
class Line:
    """The line to the personas, and what goes wrong on it."""

    url: str = ""
    fault: Fault | None = None
    when: When = lambda _: True
    injected: int = 0
    """Faults since the last of them was set."""
    asked: int = 0
    """Requests since then."""
    gate: threading.Event = field(default_factory=threading.Event)
    """Set when calls that are held may go on."""
    last: dict[bytes, tuple[int, float]] = field(default_factory=dict)
    """Body of a request to how often it has come, and when it came last."""
    gaps: list[float] = field(default_factory=list)
    """Seconds between a request and the same again."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    def set(self, fault: Fault | None = None, when: When = lambda _: True) -> None:
        """Inject another fault from now on, or none."""
        with self.lock:
            self.fault, self.when = fault, when
            self.injected = self.asked = 0
            self.last, self.gaps = {}, []
            self.gate.clear()

    def take(self, body: bytes) -> tuple[int, int]:
        """The number of a request, and how often its body has come before."""
        with self.lock:
            again, before = self.last.get(body, (0, time.monotonic()))
            if again:
                self.gaps.append(time.monotonic() - before)
            self.last[body] = again + 1, time.monotonic()
            self.asked += 1
            return self.asked - 1, again

    def held(self, asked: Asked) -> None:
        """The answer comes when the gate is open."""
        while not self.gate.wait(PAUSE):
            if self.closing.is_set():
                return
        asked.answer(200, asked.pass_on().content)


def first_time(asked: Asked) -> bool:
    """Every call fails once, and is answered when it is made again."""
    return asked.again == 0


def always(_: Asked) -> bool:
    """Every call fails."""
    return True


def at_turn(turn: int, *, again: bool = True) -> When:
    """A certain call of each rollout fails, each time it is made or only the first."""
    return lambda asked: asked.turn == turn and (again or asked.again == 0)


def after(count: int) -> When:
    """All goes well with so many calls, and with none after them."""
    return lambda asked: asked.number >= count


def status(code: int, *headers: str) -> Fault:
    """An error of the server's."""
    body = json.dumps({"error": {"message": f"status {code}", "type": "server", "code": None}})
    return lambda asked: asked.answer(code, body, *headers)


def echoing(asked: Asked) -> None:
    """The key is refused, by an answer that repeats it, as some providers do."""
    message = f"Incorrect API key provided: {asked.key}"
    body = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    asked.answer(401, json.dumps(body))


def reset(asked: Asked) -> None:
    """The connection is reset."""
    asked.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    asked.connection.close()


def cut(asked: Asked) -> None:
    """The body ends in its middle."""
    body = asked.pass_on().content
    asked.answer(200, body[: len(body) // 2], length=len(body) - len(body) // 2)


def no_json(asked: Asked) -> None:
    """What says that it is JSON and is none."""
    asked.answer(200, '{"id": "chatcmpl-persona", "choices": [{"index": 0, "mess')


def page(asked: Asked) -> None:
    """A page of some gateway's in place of an answer."""
    body = b"<html><body>Welcome</body></html>"
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/html", f"Content-Length: {len(body)}", "", ""]
    asked.send("\r\n".join(lines).encode() + body)


def other_json(asked: Asked) -> None:
    """JSON, and no completion."""
    asked.answer(200, "{}")


def hanging(asked: Asked) -> None:
    """A server that takes the request and never says anything."""
    asked.hang()


def endless(asked: Asked) -> None:
    """A body that begins and never ends."""
    head = ["HTTP/1.1 200 OK", "Content-Type: application/json", "Transfer-Encoding: chunked"]
    asked.connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    with suppress(OSError):
        while not asked.closing.wait(PAUSE):
            asked.connection.sendall(b"%x\r\n%s\r\n" % (len(CHUNK), CHUNK))


def changed(change: Callable[[dict[str, Any]], object]) -> Fault:
    """The persona's answer with something about its message changed."""

    def answer(asked: Asked) -> None:
        """Pass the answer on, changed."""
        found = asked.pass_on().json()
        change(found["choices"][0])
        asked.answer(200, json.dumps(found))

    return answer


def uncounted(asked: Asked) -> None:
    """The persona's answer, and nothing of what it took."""
    found = asked.pass_on().json()
    del found["usage"]
    asked.answer(200, json.dumps(found))


def words(content: str | None) -> Fault:
    """These words and no call, in place of the persona's turn."""
    message = {"role": "assistant", "content": content}
    return changed(lambda choice: choice.update(message=message, finish_reason="stop"))


def broken_arguments(choice: dict[str, Any]) -> None:
    """A call's arguments are cut off."""
    for call in choice["message"].get("tool_calls") or ():
        call["function"]["arguments"] = '{"average": 80,'


@contextmanager
def line() -> Iterator[Line]:
    """The personas behind a line that can be made bad, at one URL for as long as it lasts."""
    made = Line()
    with serving() as behind, httpx.Client(base_url=behind, trust_env=False) as client:

        class Handler(BaseHTTPRequestHandler):
            """Answers one request after the other on a connection."""

            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                """Pass the request on, or inject what is to go wrong."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                key = self.headers.get("Authorization", "").removeprefix("Bearer ")

                def pass_on() -> httpx.Response:
                    """What the personas answer."""
                    path = self.path.removeprefix("/v1/")
                    return client.post(path, content=body, timeout=60)

                number, again = made.take(body)
                turn = sum(m["role"] == "assistant" for m in json.loads(body)["messages"])
                asked = Asked(number, again, turn, key, pass_on, self.connection, made.closing)
                fault = made.fault
                if fault is not None and made.when(asked):
                    made.injected += 1
                    self.close_connection = True
                    fault(asked)
                    return
                found = pass_on()
                self.send_response(found.status_code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(found.content)))
                self.end_headers()
                self.wfile.write(found.content)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        class Server(ThreadingHTTPServer):
            """A thread for each connection; clients that go away are nobody's fault here."""

            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Nothing is printed."""

        server = Server((HOST, 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        made.url = f"http://{HOST}:{server.server_address[1]}/v1"
        try:
            yield made
        finally:
            made.closing.set()
            server.shutdown()
            thread.join()
            server.server_close()

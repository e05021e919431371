"""A server that answers as it is told, for commands: what a command asks, and what it makes of the answer."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    body: Any
    headers: dict[str, str] = field(repr=False)

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")


Answer = tuple[int, Any]


class FakeSidecar:
    """Answers `METHOD TARGET` by a status and JSON, or by a function of the request; everything else by 404."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.url = ""
        self._answers: dict[str, Answer | Callable[[Asked], Answer]] = {}

    def answers(self, request: str, status: int, value: Any = None) -> Self:
        self._answers[request] = (status, value)
        return self

    def answers_by(self, request: str, answer: Callable[[Asked], Answer]) -> Self:
        self._answers[request] = answer
        return self

    def refuses(self, request: str, status: int, name: str, detail: str, **more: Any) -> Self:
        problem = {"type": f"https://doorward.dev/problems/{name}", "title": name, "detail": detail, **more}
        return self.answers(request, status, problem)

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        found = self._answers.get(f"{asked.method} {asked.target}")
        if found is None:
            return 404, {"title": "There is no such thing", "detail": f"there is no {asked.target}"}
        return found if isinstance(found, tuple) else found(asked)


@contextmanager
def fake_sidecar() -> Iterator[FakeSidecar]:
    """One that listens."""
    fake = FakeSidecar()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(sent) if sent else None
            status, value = fake.answer(Asked(self.command, self.path, body, headers))
            content = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

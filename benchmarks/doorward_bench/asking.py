"""A client that asks over one kept connection, and times each answer; and how fixtures are made over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doorward_bench.wrk import Server

_PATIENCE_SECONDS = 30


def call(server: Server, method: str, path: str, value: object, good: tuple[int, ...] = (200, 201, 204)) -> Any:  # noqa: ANN401 - JSON
    """One request with JSON, or what is to be it; the answer's JSON, None where it has none. Raises RuntimeError."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request(method, path, value if isinstance(value, str) else json.dumps(value), server.headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status not in good:
        raise RuntimeError(f"{method} {path} answers {response.status}: {body[:300]!r}")
    return json.loads(body) if body else None


class Asker:
    """One connection, requests that are made beforehand: little of what is timed is the client's."""

    def __init__(self, server: Server, path: str) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=_PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = [
            f"POST {path} HTTP/1.1",
            "host: doorward",
            *(f"{name}: {value}" for name, value in server.headers.items()),
        ]
        self._head = "\r\n".join(lines).encode()

    def request(self, body: str) -> bytes:
        """The bytes of one request."""
        sent = body.encode()
        return b"%b\r\ncontent-length: %d\r\n\r\n%b" % (self._head, len(sent), sent)

    def send(self, request: bytes) -> None:
        """Send what `request` made; one at a time."""
        self.socket.sendall(request)

    def receive(self, status: bytes = b"200") -> None:
        """Wait for the answer. Raises RuntimeError where it has another status."""
        answer = self.socket.recv(65536)
        while not _is_whole(answer):
            more = self.socket.recv(65536)
            if not more:
                raise RuntimeError(f"the connection ended after {answer[:300]!r}")
            answer += more
        if answer[9:12] != status:
            raise RuntimeError(f"answered {answer[:500]!r}")

    def times(self, requests: Iterable[bytes], status: bytes = b"200") -> list[float]:
        """Ask one after the other; how long each answer took, in seconds. Raises RuntimeError for another status."""
        found = []
        for request in requests:
            started = time.perf_counter()
            self.send(request)
            self.receive(status)
            found.append(time.perf_counter() - started)
        return found

    def close(self) -> None:
        """End the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    _, _, after = head.lower().partition(b"content-length: ")
    return len(body) >= int(after.partition(b"\r\n")[0] or 0)

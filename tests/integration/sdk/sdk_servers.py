"""Real sockets that speak as they are told, to see what the SDK makes of it."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Request(NamedTuple):
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, server: Server) -> None:
        self.sock = sock
        self._server = server
        self._buffer = b""

    def read(self) -> Request | None:
        """The next request, None when the client hangs up."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in rest)}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            if not self._receive():
                return None
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        request = Request(line, headers, body)
        self._server.requests.append(request)
        return request

    def write(self, data: bytes) -> None:
        self.sock.sendall(data)

    def _receive(self) -> bool:
        data = self.sock.recv(65536)
        self._buffer += data
        return bool(data)


class Server:
    """Accepts connections and lets `talk` speak on each, in a thread; hangs up when it returns."""

    def __init__(self, listener: socket.socket, url: str, talk: Callable[[Peer], None]) -> None:
        self.url = url
        self.requests: list[Request] = []
        self.connections = 0
        self.open: list[socket.socket] = []
        self._listener = listener
        self._talk = talk
        threading.Thread(target=self._accept, daemon=True).start()

    def hang_up(self) -> None:
        """Close all connections from this end."""
        while self.open:
            sock = self.open.pop()
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError), sock:  # clients hang up in the middle: that is what they are tested for
            self._talk(Peer(sock, self))


def answer(content: object = None, *, status: str = "200 OK", headers: str = "") -> bytes:
    """The bytes of an answer; by default a yes."""
    body = json.dumps({"decision": True} if content is None else content).encode()
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def always(data: bytes) -> Callable[[Peer], None]:
    """Give every request the same answer and keep the connection."""

    def talk(peer: Peer) -> None:
        while peer.read() is not None:
            peer.write(data)

    return talk


def listening_socket(backlog: int = 256) -> tuple[socket.socket, str]:
    """A TCP socket on a free port, and its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def tcp_server(talk: Callable[[Peer], None]) -> Iterator[Server]:
    """A server on a free port."""
    listener, url = listening_socket()
    server = Server(listener, url, talk)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def unix_server(path: Path, talk: Callable[[Peer], None]) -> Iterator[Server]:
    """A server on a Unix socket."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(64)
    server = Server(listener, f"unix:{path}", talk)
    try:
        yield server
    finally:
        server.close()

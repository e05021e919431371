"""Hostile HTTP over raw sockets: always an answer or an end, never a 5xx, and the sidecar goes on answering."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from support.sidecars import Sidecar, start_sidecar
from support.trees import tree, write_tree

QUESTION = json.dumps(
    {
        "subject": {"type": "user", "id": "alice", "properties": {"roles": ["viewer"]}},
        "action": {"name": "view"},
        "resource": {"type": "agents", "id": "1"},
    }
).encode()
EVALUATION = "/access/v1/evaluation"
ANSWER_SECONDS = 8
PROBLEM = "application/problem+json"


class Answer(NamedTuple):
    """One HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        """What a problem says."""
        text: str = json.loads(self.body)["detail"]
        return text


@contextmanager
def hostile_server(factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    """A sidecar for a whole module; it must have logged no fault of its own in the end."""
    base = factory.mktemp("hostile")
    root = write_tree(base / "policy", tree(directory="tenants: [acme, globex]\n"))
    running = start_sidecar(base / "state", "--policy", str(root))
    try:
        yield running
        assert running.process.poll() is None
        assert "Traceback" not in running.log.read_text()
    finally:
        running.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    with hostile_server(tmp_path_factory) as running:
        yield running


def dial(running: Sidecar) -> socket.socket:
    host, _, port = running.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS)


def read_to_end(peer: socket.socket) -> bytes:
    """All that comes until the sidecar closes; if it does not, that is a hang."""
    parts: list[bytes] = []
    try:
        while part := peer.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass  # closed with something of ours unread
    return b"".join(parts)


def parse(data: bytes, *, of_head: bool = False) -> list[Answer]:
    """The answers in what came over a connection."""
    answers = []
    while data:
        head, blank, data = data.partition(b"\r\n\r\n")
        assert blank, head
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if of_head or status < 200 else int(headers["content-length"])
        assert len(data) >= length
        answers.append(Answer(status, headers, data[:length]))
        data = data[length:]
    return answers


def head(line: str, key: str | None, *more: str) -> bytes:
    """A request's head that asks to close afterwards."""
    lines = [line, "Host: x", "Connection: close", "Content-Type: application/json"]
    lines += [] if key is None else [f"Authorization: Bearer {key}"]
    return "\r\n".join([*lines, *more, "", ""]).encode("utf-8", "surrogateescape")


def exchange(running: Sidecar, data: bytes, *, half_close: bool = False, of_head: bool = False) -> list[Answer]:
    """Send, and read until the end."""
    with dial(running) as peer:
        try:
            peer.sendall(data)
            if half_close:
                peer.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # answered before it was all sent
        return parse(read_to_end(peer), of_head=of_head)


def post(running: Sidecar, content: bytes, *more: str, path: str = EVALUATION, key: str | None = "") -> Answer:
    """A question of any shape; by default with the right key."""
    length = f"Content-Length: {len(content)}"
    credential = running.key if key == "" else key
    (answer,) = exchange(running, head(f"POST {path} HTTP/1.1", credential, length, *more) + content)
    return answer


def assert_it_still_answers(running: Sidecar) -> None:
    answer = post(running, QUESTION)
    assert (answer.status, answer.body) == (200, b'{"decision":true}')


LENGTH = f"Content-Length: {len(QUESTION)}"
CHUNKED = "Transfer-Encoding: chunked"
WHOLE = b"%x\r\n%b\r\n0\r\n\r\n" % (len(QUESTION), QUESTION)


class Shape(NamedTuple):
    """How a request may look: its line, more header lines, its body, and the statuses it may get."""

    name: str
    line: str = f"POST {EVALUATION} HTTP/1.1"
    more: tuple[str, ...] = (LENGTH,)
    body: bytes = QUESTION
    statuses: tuple[int, ...] = (400,)


SHAPES = (
    Shape("as it should be", statuses=(200,)),
    Shape("in one chunk", more=(CHUNKED,), body=WHOLE, statuses=(200,)),
    Shape("a chunk with an extension", more=(CHUNKED,), body=WHOLE.replace(b"\r\n", b";a=b\r\n", 1), statuses=(200,)),
    Shape("length and chunks", more=(LENGTH, CHUNKED), body=WHOLE, statuses=(200, 400)),
    Shape("chunks and a shorter length", more=(CHUNKED, "Content-Length: 5"), body=WHOLE, statuses=(200, 400)),
    Shape("two lengths that agree", more=(LENGTH, LENGTH), statuses=(200, 400)),
    Shape("two lengths that differ", more=(LENGTH, "Content-Length: 5")),
    Shape("a list of lengths", more=(f"{LENGTH}, {len(QUESTION)}",)),
    Shape("a length with a sign", more=(f"Content-Length: +{len(QUESTION)}",)),
    Shape("a negative length", more=("Content-Length: -1",)),
    Shape("a hexadecimal length", more=(f"Content-Length: {len(QUESTION):#x}",)),
    Shape("an immense length", more=("Content-Length: 99999999999999999999999",)),
    Shape("an empty length", more=("Content-Length:",)),
    Shape("a blank before the colon", more=(f"Content-Length : {len(QUESTION)}",)),
    Shape("an encoding that ends otherwise", more=("Transfer-Encoding: chunked, identity",), body=WHOLE),
    Shape("an encoding that is none", more=("Transfer-Encoding: xchunked",), body=WHOLE),
    Shape("two encodings", more=(CHUNKED, "Transfer-Encoding: identity"), body=WHOLE),
    Shape("chunks in HTTP/1.0", line=f"POST {EVALUATION} HTTP/1.0", more=(CHUNKED,), body=WHOLE),
    Shape("a chunk of no size", more=(CHUNKED,), body=b"zz\r\n" + QUESTION + b"\r\n0\r\n\r\n"),
    Shape("a chunk of immense size", more=(CHUNKED,), body=b"f" * 20 + b"\r\n" + QUESTION),
    Shape("chunks that break off in garbage", more=(CHUNKED,), body=WHOLE.replace(b"\r\n0\r\n", b"\r\nzz\r\n")),
    Shape("a folded header", more=(LENGTH, "X-Request-ID: a\r\n b")),
    Shape("a carriage return in a header", more=(LENGTH, "X-Request-ID: a\rb")),
    Shape("a NUL in a header", more=(LENGTH, "X-Request-ID: a\0b")),
    Shape("a blank in a header's name", more=(LENGTH, "X Y: 1")),
    Shape("bare line feeds", more=(LENGTH, "X-One: a\nX-Two: b"), statuses=(200, 400)),
    Shape("two hosts", more=(LENGTH, "Host: y"), statuses=(200, 400)),
    Shape("two hundred headers", more=(LENGTH, *(f"X-{n}: 1" for n in range(200))), statuses=(431,)),
    Shape("a header of half a megabyte", more=(LENGTH, f"X-Long: {'a' * 500_000}"), statuses=(431,)),
    Shape("a path of seventy kilobytes", line=f"POST /{'a' * 70_000} HTTP/1.1", statuses=(400, 404, 414, 431)),
    Shape("HTTP/1.0", line=f"POST {EVALUATION} HTTP/1.0", statuses=(200,)),
    Shape("HTTP/2.0 as text", line=f"POST {EVALUATION} HTTP/2.0"),
    Shape("no version", line=f"POST {EVALUATION}"),
    Shape("no path", line="POST  HTTP/1.1"),
    Shape("a blank in the path", line="POST /a b HTTP/1.1"),
    Shape("no method", line="/ HTTP/1.1"),
    Shape("a method of strange letters", line=f"P(ST {EVALUATION} HTTP/1.1"),
    Shape("a method nobody knows", line=f"BREW {EVALUATION} HTTP/1.1", statuses=(405,)),
    Shape("TRACE", line=f"TRACE {EVALUATION} HTTP/1.1", statuses=(405,)),
    Shape("OPTIONS", line=f"OPTIONS {EVALUATION} HTTP/1.1", statuses=(200, 204, 405)),
    Shape("OPTIONS of all", line="OPTIONS * HTTP/1.1", statuses=(200, 204, 404)),
    Shape("CONNECT", line="CONNECT example.com:80 HTTP/1.1", statuses=(400, 404, 405)),
    Shape("an absolute target", line=f"POST http://example.com{EVALUATION} HTTP/1.1", statuses=(200,)),
    Shape("an absolute target of nothing", line="POST http://example.com HTTP/1.1", statuses=(404, 405)),
    Shape("expects to go on", more=(LENGTH, "Expect: 100-continue"), statuses=(200,)),
    Shape("expects the unknown", more=(LENGTH, "Expect: 200-ok"), statuses=(200, 417)),
    Shape("an upgrade", more=(LENGTH, "Upgrade: h2c"), statuses=(200,)),
    Shape("a GET with a body", line="GET /livez HTTP/1.1", statuses=(200,)),
)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape_of_request(shape: Shape, server: Sidecar) -> None:
    answers = exchange(server, head(shape.line, server.key, *shape.more) + shape.body)
    *informational, answer = answers
    assert [one.status for one in informational] in ([], [100])
    assert answer.status in shape.statuses, answer
    if answer.status >= 400 and answer.body:  # what is not HTTP is refused before it gets to us, without a body
        assert answer.headers["content-type"] == PROBLEM
        assert len(answer.detail) > 10
    assert_it_still_answers(server)


GARBAGE = {
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "NULs": bytes(1000),
    "an HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /livez\r\n\r\n",
    "an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a megabyte without an end": b"A" * (1 << 20),
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
def test_what_is_no_http_ends_the_connection(data: bytes, server: Sidecar) -> None:
    assert [answer.status for answer in exchange(server, data)] in ([], [400], [414], [431])
    assert_it_still_answers(server)

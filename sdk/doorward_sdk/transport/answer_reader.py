"""One HTTP/1.1 answer from a connection: strict, bounded, and several times cheaper than http.client's.

Where RFC 9112 lets a reader be lenient this one refuses, because two readings of one answer are how the end
of one becomes the start of another's: bare line feeds, folded headers, two lengths, unknown encodings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from doorward_sdk.errors import MalformedAnswer
from doorward_sdk.transport.seam import Response

if TYPE_CHECKING:
    from doorward_sdk.transport.connection import Connection
    from doorward_sdk.transport.deadline import Deadline

MAX_HEAD_BYTES = 64 * 1024
_STATUS = re.compile(r"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: .*)?\Z")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+\Z")
_LENGTH = re.compile(r"[0-9]{1,18}\Z")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\Z", re.DOTALL)
_NO_BODY = frozenset({204, 304})


class Head(NamedTuple):
    """Status line and headers."""

    status: int
    headers: dict[str, str]
    keeps_alive: bool


def read_answer(connection: Connection, method: str, max_body_bytes: int, deadline: Deadline) -> tuple[Response, bool]:
    """The answer to the request just sent, and whether the connection can carry another one.

    Raises:
        MalformedAnswer: it breaks the rules of HTTP or is larger than `max_body_bytes`.
        Unreachable: it ends too early.
        DeadlineExceeded: it is not complete in time.
    """
    head = _read_head(connection, deadline)
    if method == "HEAD" or head.status in _NO_BODY:
        return Response(head.status, head.headers, b""), head.keeps_alive
    encoding = head.headers.get("transfer-encoding")
    length = head.headers.get("content-length")
    if encoding is not None:
        if encoding.lower() != "chunked" or length is not None:
            raise MalformedAnswer("the answer does not say clearly how long it is")
        body = _read_chunks(connection, max_body_bytes, deadline)
    elif length is not None:
        if not _LENGTH.match(length):
            raise MalformedAnswer("the answer has a Content-Length that is no number")
        body = connection.exactly(_bounded(int(length), max_body_bytes), deadline)
    else:
        return Response(head.status, head.headers, connection.until_closed(max_body_bytes, deadline)), False
    return Response(head.status, head.headers, body), head.keeps_alive


def _read_head(connection: Connection, deadline: Deadline) -> Head:
    while True:
        head = _parse_head(connection.until(b"\r\n\r\n", MAX_HEAD_BYTES, deadline))
        if head.status >= 200:  # noqa: PLR2004 - below are interim answers; the real one follows
            return head
        if head.status == 101:  # noqa: PLR2004 - Switching Protocols, which nobody asked for
            raise MalformedAnswer("the answer switches to another protocol")


def _parse_head(raw: bytes) -> Head:
    text = raw.decode("latin-1")
    lines = text.split("\r\n")
    if text.count("\n") + text.count("\r") != 2 * (len(lines) - 1) or "\0" in text:
        raise MalformedAnswer("the answer's head holds a stray control character")
    status = _STATUS.match(lines[0])
    if status is None:
        raise MalformedAnswer("the answer is not HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        if not _NAME.match(name):
            raise MalformedAnswer("the answer holds a malformed header")
        key = name.lower()
        value = value.strip(" \t")
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    keeps_alive = status[1] == "1" and "close" not in headers.get("connection", "").lower()
    return Head(int(status[2]), headers, keeps_alive)


def _read_chunks(connection: Connection, max_body_bytes: int, deadline: Deadline) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while True:
        size = _CHUNK_SIZE.match(connection.until(b"\r\n", MAX_HEAD_BYTES, deadline))
        if size is None:
            raise MalformedAnswer("the answer holds a malformed chunk size")
        count = int(size[1], 16)
        if count == 0:
            break
        total = _bounded(total + count, max_body_bytes)
        chunks.append(connection.exactly(count, deadline))
        if connection.exactly(2, deadline) != b"\r\n":
            raise MalformedAnswer("the answer holds a chunk of another size than it says")
    trailer_bytes = 0
    while line := connection.until(b"\r\n", MAX_HEAD_BYTES, deadline):
        trailer_bytes += len(line)
        if trailer_bytes > MAX_HEAD_BYTES:
            raise MalformedAnswer(f"the answer's trailer is larger than {MAX_HEAD_BYTES} bytes")
    return b"".join(chunks)


def _bounded(size: int, most: int) -> int:
    if size > most:
        raise MalformedAnswer(f"the answer is larger than {most} bytes")
    return size

"""The HTTP reader, on a socket that hands out given pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward_sdk import MalformedAnswer, RequestFailed, Response
from doorward_sdk.transport.answer_reader import MAX_HEAD_BYTES, read_answer
from doorward_sdk.transport.connection import Connection
from doorward_sdk.transport.deadline import Deadline

if TYPE_CHECKING:
    import socket

LIMIT = 1000


class Pieces:
    """A socket that receives these pieces and then the end of the stream."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def settimeout(self, seconds: float) -> None:
        """There is nothing to wait for."""

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > size:
            self._pieces.insert(0, piece[size:])
        return piece[:size]


def read(*pieces: bytes, method: str = "POST") -> tuple[Response, bool]:
    connection = Connection(cast("socket.socket", Pieces(*pieces)))
    return read_answer(connection, method, LIMIT, Deadline(5))


def test_an_answer_of_a_given_length() -> None:
    response, reusable = read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A:  b \r\nx-a: c\r\n\r\nhi")
    assert response == Response(200, {"content-length": "2", "x-a": "b, c"}, b"hi")
    assert reusable


def test_an_answer_in_chunks_with_extensions_and_a_trailer() -> None:
    head = b"HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n"
    response, reusable = read(head + b'2;a="b"\r\nhi\r\n00A \r\n0123456789\r\n0\r\nX: y\r\nZ: y\r\n\r\n')
    assert response.body == b"hi0123456789"
    assert reusable


def test_an_answer_until_the_connection_ends() -> None:
    response, reusable = read(b"HTTP/1.1 200 OK\r\n\r\nall ", b"of it")
    assert response.body == b"all of it"
    assert not reusable


def test_interim_answers_are_passed_over() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert read(interim + b"HTTP/1.1 204 No Content\r\n\r\n")[0].status == 204


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", b"200 OK"), ("POST", b"204 No Content"), ("POST", b"304 Not Modified")]
)
def test_some_answers_have_no_body_whatever_they_say(method: str, status: bytes) -> None:
    response, reusable = read(b"HTTP/1.1 " + status + b"\r\nContent-Length: 9\r\n\r\n", method=method)
    assert response.body == b""
    assert reusable


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", id="close"),
    ],
)
def test_a_connection_that_will_be_closed_is_not_used_again(answer: bytes) -> None:
    assert read(answer)[1] is False


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n\r\n", id="no status line"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="another protocol"),
        pytest.param(b"HTTP/2 200\r\n\r\n", id="another version"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="short status"),
        pytest.param(b"HTTP/1.1 2000\r\n\r\n", id="long status"),
        pytest.param(b"HTTP/1.1 999 ?\r\n\r\n", id="unknown status"),
        pytest.param(b"HTTP/1.1 101 Switching\r\n\r\n", id="another protocol from here"),
        pytest.param(OK + b"Content-Length: 5\r\n\r\nhalf", id="half a body"),
        pytest.param(OK + b"Content-Length: 5\r\n", id="half a head"),
        pytest.param(OK + b"Content-Length: 1001\r\n\r\n" + b"x" * 1001, id="too large"),
        pytest.param(OK + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", id="endless"),
        pytest.param(OK + b"Content-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(OK + b"Content-Length: +1\r\n\r\nx", id="signed length"),
        pytest.param(OK + b"Content-Length: 1_0\r\n\r\n0123456789", id="Python's idea of a number"),
        pytest.param(OK + b"Content-Length: \xb2\r\n\r\nxx", id="superscript length"),
        pytest.param(OK + b"Content-Length:\r\n\r\n", id="empty length"),
        pytest.param(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"),
        pytest.param(OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="both lengths"),
        pytest.param(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="unknown encoding"),
        pytest.param(OK + b"A: b\r\n c\r\n\r\n", id="folded header"),
        pytest.param(OK + b"A : b\r\n\r\n", id="a blank before the colon"),
        pytest.param(OK + b": b\r\n\r\n", id="nameless header"),
        pytest.param(OK + b"no colon\r\n\r\n", id="no header"),
        pytest.param(OK + b"A: b\nC: d\r\n\r\n", id="bare line feed"),
        pytest.param(OK + b"A: b\rC: d\r\n\r\n", id="bare carriage return"),
        pytest.param(OK + b"A: b\0\r\n\r\n", id="NUL"),
        pytest.param(b"HTTP/1.1 200 OK\n\n", id="line feeds alone"),
        pytest.param(OK + b"A: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n", id="endless head"),
        pytest.param(OK + b"\r\n" + b"x" * (LIMIT + 1), id="endless body"),
        pytest.param(CHUNKED, id="no chunk"),
        pytest.param(CHUNKED + b"2\r\nhi\r\n", id="no last chunk"),
        pytest.param(CHUNKED + b"x\r\n\r\n", id="chunk size is no number"),
        pytest.param(CHUNKED + b"-2\r\nhi\r\n0\r\n\r\n", id="negative chunk"),
        pytest.param(CHUNKED + b"0x2\r\nhi\r\n0\r\n\r\n", id="Python's idea of a hexadecimal"),
        pytest.param(CHUNKED + b"2\nhi\r\n0\r\n\r\n", id="chunk with a bare line feed"),
        pytest.param(CHUNKED + b"2\r\nhigh\r\n0\r\n\r\n", id="longer chunk than it says"),
        pytest.param(CHUNKED + b"fffffffffffffff\r\n", id="endless chunk"),
        pytest.param(CHUNKED + b"1f5\r\n" + b"x" * 501 + b"\r\n" + b"1f5\r\n", id="chunks too large together"),
        pytest.param(CHUNKED + b"0\r\n" + b"A: b\r\n" * 20_000, id="endless trailer"),
    ],
)
def test_an_answer_that_breaks_the_rules_is_refused(answer: bytes) -> None:
    with pytest.raises(RequestFailed):
        read(answer)


@given(st.lists(st.integers(0, 120), max_size=8), st.booleans())
def test_it_makes_no_difference_in_which_pieces_an_answer_arrives(cuts: list[int], chunked: bool) -> None:
    by_length = OK + b"Content-Length: 12\r\n\r\n" + b"hello, world"
    answer = CHUNKED + b"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n" if chunked else by_length
    edges = [0, *sorted(cuts), len(answer)]
    pieces = [answer[edges[index] : edges[index + 1]] for index in range(len(edges) - 1)]
    response, reusable = read(*pieces)
    assert (response.body, reusable) == (b"hello, world", True)


@given(st.binary(max_size=200), st.sampled_from([b"", OK, OK + b"Content-Length: 3\r\n\r\n", CHUNKED]))
def test_no_bytes_raise_anything_unforeseen(garbage: bytes, start: bytes) -> None:
    try:
        response, _ = read(start + garbage)
    except RequestFailed:
        return
    assert len(response.body) <= LIMIT


def test_surplus_bytes_keep_a_connection_from_being_used_again() -> None:
    connection = Connection(cast("socket.socket", Pieces(OK + b"Content-Length: 2\r\n\r\nhi" + OK)))
    assert read_answer(connection, "POST", LIMIT, Deadline(5))[0].body == b"hi"
    assert not connection.is_quiet()


def test_the_message_about_a_large_answer_names_the_bound() -> None:
    with pytest.raises(MalformedAnswer, match="larger than 1000 bytes"):
        read(OK + b"Content-Length: 1001\r\n\r\n")

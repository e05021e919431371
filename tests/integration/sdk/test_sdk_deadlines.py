"""The time limit holds for everything together, whatever the other side does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from doorward_sdk import Doorward, Question
from integration.sdk.sdk_servers import Peer, answer, listening_socket, tcp_server

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 0.25
SLACK = 1.5  # for a busy machine


def drips(data: bytes, pause: float) -> Callable[[Peer], None]:
    def talk(peer: Peer) -> None:
        peer.read()
        for byte in data:
            peer.write(bytes([byte]))
            time.sleep(pause)

    return talk


def reads_nothing(peer: Peer) -> None:
    del peer
    time.sleep(5)


def says_nothing(peer: Peer) -> None:
    peer.read()
    time.sleep(5)


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(says_nothing, id="no answer"),
        pytest.param(drips(answer(), 1), id="a byte a second"),
        pytest.param(drips(answer(), 0.01), id="a byte every 10 ms"),
        pytest.param(drips(b"HTTP/1.1 100 Continue\r\n\r\n" * 9, 0.01), id="endless interim answers"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 99, 0.01), id="endless body"),
        pytest.param(
            drips(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 99, 0.005),
            id="endless chunks",
        ),
    ],
)
def test_a_slow_answer_is_given_up_in_time(talk: Callable[[Peer], None]) -> None:
    with tcp_server(talk) as server, Doorward(server.url, timeout=LIMIT) as client:
        started = time.monotonic()
        denied = client.check("user:a", "read", "doc:1")
        elapsed = time.monotonic() - started
        assert LIMIT <= elapsed < LIMIT + SLACK
        assert not denied.allowed
        assert denied.error is not None
        assert denied.error.message == f"{server.url}: no complete answer within {LIMIT} s"
        assert denied.error.retryable


def test_a_server_that_reads_nothing_is_given_up_in_time() -> None:
    large = [Question("user:a", "read", "doc:1", context={"x": "x" * 20_000})] * 500
    with tcp_server(reads_nothing) as server, Doorward(server.url, timeout=LIMIT) as client:
        started = time.monotonic()
        answers = client.check_many(large)
        assert LIMIT <= time.monotonic() - started < LIMIT + SLACK + 0.5  # ten megabytes of JSON to make
        assert len(answers) == 500
        assert all(denied.error is not None for denied in answers)


def test_a_server_that_accepts_nothing_is_given_up_in_time() -> None:
    listener, url = listening_socket(backlog=0)
    with listener, Doorward(url, timeout=LIMIT) as client:
        for _ in range(4):  # fills the queue, then cannot even connect
            started = time.monotonic()
            assert client.check("user:a", "read", "doc:1").error is not None
            assert LIMIT <= time.monotonic() - started < LIMIT + SLACK


def test_the_default_limit_is_a_quarter_of_a_second() -> None:
    with tcp_server(says_nothing) as server, Doorward(server.url) as client:
        started = time.monotonic()
        error = client.check("user:a", "read", "doc:1").error
        assert 0.25 <= time.monotonic() - started < 0.25 + SLACK
        assert error is not None
        assert error.message.endswith("no complete answer within 0.25 s")

"""Slow, idle and greedy clients: others do not notice them, their connections end, and memory stays bounded."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from doorward.web.serving.server import HEADER_SECONDS
from e2e.test_hostile_http import (
    CHUNKED,
    EVALUATION,
    QUESTION,
    assert_it_still_answers,
    dial,
    exchange,
    head,
    hostile_server,
    parse,
    read_to_end,
)
from support.sidecars import Sidecar

END_SECONDS = HEADER_SECONDS + 3
UNNOTICED_SECONDS = 1.0
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    with hostile_server(tmp_path_factory) as running:
        yield running


class Stall(threading.Thread):
    """A client that sends something and waits: how long until the sidecar ends it, and with which statuses."""

    def __init__(self, server: Sidecar, name: str, *parts: bytes, pause_seconds: float = 0.0) -> None:
        super().__init__(name=name)
        self._server, self._parts, self._pause = server, parts, pause_seconds
        self.seconds = 0.0
        self.statuses: list[int] | str = "nothing"

    def run(self) -> None:
        started = time.monotonic()
        try:
            with dial(self._server) as peer:
                peer.settimeout(END_SECONDS + 5)
                for part in self._parts:
                    peer.sendall(part)
                    time.sleep(self._pause)
                self.statuses = [answer.status for answer in parse(read_to_end(peer))]
        except ConnectionError:
            self.statuses = "cut off"
        except OSError as error:
            self.statuses = repr(error)
        self.seconds = time.monotonic() - started


def stalls(server: Sidecar) -> dict[Stall, list[list[int] | str]]:
    """Each with what may come of it."""
    keep = b"Connection: close\r\n"
    question = head(f"POST {EVALUATION} HTTP/1.1", server.key, f"Content-Length: {len(QUESTION)}").replace(keep, b"")
    chunks = head(f"POST {EVALUATION} HTTP/1.1", server.key, CHUNKED)
    get = head("GET /livez HTTP/1.1", None, "Content-Length: 9")
    drops = [question[at : at + 1] for at in range(30)]
    crumbs = [b"1\r\n \r\n"] * 40
    return {
        Stall(server, "says nothing"): [[]],
        Stall(server, "stops in the first line", b"POST /acc"): [[], [408]],
        Stall(server, "stops in the head", question[:-2]): [[], [408]],
        Stall(server, "sends the head in drops", *drops, pause_seconds=0.4): [[], [408], "cut off"],
        Stall(server, "stops before the body", question): [[400], [408]],
        Stall(server, "stops in the body", question + QUESTION[:-1]): [[400], [408]],
        Stall(server, "stops in a chunk", chunks + b"ff\r\n" + QUESTION[:9]): [[400], [408]],
        Stall(server, "stops between chunks", chunks + b"1\r\n \r\n"): [[400], [408]],
        Stall(server, "sends chunks in crumbs", chunks, *crumbs, pause_seconds=0.4): [[400], [408], "cut off"],
        Stall(server, "stops in a body that nobody reads", get + b"x"): [[400], [408]],
        Stall(server, "is idle after an answer", question + QUESTION): [[200]],
        Stall(server, "stops in the second request", question + QUESTION + b"POST"): [[200], [200, 408]],
    }


@pytest.mark.timeout(90)
def test_slow_clients_are_ended_and_others_do_not_notice(server: Sidecar) -> None:
    expected = stalls(server)
    for client in expected:
        client.start()
    slowest, asked, until = 0.0, 0, time.monotonic() + HEADER_SECONDS - 1
    while time.monotonic() < until:
        started = time.monotonic()
        assert_it_still_answers(server)
        slowest, asked = max(slowest, time.monotonic() - started), asked + 1
        time.sleep(0.05)
    for client in expected:
        client.join(END_SECONDS + 10)
    for client, outcomes in expected.items():
        assert client.statuses in outcomes, (client.name, client.statuses)
        assert client.seconds < END_SECONDS + 2, (client.name, client.seconds)
    assert slowest < UNNOTICED_SECONDS
    assert asked > 20
    assert_it_still_answers(server)


def test_two_hundred_idle_connections_do_no_harm(server: Sidecar) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(dial(server)) for _ in range(200)]
        for peer in idle[::2]:
            peer.sendall(b"POST /access")
        started = time.monotonic()
        for _ in range(20):
            assert_it_still_answers(server)
        assert time.monotonic() - started < 20 * UNNOTICED_SECONDS
        for peer in idle[1::2]:  # they may still ask
            peer.sendall(head("GET /livez HTTP/1.1", None))
        assert [parse(read_to_end(peer))[0].status for peer in idle[1::2]] == [200] * 100


def peak_mebibytes(server: Sidecar) -> float:
    """The most memory that the process ever had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def flood(server: Sidecar, lines: tuple[str, ...], part: bytes, mebibytes: int) -> int:
    """Send a body of this size, as far as the sidecar takes it; the status of the answer, 0 where none came."""
    with dial(server) as peer:
        try:
            peer.sendall(head(f"POST {EVALUATION} HTTP/1.1", server.key, *lines))
            for _ in range(mebibytes):
                peer.sendall(part)
        except OSError:
            pass  # refused before it was all sent
        answers = parse(read_to_end(peer))
    return answers[0].status if answers else 0


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((f"Content-Length: {256 * MEBIBYTE}",), id="by length"),
        pytest.param((CHUNKED,), id="in chunks"),
        pytest.param(("Content-Length: 5", CHUNKED), id="in chunks, with a length that lies"),
    ],
)
def test_a_body_of_256_mebibytes_is_refused_without_being_kept(lines: tuple[str, ...], server: Sidecar) -> None:
    assert_it_still_answers(server)
    before = peak_mebibytes(server)
    part = b"%x\r\n%b\r\n" % (MEBIBYTE, bytes(MEBIBYTE)) if CHUNKED in lines else bytes(MEBIBYTE)
    statuses = {flood(server, lines, part, 256) for _ in range(5)}
    assert statuses <= {413, 0}
    assert 413 in statuses
    assert peak_mebibytes(server) - before < 40
    assert_it_still_answers(server)


def test_many_heads_that_never_end_are_not_kept(server: Sidecar) -> None:
    before = peak_mebibytes(server)
    with ExitStack() as stack:
        for _ in range(100):
            peer = stack.enter_context(dial(server))
            peer.sendall(b"POST / HTTP/1.1\r\nX-Long: ")
            peer.setblocking(False)
            try:
                while peer.send(b"a" * 65_536):
                    pass
            except OSError:
                pass  # it takes no more, or has refused it
        assert_it_still_answers(server)
        assert peak_mebibytes(server) - before < 40


def test_clients_that_go_away_leave_nothing_behind(server: Sidecar) -> None:
    descriptors = Path(f"/proc/{server.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    whole = head(f"POST {EVALUATION} HTTP/1.1", server.key, f"Content-Length: {len(QUESTION)}") + QUESTION
    for cut in range(0, len(whole), 5):
        with dial(server) as peer:
            peer.sendall(whole[:cut])
    assert_it_still_answers(server)
    deadline = time.monotonic() + 5
    while len(list(descriptors.iterdir())) > before + 5:
        assert time.monotonic() < deadline, "connections are left open"
        time.sleep(0.05)


def test_a_client_that_reads_nothing_holds_up_nobody(server: Sidecar) -> None:
    with dial(server) as peer:
        peer.setblocking(False)
        request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200
        try:
            while peer.send(request):
                pass
        except BlockingIOError:
            pass  # the sidecar has stopped reading: the answers wait for their reader
        for _ in range(10):
            started = time.monotonic()
            assert_it_still_answers(server)
            assert time.monotonic() - started < UNNOTICED_SECONDS
    (answer,) = exchange(server, head("GET /livez HTTP/1.1", None))
    assert answer.status == 200

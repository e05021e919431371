"""Connections: kept, replaced when stale, shared by threads, never mixed up."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from doorward_sdk import ClientClosed, Doorward, HttpTransport, Unreachable
from integration.sdk.sdk_servers import Peer, always, answer, listening_socket, tcp_server, unix_server

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 10.0


def test_one_connection_serves_question_after_question() -> None:
    with tcp_server(always(answer())) as server, Doorward(server.url, "k", timeout=SECONDS) as client:
        assert all(client.check("user:a", "read", f"doc:{number}") for number in range(50))
        assert server.connections == 1
        assert [request.json["resource"]["id"] for request in server.requests] == [str(n) for n in range(50)]
        assert server.requests[0].headers["host"] == server.url.removeprefix("http://")
        assert server.requests[0].headers["authorization"] == "Bearer k"


def test_a_unix_socket_serves_the_same_way(tmp_path: Path) -> None:
    with unix_server(tmp_path / "s", always(answer())) as server, Doorward(server.url, timeout=SECONDS) as client:
        assert all(client.check("user:a", "read", f"doc:{number}") for number in range(50))
        assert server.connections == 1
        assert server.requests[0].headers["host"] == "localhost"


def test_a_unix_socket_with_a_full_queue_is_waited_for(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "s"))
    listener.listen(0)
    with listener, socket.socket(socket.AF_UNIX) as first, Doorward(f"unix:{tmp_path / 's'}", timeout=0.2) as client:
        first.connect(str(tmp_path / "s"))
        full = client.check("user:a", "read", "doc:1")
        assert full.error is not None
        assert "no complete answer within 0.2 s" in full.error.message


def test_a_path_in_the_address_stands_before_every_path() -> None:
    with tcp_server(always(answer())) as server, Doorward(server.url + "/behind/", timeout=SECONDS) as client:
        assert client.check("user:a", "read", "doc:1")
        assert server.requests[0].line == "POST /behind/access/v1/evaluation HTTP/1.1"


def test_a_connection_that_the_sidecar_will_close_is_not_kept() -> None:
    closing = always(answer(headers="Connection: close\r\n"))
    with tcp_server(closing) as server, Doorward(server.url, timeout=SECONDS) as client:
        assert all(client.check("user:a", "read", f"doc:{number}") for number in range(5))
        assert server.connections == 5


def test_a_host_name_is_looked_up() -> None:
    with tcp_server(always(answer())) as server:
        by_name = server.url.replace("127.0.0.1", "localhost")
        with Doorward(by_name, timeout=SECONDS) as client:
            assert client.check("user:a", "read", "doc:1")


def test_a_connection_closed_while_idle_is_replaced() -> None:
    with tcp_server(always(answer())) as server, Doorward(server.url, timeout=SECONDS) as client:
        for expected in range(1, 5):
            assert client.check("user:a", "read", "doc:1")
            assert server.connections == expected
            server.hang_up()


def test_a_connection_closed_just_as_it_is_used_is_replaced_once() -> None:
    def closes_at_the_second_request(peer: Peer) -> None:
        if peer.read() is not None:
            peer.write(answer())
        peer.read()

    with tcp_server(closes_at_the_second_request) as server, Doorward(server.url, timeout=SECONDS) as client:
        assert client.check("user:a", "read", "doc:1")
        assert client.check("user:a", "read", "doc:2")
        assert [request.json["resource"]["id"] for request in server.requests] == ["1", "2", "2"]


def test_a_fresh_connection_that_is_closed_is_not_tried_again() -> None:
    def hangs_up(peer: Peer) -> None:
        peer.read()

    with tcp_server(hangs_up) as server:
        denied = Doorward(server.url, timeout=SECONDS).check("user:a", "read", "doc:1")
        assert denied.error is not None
        assert denied.error.retryable
        assert len(server.requests) == 1


def test_half_an_answer_on_a_kept_connection_is_not_asked_for_again() -> None:
    def breaks_off_the_second(peer: Peer) -> None:
        peer.read()
        peer.write(answer())
        peer.read()
        peer.write(answer()[:-3])

    with tcp_server(breaks_off_the_second) as server, Doorward(server.url, timeout=SECONDS) as client:
        assert client.check("user:a", "read", "doc:1")
        assert client.check("user:a", "read", "doc:2").error is not None
        assert len(server.requests) == 2


def test_an_answer_that_nobody_asked_for_answers_no_later_question() -> None:
    def answers_twice(peer: Peer) -> None:
        while (request := peer.read()) is not None:
            yes = request.json["resource"]["id"] == "1"
            peer.write(answer({"decision": yes}) + (answer({"decision": True}) if yes else b""))

    with tcp_server(answers_twice) as server, Doorward(server.url, timeout=SECONDS) as client:
        assert client.check("user:a", "read", "doc:1")
        time.sleep(0.05)
        assert not client.check("user:a", "read", "doc:2")
        assert server.connections == 2


def test_a_late_answer_answers_no_later_question() -> None:
    def first_is_late(peer: Peer) -> None:
        while (request := peer.read()) is not None:
            late = request.json["resource"]["id"] == "1"
            time.sleep(0.9 if late else 0)
            peer.write(answer({"decision": late}))

    with tcp_server(first_is_late) as server, Doorward(server.url, timeout=0.6) as client:
        assert client.check("user:a", "read", "doc:1").error is not None
        time.sleep(0.6)
        answered = client.check("user:a", "read", "doc:2")
        assert (answered.allowed, answered.error) == (False, None)


def test_a_hundred_threads_share_a_client_and_each_gets_its_own_answers() -> None:
    def even(peer: Peer) -> None:
        while (request := peer.read()) is not None:
            peer.write(answer({"decision": int(request.json["resource"]["id"]) % 2 == 0}))

    def ask(thread: int) -> list[bool]:
        start.wait()
        return [client.check("user:a", "read", f"doc:{thread * 1000 + n}").allowed for n in range(30)]

    start = threading.Barrier(100)
    with (
        tcp_server(even) as server,
        Doorward(server.url, timeout=60) as client,
        ThreadPoolExecutor(100) as threads,
    ):
        for answers in threads.map(ask, range(100)):
            assert answers == [n % 2 == 0 for n in range(30)]
        assert server.connections <= 100
        assert len(server.requests) == 3000


def test_closing_a_client_closes_its_connections() -> None:
    hung_up = threading.Event()

    def talk(peer: Peer) -> None:
        always(answer())(peer)
        hung_up.set()

    with tcp_server(talk) as server:
        with Doorward(server.url, timeout=SECONDS) as client:
            assert client.check("user:a", "read", "doc:1")
            assert not hung_up.is_set()
        assert hung_up.wait(5)


def test_a_forgotten_client_closes_its_connections() -> None:
    hung_up = threading.Event()

    def talk(peer: Peer) -> None:
        always(answer())(peer)
        hung_up.set()

    with tcp_server(talk) as server:
        Doorward(server.url, timeout=SECONDS).check("user:a", "read", "doc:1")
        assert hung_up.wait(5)


def test_a_request_under_way_outlives_the_closing_of_its_transport() -> None:
    go_on = threading.Event()

    def waits(peer: Peer) -> None:
        peer.read()
        go_on.wait(5)
        peer.write(answer())
        peer.read()

    with tcp_server(waits) as server, ThreadPoolExecutor(1) as threads:
        transport = HttpTransport(server.url)
        under_way = threads.submit(transport.send, "GET", "/", [], b"", SECONDS)
        while not server.requests:
            time.sleep(0.001)
        transport.close()
        go_on.set()
        assert under_way.result().status == 200
        with pytest.raises(ClientClosed):
            transport.send("GET", "/", [], b"", SECONDS)


def test_nobody_listening_is_an_outage_that_names_the_address() -> None:
    listener, url = listening_socket()
    listener.close()
    client = Doorward(url)
    denied = client.check("user:a", "read", "doc:1")
    assert not denied.allowed
    assert denied.error is not None
    assert url in denied.error.message
    with pytest.raises(Unreachable, match=url):
        client.request("GET", "/v1/tenants")

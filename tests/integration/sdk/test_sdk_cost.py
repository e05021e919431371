"""What a check costs its host, beside the least that the standard library can do."""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import time
from typing import TYPE_CHECKING

from doorward_sdk import Doorward
from integration.sdk.sdk_servers import always, answer, tcp_server

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, CALLS = 9, 150
BODY = b'{"subject":{"type":"user","id":"a"},"action":{"name":"read"},"resource":{"type":"doc","id":"1"}}'


def cpu_seconds(call: Callable[[], object]) -> float:
    """Processor time of this thread, so that neither the server nor the machine's other work counts."""
    started = time.thread_time()
    for _ in range(CALLS):
        call()
    return time.thread_time() - started


def test_a_check_costs_no_more_than_a_bare_post_of_the_standard_library() -> None:
    with tcp_server(always(answer())) as server, Doorward(server.url, "k", timeout=10) as client:
        bare = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        bare.connect()
        bare.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Content-Type": "application/json", "Authorization": "Bearer k"}

        def post() -> bool:
            bare.request("POST", "/access/v1/evaluation", BODY, headers)
            return json.loads(bare.getresponse().read())["decision"] is True

        def check() -> bool:
            return client.check("user:a", "read", "doc:1").allowed

        assert post()
        assert check()
        ratios = [cpu_seconds(check) / cpu_seconds(post) for _ in range(ROUNDS)]
        bare.close()
    assert statistics.median(ratios) <= 1.0, ratios

"""Limits over real sockets: what was sent and lost is told apart from what reached nobody."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

from doorward_sdk import Doorward
from integration.sdk.sdk_servers import answer, tcp_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from integration.sdk.sdk_servers import Peer

TAKEN = {
    "allowed": True, "name": "max_agents", "limit": 5, "used": 1, "held": 0, "remaining": 4, "per": "total",
    "resets_at": None, "repeated": True,
}  # fmt: skip


def slow(first: int) -> Callable[[Peer], None]:
    """Answer nothing to the first requests."""
    came = 0

    def talk(peer: Peer) -> None:
        nonlocal came
        while peer.read() is not None:
            came += 1
            if came <= first:
                time.sleep(5)
                return
            peer.write(answer(TAKEN))

    return talk


def test_a_consume_that_is_not_answered_is_sent_again_in_time() -> None:
    with tcp_server(slow(1)) as server, Doorward(server.url, timeout=3.0) as client:
        started = time.monotonic()
        taken = client.consume("max_agents")
        assert time.monotonic() - started < 3.0
        assert taken.repeated
        first, second = server.requests
        assert first.body == second.body


def test_a_consume_that_is_never_answered_is_in_doubt() -> None:
    with tcp_server(slow(9)) as server, Doorward(server.url, timeout=0.2) as client:
        started = time.monotonic()
        lost = client.consume("max_agents")
        assert time.monotonic() - started < 3.0
        assert (lost.allowed, lost.in_doubt) == (False, True)
        assert lost.error is not None
        assert lost.error.retryable
        assert {json.loads(one.body)["id"] for one in server.requests} == {lost.id}


def test_what_reached_nobody_is_not_in_doubt() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # nobody listens
        with Doorward(f"127.0.0.1:{bound.getsockname()[1]}", key="k", timeout=1.0) as client:
            lost = client.consume("max_agents")
    assert (lost.allowed, lost.in_doubt) == (False, False)
    assert lost.error is not None


def test_a_sidecar_that_nobody_knows_of_is_not_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOORWARD_URL", raising=False)
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    with Doorward() as client:
        lost = client.consume("max_agents")
    assert (lost.allowed, lost.in_doubt) == (False, False)

"""Changes whose answers are lost on the way: sent again under the same key, and never as another change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doorward_sdk import Doorward, Unreachable
from integration.sdk.sdk_servers import answer, tcp_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration.sdk.sdk_servers import Peer


def losing(first: int, sent: bytes = b"") -> Callable[[Peer], None]:
    """Hang up on the first requests after `sent`, and answer those that come then."""
    lost = 0

    def talk(peer: Peer) -> None:
        nonlocal lost
        while peer.read() is not None:
            if lost < first:
                lost += 1
                peer.write(sent)
                return
            peer.write(answer({"revoked": 1}))

    return talk


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\n", answer({"revoked": 1})[:-5]], ids=["nothing", "half a head", "half a body"]
)
def test_a_change_is_sent_again_whatever_had_come_of_its_answer(sent: bytes) -> None:
    with tcp_server(losing(1, sent)) as server, Doorward(server.url, timeout=10) as client:
        assert client.sessions.revoke("t")
        first, second = server.requests
        assert (first.line, first.body) == (second.line, second.body)
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_two_changes_have_two_keys() -> None:
    with tcp_server(losing(0)) as server, Doorward(server.url, timeout=10) as client:
        client.sessions.revoke("t")
        client.sessions.revoke("t")
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 2


def test_a_sidecar_that_always_hangs_up_is_unreachable_in_the_end() -> None:
    with tcp_server(losing(99)) as server, Doorward(server.url, timeout=10) as client:
        with pytest.raises(Unreachable):
            client.sessions.revoke("t")
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
        assert len(server.requests) == 2

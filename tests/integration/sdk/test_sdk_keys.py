"""The key goes to the configured address and nowhere else."""

from __future__ import annotations

import fcntl
import json
import time
from typing import TYPE_CHECKING

import pytest

from doorward_sdk import Doorward, NotPermitted, ProblemResponse
from integration.sdk.sdk_servers import Peer, always, answer, tcp_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from integration.sdk.sdk_servers import Server


HELD: dict[Path, BinaryIO] = {}


@pytest.fixture(autouse=True)
def _release() -> Iterator[None]:
    yield
    while HELD:
        HELD.popitem()[1].close()


def write_state(folder: Path, server: Server, key: str) -> None:
    (folder / "admin.key").write_text(key + "\n")
    lock = folder / "lock"
    lock.write_text(json.dumps({"pid": 1, "address": server.url.removeprefix("http://")}))
    if lock not in HELD:  # as a running sidecar does
        HELD[lock] = lock.open("rb")
        fcntl.flock(HELD[lock], fcntl.LOCK_EX)


def takes_only(key: str) -> object:
    def talk(peer: Peer) -> None:
        while (request := peer.read()) is not None:
            good = request.headers.get("authorization") == f"Bearer {key}"
            peer.write(answer() if good else answer({"title": "Unauthorized"}, status="401 Unauthorized"))

    return talk


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed(status: str) -> None:
    with tcp_server(always(answer())) as elsewhere:
        away = answer({"decision": True}, status=status, headers=f"Location: {elsewhere.url}/\r\n")
        with tcp_server(always(away)) as server, Doorward(server.url, "secret", timeout=5) as client:
            denied = client.check("user:a", "read", "doc:1")
            assert not denied.allowed
            assert denied.error is not None
            with pytest.raises(ProblemResponse):
                client.request("GET", "/v1/tenants")
        assert elsewhere.connections == 0


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with tcp_server(always(answer())) as proxy, tcp_server(always(answer())) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        with Doorward(server.url, "secret", timeout=5) as client:
            assert client.check("user:a", "read", "doc:1")
        assert proxy.connections == 0


def test_a_configured_address_is_the_only_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    with tcp_server(always(answer())) as local, tcp_server(always(answer())) as configured:
        write_state(tmp_path, local, "admin-key")
        client = Doorward(configured.url, "secret", timeout=5)
        assert client.check("user:a", "read", "doc:1")
        configured.close()
        assert client.check("user:a", "read", "doc:1").error is not None
        assert local.connections == 0


def test_the_admin_key_is_not_sent_to_a_configured_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    monkeypatch.delenv("DOORWARD_KEY", raising=False)
    with tcp_server(always(answer())) as local, tcp_server(always(answer())) as configured:
        write_state(tmp_path, local, "admin-key")
        with Doorward(configured.url, timeout=5) as client:
            assert client.check("user:a", "read", "doc:1")
        assert "authorization" not in configured.requests[0].headers


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOORWARD_STATE", str(tmp_path))
    monkeypatch.delenv("DOORWARD_URL", raising=False)
    monkeypatch.delenv("DOORWARD_KEY", raising=False)
    return tmp_path


def test_the_sidecar_may_start_later_than_its_client(state: Path) -> None:
    client = Doorward(timeout=5)
    denied = client.check("user:a", "read", "doc:1")
    assert denied.error is not None
    assert "doorward serve" in denied.error.message
    with tcp_server(always(answer())) as server:
        write_state(state, server, "admin-key")
        assert client.check("user:a", "read", "doc:1")
        assert server.requests[0].headers["authorization"] == "Bearer admin-key"


def test_a_sidecar_that_moved_is_found_within_the_same_question(state: Path) -> None:
    client = Doorward(timeout=5)
    with tcp_server(always(answer())) as first:
        write_state(state, first, "one")
        assert client.check("user:a", "read", "doc:1")
    with tcp_server(always(answer())) as second:
        write_state(state, second, "two")
        assert client.check("user:a", "read", "doc:2")
        assert [request.headers["authorization"] for request in second.requests] == ["Bearer two"]


def test_a_changed_key_is_read_after_a_401(state: Path) -> None:
    client = Doorward(timeout=5)
    with tcp_server(takes_only("two")) as server:  # type: ignore[arg-type]
        write_state(state, server, "one")
        denied = client.check("user:a", "read", "doc:1")
        assert denied.error is not None
        assert (denied.error.status, denied.error.retryable) == (401, False)
        with pytest.raises(NotPermitted):
            client.request("GET", "/v1/tenants")
        (state / "admin.key").write_text("two")
        assert client.check("user:a", "read", "doc:1")


def test_a_sidecar_that_hangs_is_left_once_another_runs(state: Path) -> None:
    def hangs(peer: Peer) -> None:
        peer.read()
        time.sleep(5)

    client = Doorward(timeout=0.1)
    with tcp_server(hangs) as first, tcp_server(always(answer())) as second:
        write_state(state, first, "one")
        assert client.check("user:a", "read", "doc:1").error is not None
        write_state(state, second, "two")
        client.check("user:a", "read", "doc:1")
        assert client.check("user:a", "read", "doc:1")

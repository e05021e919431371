"""A real server whose SQLite database is locked by somebody else, or cannot grow: changes are refused in time."""

import contextlib
import json
import resource
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.record_servers import cheap_hash
from support.recorded_api import SECURE
from support.sidecars import Sidecar, start_sidecar

IN_TIME = 2.5
SHORT = 0.3
CHANGES = [
    ("POST", "/v1/tenants", {"name": "New", "domain": "new.com"}),
    ("PATCH", "/v1/users/ann", {"first_name": "Other"}),
    ("PUT", "/v1/users/ann/roles/admin", None),
    ("POST", "/v1/keys", {"name": "new", "scopes": ["decide"]}),
    ("POST", "/v1/sessions", {"email": "ann@acme.com", "password": SECURE}),
    ("DELETE", "/v1/users/ann", None),
]
QUESTION = {
    "subject": {"type": "user", "id": "ann"},
    "action": {"name": "view"},
    "resource": {"type": "agents", "id": "1"},
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    started = start_sidecar(tmp_path_factory.mktemp("outages") / "state")
    started.post("/v1/tenants", {"id": "acme", "name": "Acme", "domain": "acme.com"})
    names = {"username": "ann", "first_name": "Ann", "last_name": "Lee", "roles": ["viewer"]}
    user = {"id": "ann", "tenant_id": "acme", "email": "ann@acme.com", "password_hash": cheap_hash(SECURE), **names}
    assert started.post("/v1/users", user)["id"] == "ann"
    assert started.post("/access/v1/evaluation", QUESTION) == {"decision": True}
    yield started
    started.stop()


def refused_in_time(running: Sidecar, method: str, path: str, body: object) -> str:
    """Why a change was refused."""
    began = time.monotonic()
    status, headers, content = running.request(method, path, None if body is None else json.dumps(body).encode())
    assert status == 503, content
    assert time.monotonic() - began < IN_TIME
    assert int(headers["retry-after"]) >= 1
    problem = json.loads(content)
    assert problem["type"].endswith("/store-unavailable")
    detail: str = problem["detail"]
    return detail


@contextlib.contextmanager
def locked(running: Sidecar) -> Iterator[None]:
    """Somebody else writes to the file."""
    place = DatabaseAddress.in_folder(running.state).place
    with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_changes_are_refused_in_time_while_somebody_else_has_locked_the_file(running: Sidecar) -> None:
    before = running.get("/v1/users/ann")
    with locked(running):
        for method, path, body in CHANGES:
            assert "locked" in refused_in_time(running, method, path, body)
            assert running.post("/access/v1/evaluation", QUESTION) == {"decision": True}
            assert running.get("/v1/users/ann") == before
    assert running.get("/v1/users/ann") == before
    assert running.get("/v1/tenants?domain=new.com")["items"] == []


def test_a_short_lock_is_waited_for(running: Sidecar) -> None:
    with ThreadPoolExecutor(1) as threads:
        with locked(running):
            answer = threads.submit(running.request, "PUT", "/v1/users/ann/roles/user", b"")
            time.sleep(SHORT)
            assert not answer.done(), answer.result()
        assert answer.result()[0] == 204


def test_changes_are_refused_while_the_file_cannot_grow_and_nothing_is_half_there(running: Sidecar) -> None:
    before = running.get("/v1/users/ann")
    pid, (soft, hard) = running.process.pid, resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        for method, path, body in CHANGES:
            assert "cannot be used" in refused_in_time(running, method, path, body)
            assert running.post("/access/v1/evaluation", QUESTION) == {"decision": True}
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    assert running.get("/v1/users/ann") == before
    assert running.request("PATCH", "/v1/users/ann", b'{"first_name": "Other"}')[0] == 200


def test_what_was_changed_after_an_outage_is_there_though_somebody_has_looked_at_the_file(tmp_path: Path) -> None:
    begun = start_sidecar(tmp_path / "state")
    begun.post("/v1/tenants", {"id": "acme", "name": "Acme", "domain": "acme.com"})
    with locked(begun):
        refused_in_time(begun, "PATCH", "/v1/tenants/acme", {"name": "Refused"})
    for name in ("One", "Two"):
        assert begun.request("PATCH", "/v1/tenants/acme", json.dumps({"name": name}).encode())[0] == 200
        place = DatabaseAddress.in_folder(begun.state).place
        with contextlib.closing(sqlite3.connect(place)) as outside:
            assert outside.execute("SELECT name FROM tenant").fetchall() == [(name,)]
    begun.stop(signal.SIGKILL)

    again = start_sidecar(tmp_path / "state")

    assert again.get("/v1/tenants/acme")["name"] == "Two"
    again.stop()


def test_the_file_is_whole_after_all_that(running: Sidecar) -> None:
    place = DatabaseAddress.in_folder(running.state).place
    with contextlib.closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []

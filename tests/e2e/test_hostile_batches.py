"""A request that is heavy but well-formed does not hold up the others."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import pytest

from support.sidecars import Sidecar, Start, start_sidecar

CROWD = 300
ITEM: dict[str, Any] = {
    "subject": {"type": "user", "id": "a"},
    "action": {"name": "view"},
    "resource": {"type": "agents", "id": "1"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    running = start_sidecar(tmp_path_factory.mktemp("batches") / "state")
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(
            {**ITEM, "context": {f"k{n}": n for n in range(50_000)}, "evaluations": [{}] * 1000},
            400,
            id="a large context shared",
        ),
        pytest.param(
            {
                **ITEM,
                "subject": {**ITEM["subject"], "properties": {"roles": ["x"] * 100_000}},
                "evaluations": [{}] * 1000,
            },
            400,
            id="many roles shared",
        ),
        pytest.param({**ITEM, "context": {"explain": True}, "evaluations": [{}] * 1000}, 400, id="many explanations"),
        pytest.param(
            {**ITEM, "options": {"evaluations_semantic": "bogus"}}, 400, id="unknown semantic of a single one"
        ),
        pytest.param({**ITEM, "evaluations": [{}] * 1000}, 200, id="a thousand small ones"),
        pytest.param({**ITEM, "context": {"explain": True}, "evaluations": [{}] * 20}, 200, id="twenty explanations"),
    ],
)
def test_heavy_batch(server: Sidecar, body: dict[str, Any], status: int) -> None:
    started = time.perf_counter()
    answered, _, said = server.request("POST", "/access/v1/evaluations", json.dumps(body).encode())
    assert answered == status, said[:300]
    assert time.perf_counter() - started < 5


def test_probes_answer_while_the_pool_is_busy(sidecar: Start) -> None:
    running = sidecar()
    stop = threading.Event()

    def reload() -> None:
        while not stop.is_set():
            running.request("POST", "/v1/policy/reload")

    threads = [threading.Thread(target=reload) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        slowest = 0.0
        for _ in range(20):
            started = time.perf_counter()
            assert running.request("GET", "/livez")[0] == 200
            assert running.request("GET", "/readyz")[0] == 200
            slowest = max(slowest, time.perf_counter() - started)
        assert slowest < 1
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_crowd_that_waits_takes_nobody_elses_place(sidecar: Start) -> None:
    running = sidecar()
    asked = json.dumps(ITEM).encode()
    keyed = {"Authorization": f"Bearer {running.key}", "Content-Type": "application/json"}
    waiting = {**keyed, "Doorward-Min-Revision": f"git:{'0' * 40}"}  # a commit that never comes
    with ExitStack() as opened:
        for _ in range(CROWD):
            connection = opened.enter_context(closing(running.connection()))
            connection.request("POST", "/access/v1/evaluation", body=asked, headers=waiting)
        until = time.monotonic() + 5
        with suppress(TimeoutError):  # it found a place in the line itself
            while running.request("POST", "/access/v1/evaluation", asked, waiting)[0] == 200:
                assert time.monotonic() < until, "the crowd does not wait"
        started = time.perf_counter()
        login = b'{"email": "a@b.com", "password": "x"}'

        assert running.request("GET", "/metrics")[0] == 200
        assert running.request("POST", "/v1/sessions", login)[0] == 403
        assert running.request("POST", "/access/v1/evaluation", asked)[0] == 200
        assert time.perf_counter() - started < 7.5  # the line moves by 32 places in 2 seconds

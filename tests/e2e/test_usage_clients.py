"""OpenMeter's own client and CNCF's CloudEvents library send usage to a running sidecar; thresholds leave it signed."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cloudevents.conversion import to_binary, to_json, to_structured
from cloudevents.http import CloudEvent
from corehttp.exceptions import HttpResponseError
from openmeter import Client
from openmeter.models import Event

from doorward_sdk import Doorward, NotFound
from doorward_sdk.enterprise.usage import UsageTracker
from support.sidecars import Sidecar, start_sidecar

SECRET = "whsec_" + "c2VjcmV0IG9mIHR3ZW50eS1mb3VyIGJ5dGVz"


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where thresholds are told."""
    heard: list[dict[str, Any]] = []

    class Hears(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the server calls it
            pass

    with HTTPServer(("127.0.0.1", 0), Hears) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", heard
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def sidecar(tmp_path_factory: pytest.TempPathFactory, told: tuple[str, Any]) -> Iterator[Sidecar]:
    folder: Path = tmp_path_factory.mktemp("usage")
    (folder / "secret").write_text(SECRET)
    environment = {
        "DOORWARD_USAGE_WEBHOOK_URL": told[0],
        "DOORWARD_USAGE_WEBHOOK_SECRET_FILE": str(folder / "secret"),
    }
    running = start_sidecar(folder / "state", environment=environment)
    for name in ("acme", "zeta"):
        running.post("/v1/tenants", {"id": name, "name": name, "domain": f"{name}.com"})
    yield running
    running.stop()


def total(sidecar: Sidecar, tenant: str, meter: str = "api_calls") -> int:
    found = sidecar.get(f"/v1/usage/{meter}?tenant={tenant}")["total"]
    assert isinstance(found, int)
    return found


def test_openmeters_client_sends_events(sidecar: Sidecar, told: tuple[str, list[dict[str, Any]]]) -> None:
    def event(number: int, **more: Any) -> Event:
        now = datetime.now(UTC)
        fields = {"specversion": "1.0", "source": "openmeter", "subject": "acme", "time": now, **more}
        return Event(id=str(number), type="api_calls", data={"value": number}, **fields)

    with Client(endpoint=f"http://{sidecar.address}", token=sidecar.key) as client:
        client.events.ingest_event(event(400))
        client.events.ingest_events([event(300), event(101)])
        with pytest.raises(HttpResponseError) as refused:
            client.events.ingest_event(event(1, subject="nobody"))

    assert refused.value.status_code == 404
    assert total(sidecar, "acme") == 801
    waited = threading.Event()
    for _ in range(100):
        if told[1] or waited.wait(0.1):
            break
    assert [(one["type"], one["data"]["percent"], one["data"]["used"]) for one in told[1]] == [
        ("usage.threshold", 80, 801)
    ]


def test_the_cloudevents_library_makes_all_three_forms(sidecar: Sidecar) -> None:
    now = datetime.now(UTC).isoformat()

    def event(number: int) -> CloudEvent:
        attributes = {
            "time": now,
            "type": "api_calls",
            "source": "https://app.example/jobs",
            "subject": "zeta",
            "id": str(number),
        }
        return CloudEvent({**attributes, "datacontenttype": "application/json"}, {"value": number})

    answers = []
    for headers, body in (to_structured(event(1)), to_binary(event(2)), to_binary(event(1))):
        answers.append(post(sidecar, headers, body))
    batch = b"[" + b",".join(to_json(event(number)) for number in (1, 2, 3)) + b"]"
    answers.append(post(sidecar, {"content-type": "application/cloudevents-batch+json"}, batch))

    assert [(one["accepted"], one["repeated"]) for one in answers] == [(1, 0), (1, 0), (0, 1), (1, 2)]
    assert total(sidecar, "zeta") == 6


def test_the_requirements_own_example_tracks_usage(sidecar: Sidecar) -> None:
    with Doorward(sidecar.url, sidecar.key) as client:
        tracker = UsageTracker(client)
        before = datetime.now(UTC)
        tracker.record_usage("zeta", "agent_executions", 5)
        tracker.record_usage("zeta", "agent_executions")
        after = datetime.now(UTC)

        assert tracker.get_usage("zeta", "agent_executions", before, after + timedelta(seconds=1)) == 6
        assert tracker.get_usage("zeta", "agent_executions", before - timedelta(days=1), before) == 0
        assert tracker.get_current_month_usage("zeta", "agent_executions") == 6
        assert {one.name: one.used for one in client.usage.list(tenant="zeta")}["agent_executions"] == 6
        with pytest.raises(NotFound):
            tracker.record_usage("zeta", "nothing")


def post(sidecar: Sidecar, headers: Any, body: bytes) -> Any:
    sent = {"Authorization": f"Bearer {sidecar.key}", **headers}
    status, _, answer = sidecar.request("POST", "/v1/usage/events", body, sent)
    assert status == 202, answer
    return json.loads(answer)

"""Usage events for tests."""

import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any

from support.recorded_api import Answer, Api
from support.trees import ROOT

NUMBERS = itertools.count()
MANY_METERS = b"""
currency: USD
meters:
  api_calls: {unit: call, aggregation: sum, per: hour}
  logins: {aggregation: count}
  peak: {aggregation: max}
  storage_used: {unit: MB, aggregation: latest, per: total}
  visitors: {aggregation: unique}
"""


def event(meter: str = "api_calls", value: Any = None, **more: Any) -> dict[str, Any]:
    """A CloudEvent; `data` beside the value by name."""
    data = {name: more.pop(name) for name in ("corrects",) if name in more}
    if value is not None:
        data["value"] = value
    made = {"specversion": "1.0", "id": f"e{next(NUMBERS)}", "source": "app", "type": meter, "subject": "acme"}
    return {name: one for name, one in ({**made, "data": data} | more).items() if one is not ...}


def ago(seconds: float) -> str:
    """A time so many seconds ago."""
    return datetime.fromtimestamp(time.time() - seconds, UTC).isoformat()


def send(api: Api, *events: Any, path: str = "/v1/usage/events", batch: bool | None = None) -> Answer:
    """One event structured, several as a batch."""
    is_batch = len(events) != 1 if batch is None else batch
    kind = "application/cloudevents-batch+json" if is_batch else "application/cloudevents+json"
    body = json.dumps(list(events) if is_batch else events[0]).encode()
    return posted(api, path, body, [("Content-Type", kind)])


def posted(api: Api, path: str, body: bytes, headers: list[tuple[str, str]]) -> Answer:
    sent = [("Authorization", f"Bearer {api.key}"), *headers]
    status, answered, content = api.application.door.handle("POST", path, sent, body)
    return Answer(status, {name.lower(): value for name, value in answered}, content)


def metered_tree() -> dict[str, bytes]:
    """The default policy with meters of every kind."""
    tree = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in ("models", "policies")
        for path in (ROOT / folder).iterdir()
        if path.is_file()
    }
    tree["policies/catalog.yaml"] = MANY_METERS
    return tree


def used(api: Api, name: str = "api_calls", tenant: str = "acme") -> int:
    """What counts against a limit."""
    answer = api("POST", "/v1/limits/check", {"tenant": tenant, "limit": name})
    assert answer.status == 200, answer.content
    found: int = answer.body["used"]
    return found

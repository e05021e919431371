"""Flask and the front door answer alike: status, headers and body, for every case of the suite."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from doorward.bootstrap import folder_application, make_authenticator
from doorward.bootstrap.recorded import RecordedState
from doorward.services.facts import Facts
from doorward.services.facts.following import WAIT_SECONDS
from doorward.web.serving.inline import PATIENT_THREADS
from support import recorded_sidecar
from support.authzen import TREE, load_cases
from support.flag_trees import FLAGS
from support.recorded import RecordedFacts, recorded_state
from support.recorded_api import applications
from support.recorded_sidecar import KEY, SLOW_SECONDS, recorded_application
from support.sidecars import Sidecar, start_sidecar
from support.trees import ROOT, write_tree

VECTORS = ROOT.parent / "shared" / "vectors" / "authzen-certification.json"
_TIME = re.compile(rb'"\d{4}-\d\d-\d\dT[\d:.]+Z"')
_SECONDS_LEFT = re.compile(";t=[0-9]+")
CARRIER_HEADERS = {"date", "server", "connection", "content-length"}
QUESTION = json.dumps(
    {
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "read"},
        "resource": {"type": "record", "id": "record-1"},
    }
)


@dataclass
class Pair:
    """The same policy and key behind both."""

    door: Sidecar
    flask: FlaskClient

    def ask(self, subject: str, **members: Any) -> int:
        """A question about a subject, asked of both."""
        asked = {**json.loads(QUESTION), "subject": {"type": "user", "id": subject}, **members}
        headers = {"Authorization": f"Bearer {self.door.key}", "Content-Type": "application/json"}
        return self.compare("POST", EVALUATION, headers, json.dumps(asked).encode())

    def compare_posts(self, path: str, body: object, *, is_whole: bool = False) -> int:
        """Something posted to both, for a tenant unless it is whole. Times may differ: each was asked at its own."""
        headers = {"Authorization": f"Bearer {self.door.key}", "Content-Type": "application/json"}
        if isinstance(body, dict) and not is_whole:
            body = {"tenant": "acme", **body}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, door_headers, door_body = self.door.request("POST", path, content, headers)
        answer = self.flask.open(path, method="POST", headers=headers, data=content)
        flask_headers = {name.lower(): value for name, value in answer.headers}
        assert status == answer.status_code
        assert _without_times(_kept(door_headers)) == _without_times(_kept(flask_headers))
        assert _TIME.sub(b"", door_body) == _TIME.sub(b"", answer.data)
        return status

    def compare(self, method: str, target: str, headers: dict[str, str], body: bytes) -> int:
        status, door_headers, door_body = self.door.request(method, target, body, headers)
        answer = self.flask.open(target, method=method, headers=headers, data=body)
        flask_headers = {name.lower(): value for name, value in answer.headers}
        assert status == answer.status_code
        assert _kept(door_headers) == _kept(flask_headers)
        assert door_body == answer.data
        return status


def _without_times(headers: dict[str, str]) -> dict[str, str]:
    return {
        name: _SECONDS_LEFT.sub("", value) for name, value in headers.items() if name not in {"retry-after", "etag"}
    }


def _kept(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in CARRIER_HEADERS}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder: Path = tmp_path_factory.mktemp("pair")
    policy = write_tree(folder / "policy", {**TREE, "policies/flags.yaml": FLAGS})
    base = ("--public-base-url", "https://pdp.example")
    door = start_sidecar(folder / "state", "--policy", str(policy), *base)
    application = folder_application(
        policy,
        make_authenticator(door.key, no_auth=False),
        public_base_url="https://pdp.example",
        recorded=_with_nothing_but(door),
    )
    yield Pair(door, application.flask.test_client())
    assert door.stop() == 0


def _with_nothing_but(door: Sidecar) -> RecordedState:
    """Facts of the same version, for the sidecar has recorded its first key."""
    source = RecordedFacts()
    version = door.get("/readyz")["facts"]
    assert isinstance(version, int)
    source.committed = version
    return recorded_state(Facts(source, time.time))


def certification_cases() -> list[Any]:
    paths = [ROOT / "tests" / "cases" / "access.json", *([VECTORS] if VECTORS.exists() else [])]
    return [pytest.param(case, id=case["name"]) for path in paths for case in load_cases(path)]


@pytest.mark.xdist_group("pair")
@pytest.mark.parametrize("case", certification_cases())
def test_case_is_answered_alike(case: dict[str, Any], pair: Pair) -> None:
    headers = {"Content-Type": case["content_type"]}
    if case["authentication"] != "none":
        key = pair.door.key if case["authentication"] == "valid" else "wrong"
        headers["Authorization"] = f"Bearer {key}"
    if case["send_request_id"]:
        headers["X-Request-ID"] = "request-42"
    pair.compare(case["method"], case["endpoint"], headers, case["body"].encode())


EVALUATION = "/access/v1/evaluation"
FLAGS_PATH = "/ofrep/v1/evaluate/flags"
ENFORCE = "/v1/enforce"
GUARD = "/v1/guard"
WEBHOOK = "/v1/policy/webhook"
AUTHORIZED = {"Authorization": "KEY", "Content-Type": "application/json"}
NEW_RULE = b'{"name": "a", "resource": "b", "action": "c", "conditions": {"min_role": "user"}}'
OTHERS = [
    pytest.param("GET", "/livez", {}, b"", 200, id="livez"),
    pytest.param("GET", "/readyz", {}, b"", 200, id="readyz"),
    pytest.param("HEAD", "/readyz", {}, b"", 200, id="HEAD"),
    pytest.param("GET", "/.well-known/authzen-configuration", {}, b"", 200, id="metadata"),
    pytest.param("GET", "/openapi.json", {"X-Request-ID": "a"}, b"", 200, id="openapi with a request id"),
    pytest.param("GET", "/v1/policy", {}, b"", 401, id="policy without a key"),
    pytest.param("GET", "/nowhere", {"X-Request-ID": "a"}, b"", 404, id="unknown path"),
    pytest.param("GET", "/access/v1/evaluation/", {}, b"", 404, id="trailing slash"),
    pytest.param("POST", "/access//v1/evaluation", {}, b"{}", 404, id="double slash"),
    pytest.param("DELETE", EVALUATION, {"X-Request-ID": "a"}, b"", 405, id="wrong method"),
    pytest.param("OPTIONS", EVALUATION, {}, b"", 405, id="OPTIONS"),
    pytest.param("POST", EVALUATION + "?x=1", {"Authorization": "KEY", "Content-Type": "application/json"},
                 QUESTION.encode(), 200, id="a query string"),
    pytest.param("POST", "/access/v1/%65valuation", {"Authorization": "KEY", "Content-Type": "application/json"},
                 QUESTION.encode(), 200, id="a percent-encoded path"),
    pytest.param("POST", EVALUATION, {"X-API-Key": "KEY", "Content-Type": "application/json"},
                 QUESTION.encode(), 200, id="X-API-Key"),
    pytest.param("POST", EVALUATION, {"Authorization": "KEY", "X-API-Key": "other", "Content-Type": "application/json"},
                 QUESTION.encode(), 401, id="a good and a bad key"),
    pytest.param("POST", EVALUATION, {"Authorization": "Basic abc", "Content-Type": "application/json"},
                 QUESTION.encode(), 401, id="another scheme"),
    pytest.param("POST", EVALUATION, {"Authorization": "KEY"}, QUESTION.encode(), 400, id="no content type"),
    pytest.param("POST", EVALUATION, {"Authorization": "KEY", "Content-Type": "application/json"},
                 b" " * ((1 << 20) + 1), 413, id="a body over 1 MiB"),
    pytest.param("POST", EVALUATION, {"Authorization": "KEY", "Content-Type": "application/json", "X-Request-ID": "x" * 129},
                 QUESTION.encode(), 200, id="a request id too long to echo"),
    pytest.param("POST", EVALUATION, {"Authorization": "KEY", "Content-Type": "application/json", "X-Request-ID": "é"},
                 QUESTION.encode(), 200, id="a request id outside ASCII"),
    pytest.param("POST", ENFORCE, AUTHORIZED, b'{"request": ["user:alice", "-", "record:1", "read"]}', 200, id="enforce"),
    pytest.param("POST", ENFORCE, AUTHORIZED, b'{"request": ["user:alice", "-", "record:1", "read", {"a": [1]}], "sections": null}',
                 200, id="enforce with a context"),
    pytest.param("POST", ENFORCE + "?x=1", AUTHORIZED, b'{"request": ["user:alice", "-", "record:1", "drop"]}', 200, id="enforce and a query string"),
    pytest.param("POST", ENFORCE, AUTHORIZED, b'{"request": ["user:alice", "-", "record:1", "read", {"a": "%b"}]}' % (b"x" * 20_000),
                 200, id="enforce with a large context"),
    pytest.param("POST", ENFORCE, AUTHORIZED, b'{"request": ["user:alice"]}', 400, id="enforce with too few values"),
    pytest.param("POST", ENFORCE, AUTHORIZED, b'{"request": ["user:alice", "-", "record:1", NaN]}', 400, id="enforce NaN"),
    pytest.param("POST", ENFORCE, AUTHORIZED, b'{"request": ["user:alice", "-", "record:1", "read"], "sections": "2"}', 400, id="enforce unknown sections"),
    pytest.param("POST", ENFORCE, {"Authorization": "KEY"}, b'{"request": []}', 400, id="enforce without a content type"),
    pytest.param("POST", ENFORCE, {"Content-Type": "application/json", "X-Request-ID": "a"}, b"{}", 401, id="enforce without a key"),
    pytest.param("POST", WEBHOOK, {"X-Hub-Signature-256": "sha256=00", "X-Request-ID": "a"}, b"{}", 403, id="a webhook that is not set up"),
    pytest.param("POST", WEBHOOK, AUTHORIZED, b"{}", 403, id="a webhook with a key"),
    pytest.param("POST", WEBHOOK, {}, b" " * ((1 << 20) + 1), 413, id="a webhook with a body over 1 MiB"),
    pytest.param("GET", WEBHOOK, {}, b"", 405, id="GET webhook"),
    pytest.param("GET", ENFORCE, AUTHORIZED, b"", 405, id="GET enforce"),
    pytest.param("GET", "/v1/rules?limit=2", AUTHORIZED, b"", 200, id="rules"),
    pytest.param("GET", "/v1/rules?limit=0", AUTHORIZED, b"", 400, id="rules with a wrong limit"),
    pytest.param("GET", "/v1/rules?sort=name", AUTHORIZED, b"", 400, id="rules with an unknown parameter"),
    pytest.param("GET", "/v1/rules/no%2Fname", AUTHORIZED, b"", 404, id="a rule with a slash in its name"),
    pytest.param("GET", "/v1/rules/n%C3%B6", AUTHORIZED, b"", 404, id="a rule that is not there"),
    pytest.param("GET", "/v1/rules/%ff", AUTHORIZED, b"", 404, id="a rule that is no text"),
    pytest.param("GET", "/v1/rules/", AUTHORIZED, b"", 404, id="a rule without a name"),
    pytest.param("POST", "/v1/rules/x", AUTHORIZED, b"{}", 405, id="POST to a rule"),
    pytest.param("GET", "/v1/roles", AUTHORIZED, b"", 200, id="roles"),
    pytest.param("GET", "/v1/roles", {}, b"", 401, id="roles without a key"),
    pytest.param("GET", "/v1/roles/nobody", AUTHORIZED, b"", 404, id="a role that is not there"),
    pytest.param("GET", "/v1/policy/revisions", AUTHORIZED, b"", 200, id="revisions"),
    pytest.param("GET", "/v1/policy/proposals", AUTHORIZED, b"", 200, id="proposals"),
    pytest.param("POST", "/v1/rules", AUTHORIZED, b'{"name": "a b"}', 400, id="a rule that lacks members"),
    pytest.param("POST", "/v1/rules", AUTHORIZED, NEW_RULE, 409, id="a rule for a folder that is no work tree"),
    pytest.param("POST", "/v1/roles", AUTHORIZED, b'{"name": "x", "permissions": []}', 409, id="a role for such a folder"),
    pytest.param("DELETE", "/v1/rules/x", AUTHORIZED, b"", 409, id="a deletion in such a folder"),
    pytest.param("POST", EVALUATION, {**AUTHORIZED, "Doorward-Min-Revision": "git:1"}, QUESTION.encode(), 400, id="no revision"),
    pytest.param("POST", ENFORCE, AUTHORIZED, b" " * ((1 << 20) + 1), 413, id="enforce with a body over 1 MiB"),
    pytest.param("POST", GUARD, AUTHORIZED, b'{"access": %b, "flags": ["beta", "no"]}' % QUESTION.encode(), 200, id="guard"),
    pytest.param("POST", GUARD, AUTHORIZED, b"{}", 400, id="guard without a question"),
    *(
        pytest.param("POST", FLAGS_PATH + path, AUTHORIZED, body, status, id=name)
        for path, body, status, name in (
            ("", b"{}", 200, "flags"),
            ("", b'{"context": {"tester": true, "targetingKey": "alice", "n": [1.5, null]}}', 200, "flags for somebody"),
            ("?x=1", b"{}", 200, "flags and a query string"),
            ("", b'{"context": {"a": "%b"}}' % (b"x" * 20_000), 200, "flags with a large context"),
            ("", b"", 400, "flags without a body"),
            ("", b" " * ((1 << 20) + 1), 413, "flags with a body over 1 MiB"),
            ("/", b"{}", 404, "a flag without a key"),
            ("/beta", b'{"context": {"tester": true}}', 200, "a flag"),
            ("/beta", b'{"context": {"a": "%b"}}' % (b"x" * 20_000), 200, "a flag with a large context"),
            ("/beta?x=1", b"{}", 200, "a flag and a query string"),
            ("/web/search%20engine", b"{}", 200, "a flag with a raw slash"),
            ("/web%2Fsearch%20engine", b"{}", 200, "a flag with an encoded slash"),
            ("/%2Fends%2F", b"{}", 200, "a flag with encoded slashes at its ends"),
            ("//ends/", b"{}", 200, "a flag with raw slashes at its ends"),
            ("/gr%C3%B6%C3%9Fe%20%2F%20%E6%A9%9F%E8%83%BD", b"{}", 200, "a flag of any script"),
            ("/%62eta", b"{}", 200, "a flag that is encoded more than needed"),
            ("/nobody", b"{}", 404, "an unknown flag"),
            ("/a%0Ab", b"{}", 404, "a flag of two lines"),
            ("/a%00b", b"{}", 400, "a flag with NUL"),
            ("/%ff", b"{}", 404, "a flag that is no text"),
            ("/by_user", b"{}", 400, "a flag that needs a user"),
            ("/beta", b"{", 400, "a flag and no JSON"),
            ("/beta", b'{"context": 7}', 400, "a flag and no context"),
            ("/beta", b'{"context": {"tenant": "ghost"}}', 400, "a flag for an unknown tenant"),
            ("/beta", b" " * ((1 << 20) + 1), 413, "a flag with a body over 1 MiB"),
        )
    ),
    pytest.param("POST", FLAGS_PATH, {**AUTHORIZED, "If-None-Match": "*"}, b"{}", 304, id="flags that are there"),
    pytest.param("POST", FLAGS_PATH, {"Content-Type": "application/json"}, b"{}", 401, id="flags without a key"),
    pytest.param("POST", FLAGS_PATH + "/beta", {"Content-Type": "text/plain", "Authorization": "KEY"}, b"{}", 400, id="a flag and another content type"),
    pytest.param("POST", FLAGS_PATH + "/beta", {**AUTHORIZED, "X-Request-ID": "a"}, b"{}", 200, id="a flag with a request id"),
    pytest.param("POST", FLAGS_PATH + "/beta", {**AUTHORIZED, "Doorward-Min-Facts": "x"}, b"{}", 400, id="a flag and no version of the facts"),
    pytest.param("GET", FLAGS_PATH + "/beta", AUTHORIZED, b"", 405, id="GET a flag"),
    pytest.param("OPTIONS", FLAGS_PATH, {"Origin": "https://a.b"}, b"", 405, id="OPTIONS flags"),
    pytest.param("GET", "/v1/flags?limit=0", AUTHORIZED, b"", 400, id="declared flags with a wrong limit"),
    pytest.param("GET", "/v1/flags/page_size", AUTHORIZED, b"", 200, id="a declared flag"),
    pytest.param("GET", "/v1/flags/%2Fends", AUTHORIZED, b"", 404, id="a declared flag that is not there"),
]  # fmt: skip


@pytest.mark.xdist_group("pair")
@pytest.mark.parametrize(("method", "target", "headers", "body", "status"), OTHERS)
def test_request_is_answered_alike(  # noqa: PLR0913, PLR0917 - the parts of a request
    pair: Pair, method: str, target: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    key = {name: value.replace("KEY", f"Bearer {pair.door.key}") for name, value in headers.items()}
    if "X-API-Key" in key:
        key["X-API-Key"] = key["X-API-Key"].removeprefix("Bearer ")
    assert pair.compare(method, target, key, body) == status


AS_NEW_AS = [
    pytest.param(EVALUATION, "SERVED", None, 200, id="the served revision"),
    pytest.param(EVALUATION, None, "FACTS", 200, id="the facts that are here"),
    pytest.param(EVALUATION, "SERVED", "0", 200, id="the revision, and older facts"),
    pytest.param(EVALUATION, "SERVED", "-1", 400, id="the revision, and no version of the facts"),
    pytest.param(EVALUATION, "git:1", "FACTS", 400, id="no revision, and the facts"),
    pytest.param(EVALUATION, None, "", 400, id="an empty version"),
    pytest.param(EVALUATION, None, "\xb2", 400, id="a superscript digit"),
    pytest.param(EVALUATION, "dir:0000000000000000", None, 503, id="a revision that does not come"),
    pytest.param(EVALUATION, "SERVED", "999999", 503, id="facts that do not come"),
    pytest.param("/access/v1/evaluations", "SERVED", "FACTS", 200, id="evaluations as new as what is here"),
    pytest.param(ENFORCE, "SERVED", "FACTS", 400, id="enforce as new as what is here"),
]


@pytest.mark.xdist_group("pair")
@pytest.mark.parametrize(("target", "revision", "facts", "status"), AS_NEW_AS)
def test_what_has_to_be_as_new_as_something_is_answered_alike(
    pair: Pair, target: str, revision: str | None, facts: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {pair.door.key}", "Content-Type": "application/json"}
    _, served, _ = pair.door.request("POST", EVALUATION, QUESTION.encode(), headers)
    if revision is not None:
        headers["Doorward-Min-Revision"] = revision.replace("SERVED", served["doorward-revision"])
    if facts is not None:
        headers["Doorward-Min-Facts"] = facts.replace("FACTS", served["doorward-facts"])
    assert pair.compare("POST", target, headers, QUESTION.encode()) == status


@pytest.mark.xdist_group("pair")
def test_who_asks_for_what_is_here_stands_behind_nobody_who_waits(pair: Pair) -> None:
    waiting = [threading.Thread(target=_ask_for_facts, args=(pair.door, "999999")) for _ in range(PATIENT_THREADS)]
    for one in waiting:
        one.start()
    time.sleep(0.2)
    started = time.monotonic()
    assert _ask_for_facts(pair.door, "0") == 200
    took = time.monotonic() - started
    for one in waiting:
        one.join()
    assert took < WAIT_SECONDS / 2


def _ask_for_facts(door: Sidecar, version: str) -> int:
    headers = {"Authorization": f"Bearer {door.key}", "Content-Type": "application/json", "Doorward-Min-Facts": version}
    return door.request("POST", EVALUATION, QUESTION.encode(), headers)[0]


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Pair]:
    """The same policy over the same records behind both."""
    policy = write_tree(tmp_path / "policy", TREE)
    process = subprocess.Popen(
        [sys.executable, recorded_sidecar.__file__, str(policy)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
    )
    assert process.stdout is not None
    door = Sidecar(process, process.stdout.readline().strip(), tmp_path, tmp_path / "log", KEY)
    try:
        yield Pair(door, recorded_application(policy).flask.test_client())
    finally:
        ended = door.stop()
    assert ended == 0


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The default policy, each with a database of its own and a tenant in it."""
    folder = tmp_path_factory.mktemp("counting")
    door = start_sidecar(folder / "state", "--policy", str(ROOT))
    with applications(folder, door.key) as make:
        found = Pair(door, make().application.flask.test_client())
        assert (
            found.compare_posts("/v1/tenants", {"id": "acme", "name": "Acme", "domain": "acme.com"}, is_whole=True)
            == 201
        )
        yield found
    assert door.stop() == 0


CONSUME, RESERVE = "/v1/limits/consume", "/v1/limits/reservations"
COUNTED = [
    ("/v1/limits/check", {"limit": "max_agents"}, 200),
    ("/v1/limits/check", {"limit": "max_agents", "current": 5}, 200),
    ("/v1/limits/check", {"limit": "nobody"}, 404),
    (CONSUME, {"limit": "max_agents", "amount": 3, "id": "a"}, 200),
    (CONSUME, {"limit": "max_agents", "amount": 3, "id": "a"}, 200),
    (CONSUME, {"limit": "max_agents", "amount": 4, "id": "a"}, 409),
    (CONSUME, {"limit": "max_agents", "amount": 3, "id": "b"}, 200),
    (CONSUME, {"limit": "api_calls", "amount": 1001, "id": "b"}, 200),
    (CONSUME, {"items": [{"limit": "max_agents"}, {"limit": "api_calls", "amount": 9}], "id": "c"}, 200),
    (CONSUME, {"limit": "max_agents", "amount": 0, "id": "d"}, 400),
    (CONSUME, {"limit": "max_agents", "tenant": "ghost"}, 404),
    (CONSUME, b"{", 400),
    (CONSUME, b'{"limit": "max_agents", "limit": "api_calls", "tenant": "acme"}', 400),
    (CONSUME, {"limit": "x" * 20_000}, 404),
    (CONSUME, b" " * ((1 << 20) + 1), 413),
    (RESERVE, {"limit": "max_workflows", "amount": 3, "id": "r", "expires_in": 600}, 200),
    (RESERVE, {"limit": "max_workflows", "amount": 3, "id": "r", "expires_in": 600}, 200),
    (RESERVE, {"limit": "max_workflows", "amount": 8, "id": "s", "expires_in": 600}, 200),
    (RESERVE + "/r/commit", {"amount": 2}, 200),
    (RESERVE + "/r/commit", {"amount": 2}, 409),
    (RESERVE + "/r/release", {}, 409),
    (RESERVE + "/gr%C3%B6%2Fe/release", {}, 404),
    (RESERVE + "/r/nothing", {}, 404),
    ("/v1/limits/return", {"id": "a"}, 200),
    ("/v1/limits/return", {"id": "a"}, 409),
    ("/v1/limits/return", {"id": "nobody"}, 404),
]


@pytest.mark.xdist_group("pair")
def test_what_is_counted_is_answered_alike(counting: Pair) -> None:
    for path, body, status in COUNTED:
        assert counting.compare_posts(path, body) == status, (path, body)


EVENT = {"specversion": "1.0", "id": "e", "source": "app", "type": "api_calls", "subject": "acme"}
EVENTS = "/v1/usage/events"
BATCH = "application/cloudevents-batch+json"
REPORTED: list[tuple[str, str, Any, int]] = [
    (EVENTS, "application/json", EVENT, 202),
    (EVENTS, "application/cloudevents+json", EVENT, 202),
    (EVENTS, BATCH, [EVENT, EVENT | {"id": "f"}], 202),
    (EVENTS, BATCH, [EVENT | {"id": str(number)} for number in range(300)], 202),
    (EVENTS, BATCH, [EVENT | {"id": "g"}, EVENT | {"data": {"value": 7}}], 409),
    (EVENTS, BATCH, [EVENT | {"type": "nothing"}, EVENT | {"subject": "ghost"}, EVENT | {"id": ""}], 400),
    (EVENTS, "text/plain", EVENT, 400),
    ("/api/v1/events", "application/cloudevents+json", EVENT | {"id": "h"}, 204),
    ("/api/v1/events", "application/cloudevents+json", EVENT | {"type": "nothing"}, 404),
]


@pytest.mark.xdist_group("pair")
def test_what_is_reported_is_answered_alike(counting: Pair) -> None:
    for path, kind, body, status in REPORTED:
        headers = {"Authorization": f"Bearer {counting.door.key}", "Content-Type": kind}
        assert counting.compare("POST", path, headers, json.dumps(body).encode()) == status, (path, kind)
    binary = {f"ce-{name}": value for name, value in (EVENT | {"id": "gr%C3%B6%C3%9Fe"}).items()}
    headers = {"Authorization": f"Bearer {counting.door.key}", "Content-Type": "application/json", **binary}
    assert counting.compare("POST", EVENTS, headers, b'{"value": 4}') == 202


NAMED = [
    pytest.param("alice", {}, id="a recorded user"),
    pytest.param("gone", {}, id="a deleted one"),
    pytest.param("bob", {}, id="one who is not recorded"),
    pytest.param("alice", {"context": {"tenant": "acme"}}, id="in its tenant"),
    pytest.param("alice", {"context": {"tenant": "closed"}}, id="in a suspended tenant"),
    pytest.param("bob", {"context": {"tenant": "ghost"}}, id="in an unknown tenant"),
    pytest.param("bob", {"context": {"domain": "ACME.com"}}, id="in the tenant of a domain"),
    pytest.param("bob", {"context": {"domain": "ghost.com"}}, id="in the tenant of nobody's domain"),
    pytest.param("alice", {"context": {"explain": True}}, id="explained"),
]


@pytest.mark.parametrize(("subject", "members"), NAMED)
def test_what_is_recorded_is_answered_alike_after_a_miss_and_from_memory(
    recorded: Pair, subject: str, members: dict[str, Any]
) -> None:
    for _ in range(3):
        assert recorded.ask(subject, **members) == 200


def test_whoever_misses_is_waited_for_by_nobody_else(recorded: Pair) -> None:
    recorded.ask("alice")
    waiting = threading.Thread(target=recorded.door.post, args=(EVALUATION, _asked_by("slow")))
    waiting.start()
    time.sleep(SLOW_SECONDS / 5)
    started = time.monotonic()
    for _ in range(20):
        assert recorded.door.post(EVALUATION, _asked_by("alice"))["decision"] is True
    took = time.monotonic() - started
    assert waiting.is_alive()
    waiting.join()
    assert took < SLOW_SECONDS / 2


def _asked_by(subject: str) -> dict[str, Any]:
    return {**json.loads(QUESTION), "subject": {"type": "user", "id": subject}}

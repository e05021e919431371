"""Recorded users and tenants through the front door: from memory, after a miss, and while the store is away."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from doorward.bootstrap import Application, build_application
from doorward.domain.callers import Scope
from doorward.domain.facts import FactsMissing
from doorward.domain.users import UserStatus
from doorward.services.authentication import Authenticator, key_hash
from doorward.services.facts import Facts
from doorward.web.http import Headers, Request, Response
from support.fake_policy import FakePolicy, FakeSource
from support.recorded import RecordedFacts, api_key, recorded_state, revoked

EVALUATION, EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"


def question(user: str = "ann", tenant: str | None = None) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "subject": {"type": "user", "id": user},
        "action": {"name": "read"},
        "resource": {"type": "doc", "id": "1"},
    }
    return asked if tenant is None else {**asked, "context": {"tenant": tenant}}


@dataclass
class Sidecar:
    """An application over records, without a server."""

    source: RecordedFacts = field(default_factory=RecordedFacts)
    policy: FakePolicy = field(default_factory=lambda: FakePolicy({}))
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.source.record_tenant("acme")
        self.source.record_user("ann", "acme")
        self.source.record_user("gone", "acme", status=UserStatus.DELETED)
        self.source.record_key(api_key("ci", key_hash("key"), scopes=tuple(Scope)))
        self.facts = Facts(self.source, lambda: self.now, sleep=lambda _seconds: None)
        self.application: Application = build_application(
            FakeSource(self.policy), Authenticator({}), recorded=recorded_state(self.facts)
        )
        self.application.start()

    def handle(self, path: str, body: object, key: str = "key", **headers: str) -> Response:
        sent: Headers = [("content-type", "application/json"), ("authorization", f"Bearer {key}")]
        sent += [(name.replace("_", "-"), value) for name, value in headers.items()]
        return Response(*self.application.door.handle("POST", path, sent, json.dumps(body).encode()))

    def decisions(self) -> str:
        text = self.application.door.handle("GET", "/metrics", [], b"")[2].decode()
        return " ".join(
            line.partition("decisions_total")[2] for line in text.splitlines() if "decisions_total{" in line
        )

    def hot(self, path: str, body: object) -> Response:
        """As the front door asks first: nobody may block."""
        headers = {"authorization": "Bearer key", "content-type": "application/json"}
        door = self.application.door
        request = Request(headers.get, json.dumps(body).encode(), "", is_local=True)
        return door.answer_hot(door.hot["POST", path], request)


@pytest.fixture
def sidecar() -> Sidecar:
    return Sidecar()


def test_a_miss_is_read_and_then_it_is_answered_from_memory(sidecar: Sidecar) -> None:
    with pytest.raises(FactsMissing):
        sidecar.hot(EVALUATION, question())
    missed = sidecar.handle(EVALUATION, question())
    sidecar.source.asked.clear()
    hot = sidecar.hot(EVALUATION, question())
    assert (missed.status, missed.headers, missed.body) == (hot.status, hot.headers, hot.body)
    assert json.loads(hot.body) == {"decision": True}
    assert sidecar.source.asked == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(EVALUATION, question(), id="one"),
        pytest.param(EVALUATIONS, question(), id="one as a batch"),
        pytest.param(EVALUATIONS, {"evaluations": [question("x"), question(), question("gone")]}, id="a batch"),
    ],
)
def test_what_misses_is_counted_once(sidecar: Sidecar, path: str, body: dict[str, Any]) -> None:
    with pytest.raises(FactsMissing):
        sidecar.hot(path, body)
    assert sidecar.decisions() == ""
    sidecar.handle(path, body)
    batch = "evaluations" in body
    assert sidecar.decisions() == ('{result="allow"} 2.0 {result="deny"} 1.0' if batch else '{result="allow"} 1.0')
    text = sidecar.application.door.handle("GET", "/metrics", [], b"")[2].decode()
    endpoint = "access_evaluations" if path == EVALUATIONS else "access_evaluation"
    assert f'doorward_requests_total{{endpoint="{endpoint}",status="200"}} 1.0' in text


def test_the_front_door_and_flask_answer_alike_after_a_miss_and_from_memory(sidecar: Sidecar) -> None:
    client = sidecar.application.flask.test_client()
    for user in ("ann", "gone", "stranger"):
        for _ in range(2):
            door = sidecar.handle(EVALUATION, question(user))
            flask = client.post(EVALUATION, json=question(user), headers={"Authorization": "Bearer key"})
            named = {name: value for name, value in flask.headers.items() if name.lower() != "content-length"}
            assert (door.status, door.body) == (flask.status_code, flask.data)
            assert dict(door.headers) == {name.lower(): value for name, value in named.items()}


def test_every_answer_says_which_facts_it_used(sidecar: Sidecar) -> None:
    assert ("doorward-facts", "4") in sidecar.handle(EVALUATION, question()).headers
    sidecar.source.record_user("new", "acme")
    sidecar.facts.refresh()
    for path in (EVALUATION, EVALUATIONS):
        assert ("doorward-facts", "5") in sidecar.handle(path, question()).headers


def test_an_answer_says_the_facts_that_were_applied_before_it_read_them(sidecar: Sidecar) -> None:
    def change_and_refresh() -> None:
        sidecar.source.record_user("ann", "acme", status=UserStatus.SUSPENDED)
        sidecar.facts.refresh()

    sidecar.source.meanwhile = change_and_refresh
    answer = sidecar.handle(EVALUATION, question())
    assert json.loads(answer.body) == {"decision": True}
    assert ("doorward-facts", "4") in answer.headers
    assert json.loads(sidecar.handle(EVALUATION, question()).body) == {"decision": False}


def take_store_down(sidecar: Sidecar) -> None:
    sidecar.source.is_down = True
    sidecar.facts.look_for(99)


def test_while_the_store_is_away_answers_come_from_memory_and_say_how_old_it_is(sidecar: Sidecar) -> None:
    sidecar.handle(EVALUATION, question())
    take_store_down(sidecar)
    ages = []
    for sidecar.now in (1001.0, 1002.0, 1002.5, 1060.0):
        answer = sidecar.handle(EVALUATION, question())
        assert json.loads(answer.body) == {"decision": True}
        ages.append(dict(answer.headers).get("doorward-facts-age"))
    assert ages == [None, None, "2", "60"]
    sidecar.source.is_down = False
    sidecar.facts.refresh()
    assert "doorward-facts-age" not in dict(sidecar.handle(EVALUATION, question()).headers)


def test_what_cannot_be_read_is_an_error_in_its_place(sidecar: Sidecar) -> None:
    sidecar.handle(EVALUATION, question())
    take_store_down(sidecar)
    one = json.loads(sidecar.handle(EVALUATION, question("gone")).body)
    error = one["context"]["error"]
    assert (one["decision"], error["status"], error["retryable"]) == (False, 503, True)
    batch = {"evaluations": [question(), question("gone"), question("nobody", "acme")]}
    answers = json.loads(sidecar.handle(EVALUATIONS, batch).body)["evaluations"]
    assert [answer["decision"] for answer in answers] == [True, False, True]
    assert answers[1] == one


def test_facts_that_are_wanted_are_waited_for(sidecar: Sidecar) -> None:
    sidecar.handle(EVALUATION, question())
    sidecar.source.record_user("ann", "acme", status=UserStatus.SUSPENDED)
    answer = sidecar.handle(EVALUATION, question(), doorward_min_facts="5")
    assert json.loads(answer.body) == {"decision": False}
    assert ("doorward-facts", "5") in answer.headers


def test_facts_that_do_not_come_are_a_problem_that_may_be_tried_again(sidecar: Sidecar) -> None:
    started = iter(range(1000))
    sidecar.facts._monotonic = lambda: float(next(started))
    answer = sidecar.handle(EVALUATION, question(), doorward_min_facts="99")
    assert answer.status == 503
    assert json.loads(answer.body)["type"].endswith("/facts-not-served")
    assert ("retry-after", "1") in answer.headers


def test_what_is_no_version_is_a_bad_request(sidecar: Sidecar) -> None:
    assert sidecar.handle(EVALUATION, question(), doorward_min_facts="new").status == 400


def with_new_key(sidecar: Sidecar) -> None:
    sidecar.source.record_key(api_key("new", key_hash("fresh"), scopes=tuple(Scope)))


def with_revoked_key(sidecar: Sidecar) -> None:
    sidecar.source.record_key(revoked(sidecar.source.keys["ci"]))


@pytest.mark.parametrize(
    ("change", "key", "statuses"),
    [
        pytest.param(with_new_key, "fresh", (401, 200), id="a key that was made"),
        pytest.param(with_revoked_key, "key", (200, 401), id="a key that was revoked"),
    ],
)
def test_keys_are_as_new_as_the_facts_that_are_wanted(
    sidecar: Sidecar, change: Callable[[Sidecar], None], key: str, statuses: tuple[int, int]
) -> None:
    change(sidecar)
    assert sidecar.handle(EVALUATION, question(), key).status == statuses[0]
    assert sidecar.handle(EVALUATION, question(), key, doorward_min_facts="5").status == statuses[1]
    assert sidecar.handle(EVALUATION, question(), key).status == statuses[1]


def test_a_key_that_is_revoked_while_facts_are_waited_for_is_refused(sidecar: Sidecar) -> None:
    looks = []

    def revoke_at_the_second_look(_after: int) -> Any:
        looks.append(1)
        if len(looks) == 2:
            with_revoked_key(sidecar)
        return RecordedFacts.changes(sidecar.source, _after)

    sidecar.source.changes = revoke_at_the_second_look  # type: ignore[method-assign]  # somebody else, just then
    assert sidecar.handle(EVALUATION, question(), doorward_min_facts="5").status == 401


def test_readiness_says_how_new_and_how_old_the_facts_are(sidecar: Sidecar) -> None:
    def readyz() -> tuple[int, dict[str, Any]]:
        status, _, body = sidecar.application.door.handle("GET", "/readyz", [], b"")
        return status, json.loads(body)

    status, ready = readyz()
    assert (status, ready["facts"], "facts_stale_since" in ready) == (200, 4, False)
    take_store_down(sidecar)
    status, ready = readyz()
    assert (status, ready["facts_stale_since"]) == (200, "1970-01-01T00:16:40.000Z")


def test_metrics_tell_of_facts(sidecar: Sidecar) -> None:
    sidecar.handle(EVALUATION, question())
    take_store_down(sidecar)
    sidecar.now += 7.0
    text = sidecar.application.door.handle("GET", "/metrics", [], b"")[2].decode()
    for line in (
        "doorward_facts_version 4.0",
        "doorward_facts_stale 1.0",
        "doorward_facts_age_seconds 7.0",
        'doorward_facts_remembered{kind="user"} 1.0',
        'doorward_facts_remembered{kind="tenant"} 1.0',
        'doorward_facts_reads_total{kind="user"} 1.0',
        "doorward_facts_failures_total 1.0",
    ):
        assert line in text


def test_values_by_position_know_no_facts() -> None:
    application = build_application(
        FakeSource(FakePolicy({})), Authenticator({}), recorded=recorded_state(Sidecar().facts)
    )
    hot = {path: endpoint for (_, path), endpoint in application.door.hot.items()}
    assert not hot["/v1/enforce"].from_facts
    assert hot[EVALUATION].from_facts
    assert hot[EVALUATIONS].from_facts

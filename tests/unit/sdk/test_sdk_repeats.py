"""Changes whose answers are lost, and reading what was changed."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import (
    Conflict,
    DeadlineExceeded,
    Doorward,
    EmailUnavailable,
    LoginRefused,
    MalformedAnswer,
    NotPermitted,
    PasswordRefused,
    PendingChange,
    PolicyChangePending,
    PreconditionFailed,
    ProblemResponse,
    Response,
    StoreUnavailable,
    Unreachable,
)
from unit.sdk.sdk_fakes import ALLOWED, RecordingTransport, json_response
from unit.sdk.sdk_records import TENANT

if TYPE_CHECKING:
    from unit.sdk.sdk_fakes import Answer


class Line(RecordingTransport):
    """Gives one answer a request, or raises it, in turn."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(lambda _: self._next())
        self._answers = list(answers)

    def _next(self) -> Answer:
        return self._answers.pop(0)

    def send(self, *arguments: Any) -> Response:
        method, target, headers, body, timeout = arguments
        return super().send(method, target, headers, body or b"null", timeout)


def changed(facts: str, status: int = 200) -> Response:
    return json_response(TENANT, status, {"doorward-facts": facts})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_whose_answer_is_lost_is_sent_again_with_the_same_key(method: str) -> None:
    transport = Line(Unreachable("the connection broke"), json_response({}))
    Doorward(transport=transport).request(method, "/v1/tenants/acme", {"name": "A"})
    first, second = transport.requests
    assert first == second
    assert first[2]["Idempotency-Key"]


def test_a_change_is_sent_twice_at_most() -> None:
    transport = Line(Unreachable("broke"), Unreachable("broke again"))
    with pytest.raises(Unreachable, match="again"):
        Doorward(transport=transport).tenants.delete("acme")
    assert len(transport.requests) == 2


@pytest.mark.parametrize("failure", [DeadlineExceeded("no answer"), MalformedAnswer("no HTTP"), json_response({}, 503)])
def test_what_is_no_broken_connection_is_not_sent_again(failure: Answer) -> None:
    transport = Line(failure, changed("1"))
    with pytest.raises((DeadlineExceeded, MalformedAnswer, ProblemResponse)):
        Doorward(transport=transport).tenants.suspend("acme")
    assert len(transport.requests) == 1


def test_a_question_is_not_sent_again() -> None:
    transport = Line(Unreachable("broke"), changed("1"))
    with pytest.raises(Unreachable):
        Doorward(transport=transport).tenants.get("acme")
    assert len(transport.requests) == 1


def test_after_a_change_answers_are_asked_from_its_facts_for_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("doorward_sdk.wire.own_changes.monotonic", lambda: now[0])
    transport = Line(ALLOWED, changed("7"), ALLOWED, changed("9"), ALLOWED, ALLOWED)
    client = Doorward(transport=transport)
    client.check("user:a", "read", "doc:1")
    client.tenants.suspend("acme")
    client.check("user:a", "read", "doc:1")
    client.tenants.get("acme")
    now[0] += 4.9
    client.check("user:a", "read", "doc:1")
    now[0] += 0.2
    client.check("user:a", "read", "doc:1")
    sent = [headers.get("Doorward-Min-Facts") for _, _, headers, _ in transport.requests]
    assert sent == [None, None, "7", "7", "7", None]


def test_the_newest_facts_count_whichever_answer_came_last() -> None:
    transport = Line(changed("12"), changed("9"), ALLOWED)
    client = Doorward(transport=transport)
    client.tenants.suspend("acme")
    client.tenants.activate("acme")
    client.check("user:a", "read", "doc:1")
    assert transport.requests[-1][2]["Doorward-Min-Facts"] == "12"


@pytest.mark.parametrize("facts", ["", "-1", "1.5", "x", "1" * 30, "٣"])
def test_facts_that_are_no_number_are_not_sent_back(facts: str) -> None:
    transport = Line(changed(facts), ALLOWED)
    client = Doorward(transport=transport)
    client.tenants.suspend("acme")
    client.check("user:a", "read", "doc:1")
    assert "Doorward-Min-Facts" not in transport.requests[-1][2]


def refused(status: int, name: str, **more: object) -> Response:
    body = {"type": f"https://doorward.dev/problems/{name}", "title": "t", "detail": "d", "status": status, **more}
    return json_response(body, status, {"content-type": "application/problem+json"})


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (refused(409, "email_unavailable"), EmailUnavailable),
        (refused(409, "conflict"), Conflict),
        (refused(412, "precondition-failed"), PreconditionFailed),
        (refused(403, "login-refused"), LoginRefused),
        (refused(403, "not-permitted"), NotPermitted),
        (refused(422, "password-refused"), PasswordRefused),
        (refused(422, "idempotency-key-reused"), ProblemResponse),
        (refused(503, "store-unavailable"), StoreUnavailable),
        (refused(503, "busy"), ProblemResponse),
    ],
)
def test_a_refusal_is_told_by_the_type_of_its_problem(answer: Response, failure: type[Exception]) -> None:
    with pytest.raises(ProblemResponse) as problem:
        Doorward(transport=RecordingTransport(answer)).request("GET", "/v1/tenants")
    assert type(problem.value) is failure
    assert problem.value.retryable is (answer.status == 503)


def test_a_refusal_carries_what_its_reader_needs() -> None:
    with pytest.raises(PasswordRefused) as weak:
        Doorward(
            transport=RecordingTransport(refused(422, "password-refused", reasons=["short", 7]))
        ).users.set_password("u", "p")
    assert weak.value.reasons == ("short",)
    for told, needed in ((True, True), (False, False), ("yes", False)):
        transport = RecordingTransport(refused(403, "login-refused", code_needed=told))
        with pytest.raises(LoginRefused) as login:
            Doorward(transport=transport).sessions.create("a@b", "p")
        assert login.value.code_needed is needed


def test_a_pending_change_survives_the_way_to_another_process() -> None:
    error = PolicyChangePending(PendingChange("c", "doorward/x"))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (copy.change, str(copy)) == (error.change, str(error))
    assert "doorward/x" in str(error)

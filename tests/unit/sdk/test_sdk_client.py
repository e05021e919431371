"""What a client sends besides questions, and what it refuses."""

from __future__ import annotations

import math
import pickle

import pytest

from doorward_sdk import (
    AccessDenied,
    ClientClosed,
    ConfigurationError,
    Conflict,
    Decision,
    Doorward,
    MalformedAnswer,
    MalformedQuestion,
    NotFound,
    NotPermitted,
    PolicyRefused,
    ProblemResponse,
    Response,
    Unreachable,
)
from unit.sdk.sdk_fakes import DENIED, RecordingTransport, json_response

PROBLEM = {"type": "https://doorward.dev/problems/not-found", "title": "Not found", "detail": "no tenant acme"}


def test_a_check_sends_json_with_the_key_within_the_time_limit() -> None:
    transport = RecordingTransport(DENIED)
    Doorward(key="secret", timeout=0.5, transport=transport).check("user:a", "read", "doc:1")
    method, target, headers, _ = transport.requests[0]
    assert (method, target) == ("POST", "/access/v1/evaluation")
    assert headers == {"Content-Type": "application/json", "Authorization": "Bearer secret"}
    assert transport.timeouts == [0.5]


def test_a_given_transport_gets_no_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORWARD_KEY", "secret")
    transport = RecordingTransport(DENIED)
    Doorward(transport=transport).check("user:a", "read", "doc:1")
    assert "Authorization" not in transport.requests[0][2]


@pytest.mark.parametrize("key", ["", "two words", "line\r\nfeed", "schlüssel", " padded "])
def test_a_key_that_cannot_be_sent_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        Doorward("http://127.0.0.1:1", key)
    assert not key.strip() or key not in str(refusal.value)


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf, True, "1"])
def test_a_time_limit_is_a_number_of_seconds(timeout: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        Doorward(timeout=timeout)


def test_an_address_and_a_transport_exclude_each_other() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        Doorward("http://127.0.0.1:1", transport=RecordingTransport())


def test_a_closed_client_says_so() -> None:
    with Doorward("http://127.0.0.1:1") as client:
        pass
    with pytest.raises(ClientClosed):
        client.check("user:a", "read", "doc:1")


def test_request_sends_a_body_and_returns_the_answer() -> None:
    transport = RecordingTransport(json_response({"id": "acme"}, 201))
    response = Doorward(transport=transport).request("POST", "/v1/tenants", {"id": "acme"})
    method, target, headers, body = transport.requests[0]
    assert (method, target, body) == ("POST", "/v1/tenants", b'{"id":"acme"}')
    assert headers["Content-Type"] == "application/json"
    assert response.json() == {"id": "acme"}


def test_request_without_a_body_sends_none() -> None:
    transport = RecordingTransport(json_response({"items": [], "next": None}))
    Doorward(key="k", transport=transport).request("GET", "/v1/tenants?limit=5", timeout=9)
    assert transport.requests == [("GET", "/v1/tenants?limit=5", {"Authorization": "Bearer k"}, b"")]
    assert transport.timeouts == [9]


def test_each_change_has_an_idempotency_key_of_its_own() -> None:
    transport = RecordingTransport(json_response({}))
    client = Doorward(transport=transport)
    for method in ("POST", "POST", "PATCH", "PUT", "DELETE", "GET"):
        client.request(method, "/v1/tenants")
    keys = [headers.get("Idempotency-Key") for _, _, headers, _ in transport.requests]
    assert len(set(keys[:5])) == 5
    assert keys[5] is None


def test_request_refuses_a_body_that_is_no_json() -> None:
    with pytest.raises(MalformedQuestion):
        Doorward(transport=RecordingTransport()).request("POST", "/v1/tenants", {"x": object()})


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (301, ProblemResponse),
        (400, ProblemResponse),
        (401, NotPermitted),
        (403, NotPermitted),
        (404, NotFound),
        (409, Conflict),
        (422, PolicyRefused),
    ],
)
def test_request_raises_a_problem_with_its_members(status: int, failure: type[ProblemResponse]) -> None:
    transport = RecordingTransport(json_response(PROBLEM, status, {"content-type": "application/problem+json"}))
    with pytest.raises(ProblemResponse, match="no tenant acme") as problem:
        Doorward(transport=transport).request("GET", "/v1/tenants/acme")
    assert type(problem.value) is failure
    assert (problem.value.status, problem.value.title) == (status, "Not found")
    assert problem.value.type == "https://doorward.dev/problems/not-found"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"title": 3}', b""])
def test_a_refusal_that_is_no_problem_document_is_told_by_its_status(body: bytes) -> None:
    transport = RecordingTransport(Response(502, {"content-type": "application/json"}, body))
    with pytest.raises(ProblemResponse, match="answered 502") as problem:
        Doorward(transport=transport).request("GET", "/v1/tenants")
    assert problem.value.type == "about:blank"
    assert problem.value.retryable


def test_request_raises_an_outage() -> None:
    with pytest.raises(Unreachable):
        Doorward(transport=RecordingTransport(Unreachable("refused"))).request("GET", "/v1/tenants")


def test_the_json_of_an_answer_that_is_none_is_a_malformed_answer() -> None:
    with pytest.raises(MalformedAnswer):
        Response(200, {"content-type": "application/json"}, b"{").json()


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied(Decision(allowed=False, reason="no rule"), "user:a may not read doc:1"),
        NotPermitted(403, "Forbidden", "needs the scope explain", "https://doorward.dev/problems/scope"),
        Unreachable("refused"),
    ],
)
def test_errors_survive_the_way_to_another_process(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)

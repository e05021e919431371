"""What is made of an answer: only a clear yes is a yes."""

from __future__ import annotations

from typing import Any

import pytest

from doorward_sdk import (
    AnswerError,
    DeadlineExceeded,
    Decision,
    Doorward,
    Explanation,
    MalformedAnswer,
    Question,
    Response,
    RuleReference,
    Unreachable,
)
from unit.sdk.sdk_fakes import ALLOWED, DENIED, RecordingTransport, json_response

JSON = {"content-type": "application/json"}


def answer_to(response: Response | Exception) -> Decision:
    return Doorward(transport=RecordingTransport(response)).check("user:alice", "read", "doc:1")


def test_yes_is_allowed() -> None:
    answer = answer_to(ALLOWED)
    assert answer == Decision(allowed=True, revision="git:abc")
    assert bool(answer) is answer.allowed is True


def test_no_is_denied_without_an_error() -> None:
    answer = answer_to(DENIED)
    assert answer == Decision(allowed=False)
    assert bool(answer) is answer.allowed is False


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(Response(200, JSON, b""), id="an empty body"),
        pytest.param(Response(200, JSON, b"null"), id="null"),
        pytest.param(Response(200, JSON, b"true"), id="true alone"),
        pytest.param(Response(200, JSON, b"[]"), id="a list"),
        pytest.param(Response(200, JSON, b"{}"), id="no decision"),
        pytest.param(Response(200, JSON, b'{"decision": "true"}'), id="a string"),
        pytest.param(Response(200, JSON, b'{"decision": 1}'), id="a number"),
        pytest.param(Response(200, JSON, b'{"decision": null}'), id="a null decision"),
        pytest.param(Response(200, JSON, b'{"decision": {}}'), id="an object"),
        pytest.param(Response(200, JSON, b'{"Decision": true}'), id="another case"),
        pytest.param(Response(200, JSON, b'{"decision": true'), id="half of it"),
        pytest.param(Response(200, JSON, b'{"decision": true}{'), id="more after it"),
        pytest.param(Response(200, JSON, b'{"decision": false, "decision": true}'), id="two decisions"),
        pytest.param(Response(200, JSON, b'{"decision": true, "context": NaN}'), id="NaN in it"),
        pytest.param(Response(200, JSON, b'\xff{"decision": true}'), id="not UTF-8"),
        pytest.param(Response(200, JSON, '{"decision": true}'.encode("utf-16")), id="UTF-16"),
        pytest.param(Response(200, JSON, b"[" * 100_000), id="deep nesting"),
        pytest.param(Response(200, {}, b'{"decision": true}'), id="no content type"),
        pytest.param(Response(200, {"content-type": "text/html"}, b'{"decision": true}'), id="a page"),
        pytest.param(Response(201, JSON, b'{"decision": true}'), id="201"),
        pytest.param(Response(204, JSON, b""), id="204"),
        pytest.param(Response(301, JSON, b'{"decision": true}'), id="a redirect"),
        pytest.param(Response(401, JSON, b'{"decision": true}'), id="401"),
        pytest.param(Response(403, JSON, b'{"decision": true}'), id="403"),
        pytest.param(Response(404, JSON, b'{"decision": true}'), id="404"),
        pytest.param(Response(500, JSON, b'{"decision": true}'), id="500"),
        pytest.param(Response(503, {"content-type": "text/plain"}, b"no upstream"), id="a proxy's page"),
        pytest.param(json_response({"decision": True, "context": {"error": {}}}), id="yes with an error"),
        pytest.param(Unreachable("refused"), id="no connection"),
        pytest.param(DeadlineExceeded("too late"), id="no time"),
        pytest.param(MalformedAnswer("too large"), id="no HTTP"),
    ],
)
def test_everything_else_is_denied_with_an_error(response: Response | Exception) -> None:
    answer = answer_to(response)
    assert answer.allowed is False
    assert answer.error is not None
    assert answer.error.message


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_is_told_by_its_media_type(media_type: str) -> None:
    assert answer_to(Response(200, {"content-type": media_type}, b'{"decision":true}')).allowed


def test_an_error_of_the_sidecar_is_handed_on() -> None:
    context = {"error": {"status": 503, "message": "tenant acme is suspended", "retryable": True}}
    answer = answer_to(json_response({"decision": False, "context": context}))
    assert answer.error == AnswerError(503, "tenant acme is suspended", retryable=True)


def test_a_malformed_error_is_an_error_nevertheless() -> None:
    answer = answer_to(json_response({"decision": False, "context": {"error": ["?"]}}))
    assert answer.error == AnswerError(None, "the sidecar could not decide and did not say why", retryable=False)


@pytest.mark.parametrize(
    ("status", "retryable"), [(400, False), (401, False), (403, False), (429, True), (501, False), (503, True)]
)
def test_a_problem_is_told_with_its_status(status: int, retryable: bool) -> None:
    problem = {"type": "https://doorward.dev/problems/x", "title": "No", "status": status, "detail": "because"}
    answer = answer_to(json_response(problem, status, {"content-type": "application/problem+json"}))
    assert answer.error == AnswerError(status, f"the sidecar answered {status} No: because", retryable=retryable)


def test_an_explained_answer_names_rule_reason_and_what_was_read() -> None:
    context = {
        "reason": "rule viewers-view-agents allows it",
        "rule": {"id": "viewers-view-agents", "file": "policies/access.csv", "line": 3},
        "roles": ["role:viewer"],
        "revision": "dir:0123456789abcdef",
        "read": {"r.ctx.resource.owner": "alice"},
        "absent": ["r.ctx.tenant.plan"],
        "considered": [{"id": "x", "matched": False}],
    }
    answer = answer_to(json_response({"decision": True, "context": context}))
    assert answer == Decision(
        allowed=True,
        revision="dir:0123456789abcdef",
        reason="rule viewers-view-agents allows it",
        rule=RuleReference("viewers-view-agents", "policies/access.csv", 3),
        explanation=Explanation(
            roles=("role:viewer",),
            read={"r.ctx.resource.owner": "alice"},
            absent=("r.ctx.tenant.plan",),
            considered=({"id": "x", "matched": False},),
        ),
    )


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({"rule": None, "reason": None, "roles": None}, id="nulls"),
        pytest.param({"rule": "x", "reason": 3, "roles": "ab", "read": [], "absent": {}}, id="other types"),
        pytest.param({"rule": {"id": 3}, "roles": [1, None], "revision": 7}, id="other types inside"),
        pytest.param([], id="no object"),
        pytest.param(None, id="none"),
    ],
)
def test_a_malformed_explanation_does_not_change_the_decision(context: Any) -> None:
    answer = answer_to(json_response({"decision": True, "context": context}))
    assert answer.allowed
    assert answer.rule is None
    assert answer.explanation in (None, Explanation())


def test_without_a_subject_the_answer_is_denied_and_nothing_is_sent() -> None:
    transport = RecordingTransport()
    answer = Doorward(transport=transport).check(None, "read", "doc:1")
    assert not answer
    assert answer.error is not None
    assert "acting_as" in answer.error.message
    assert transport.requests == []


def test_every_answer_of_a_batch_is_judged_alone() -> None:
    items = [{"decision": True}, {"decision": "yes"}, {"decision": False}, 7, {"decision": True}]
    client = Doorward(transport=RecordingTransport(json_response({"evaluations": items})))
    answers = client.check_many([Question("user:a", "read", f"doc:{number}") for number in range(5)])
    assert [answer.allowed for answer in answers] == [True, False, False, False, True]
    assert [answer.error is None for answer in answers] == [True, False, True, False, True]

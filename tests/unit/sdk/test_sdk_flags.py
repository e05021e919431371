"""Values of flags: what is asked, what comes of an answer, and that nothing raises in the host."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from doorward_sdk import (
    DeadlineExceeded,
    Doorward,
    MalformedEntity,
    MalformedQuestion,
    Response,
    Unreachable,
    acting_as,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response


def answer(value: object, variant: str = "on", reason: str = "STATIC") -> Response:
    told = {"key": "k", "value": value, "variant": variant, "reason": reason}
    return json_response(told, headers={"doorward-revision": "git:abc"})


def over(answered: Any) -> tuple[Doorward, RecordingTransport]:
    transport = RecordingTransport(answered)
    return Doorward(transport=transport), transport


@pytest.mark.parametrize(
    ("value", "default"),
    [(True, False), (False, True), ("v2", "v1"), (7, 0), (1.5, 0.0), ({"a": [1]}, {}), ({}, {"a": 1}), ([1], [])],
)
def test_a_value_of_the_defaults_type_is_the_answer(value: Any, default: Any) -> None:
    client, _ = over(answer(value, "v", "SPLIT"))
    details = client.flag_details("k", default)
    assert (details.value, details.variant, details.reason) == (value, "v", "SPLIT")
    assert (details.error, details.revision) == (None, "git:abc")
    assert client.flag("k", default) == value


def test_a_whole_number_is_a_float_where_the_default_is_one() -> None:
    client, _ = over(answer(2))
    value = client.flag("k", 0.5)
    assert (type(value), value) == (float, 2.0)


@pytest.mark.parametrize("value", [True, "x", 3, 1.5, {"a": 1}])
def test_without_a_default_every_type_is_right(value: Any) -> None:
    client, _ = over(answer(value))
    assert client.flag("k", None) == value


@pytest.mark.parametrize(
    ("value", "default"),
    [
        ("true", False),
        (1, False),
        (True, 1),
        (True, 1.0),
        (1.0, 1),
        ("1", 1),
        (1, "1"),
        ({}, "x"),
        ([], {}),
        (None, True),
    ],
)
def test_a_value_of_another_type_is_the_default_and_a_type_mismatch(value: Any, default: Any) -> None:
    client, _ = over(answer(value))
    details = client.flag_details("k", default)
    assert details.value is default
    assert details.error is not None
    assert (details.error.code, details.reason, details.variant) == ("TYPE_MISMATCH", "ERROR", None)
    assert client.flag("k", default) is default


@pytest.mark.parametrize(
    ("answered", "code", "status", "retryable"),
    [
        (json_response({"key": "k", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "no such flag"}, 404), "FLAG_NOT_FOUND", 404, False),
        (json_response({"key": "k", "errorCode": "TARGETING_KEY_MISSING", "errorDetails": "d"}, 400), "TARGETING_KEY_MISSING", 400, False),
        (json_response({"key": "k", "errorCode": "INVALID_CONTEXT", "errorDetails": "d"}, 400), "INVALID_CONTEXT", 400, False),
        (json_response({"key": "k", "errorCode": "SOMETHING_NEW"}, 400), "GENERAL", 400, False),
        (json_response({"key": "k", "errorCode": "GENERAL", "errorDetails": "d"}, 503), "GENERAL", 503, True),
        (json_response({"key": "k", "errorCode": "GENERAL", "errorDetails": "d"}, 403), "GENERAL", 403, False),
        (json_response({"errorDetails": "oh"}, 500), "GENERAL", 500, True),
        (json_response({"title": "Unauthorized"}, 401), "GENERAL", 401, False),
        (json_response({}, 403), "GENERAL", 403, False),
        (json_response({}, 429, {"retry-after": "3"}), "GENERAL", 429, True),
        (json_response({"title": "no such page"}, 404), "GENERAL", 404, False),
        (Response(404, {"content-type": "text/html"}, b"<h1>no"), "GENERAL", 404, False),
        (Response(200, {"content-type": "text/html"}, b"<h1>hello"), "GENERAL", None, False),
        (Response(204, {}, b""), "GENERAL", None, False),
        (json_response([1]), "GENERAL", None, False),
        (json_response({"key": "k", "value": True}), "GENERAL", None, False),
        (json_response({"key": "k", "value": True, "reason": 7}), "GENERAL", None, False),
        (Unreachable("gone"), "GENERAL", None, True),
        (DeadlineExceeded("late"), "GENERAL", None, True),
    ],
)  # fmt: skip
def test_whatever_is_no_value_is_the_default_with_the_cause(
    answered: Any, code: str, status: int | None, retryable: bool
) -> None:
    client, _ = over(answered)
    details = client.flag_details("k", default=True)
    assert details.value is True
    assert details.error is not None
    assert (details.error.code, details.error.status, details.error.retryable) == (code, status, retryable)
    assert details.error.message
    assert client.flag("k", "mine") == "mine"


def test_a_flag_may_leave_its_value_to_the_caller() -> None:
    client, _ = over(json_response({"key": "k", "reason": "DISABLED"}))
    details = client.flag_details("k", 7)
    assert (details.value, details.variant, details.reason, details.error) == (7, None, "DISABLED", None)


def test_the_question_names_tenant_user_and_context() -> None:
    client, transport = over(answer(True))
    client.flag("k", default=False, tenant="acme", subject="user:alice", context={"country": "DE"})
    method, target, headers, _ = transport.requests[0]
    assert (method, target) == ("POST", "/ofrep/v1/evaluate/flags/k")
    assert headers["Content-Type"] == "application/json"
    assert transport.body == {"context": {"country": "DE", "tenant": "acme", "targetingKey": "alice"}}
    client.flag("k", default=False)
    assert transport.body == {"context": {}}
    assert transport.timeouts == [0.25, 0.25]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("web/search engine", "web%2Fsearch%20engine"),
        ("größe", "gr%C3%B6%C3%9Fe"),
        ("a?b#c%2F", "a%3Fb%23c%252F"),
        ("🚪", "%F0%9F%9A%AA"),
    ],
)
def test_a_key_may_hold_anything_printable(key: str, path: str) -> None:
    client, transport = over(answer(True))
    client.flag(key, default=False)
    assert transport.requests[0][1] == f"/ofrep/v1/evaluate/flags/{path}"


def test_who_is_acting_is_who_is_asked_for() -> None:
    client, transport = over(answer(True))
    with acting_as("user:alice", tenant="acme"):
        client.flag("k", default=False)
        assert transport.body == {"context": {"tenant": "acme", "targetingKey": "alice"}}
        client.flag("k", default=False, tenant="globex", subject="user:bob")
        assert transport.body == {"context": {"tenant": "globex", "targetingKey": "bob"}}
        client.flag("k", default=False, context={"targetingKey": "carol", "tenant": "initech"})
        assert transport.body == {"context": {"targetingKey": "carol", "tenant": "initech"}}
    with acting_as("user:alice"):
        client.flag("k", default=False, tenant="acme")
        assert transport.body == {"context": {"tenant": "acme", "targetingKey": "alice"}}
    with acting_as("service:billing", tenant="acme"):
        client.flag("k", default=False)
        assert transport.body == {"context": {"tenant": "acme"}}


def test_whoever_acts_in_one_tenant_is_no_user_of_another() -> None:
    client, transport = over(answer(True))
    with acting_as("user:alice", tenant="acme"):
        client.flag("k", default=False, tenant="globex")
        assert transport.body == {"context": {"tenant": "globex"}}
        client.flag("k", default=False, context={"tenant": ["globex"]})
        assert transport.body == {"context": {"tenant": ["globex"]}}
        client.flag("k", default=False, tenant="acme")
        assert transport.body == {"context": {"tenant": "acme", "targetingKey": "alice"}}


def test_the_callers_context_is_left_as_it_was() -> None:
    client, _ = over(answer(True))
    context: dict[str, object] = {"country": "DE"}
    client.flag("k", default=False, tenant="acme", context=context)
    assert context == {"country": "DE"}


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "\ud800", 7, None, b"k"])
def test_what_is_no_key_is_a_wrong_call(key: Any) -> None:
    client, transport = over(answer(True))
    with pytest.raises(MalformedQuestion, match="the flag's key"):
        client.flag(key, default=False)
    assert transport.requests == []


def test_what_cannot_be_asked_is_a_wrong_call() -> None:
    client, transport = over(answer(True))
    with pytest.raises(MalformedQuestion, match="flags are asked for users"):
        client.flag("k", default=False, subject="service:billing")
    with pytest.raises(MalformedEntity, match="write 'type:id'"):
        client.flag("k", default=False, subject="alice")
    with pytest.raises(MalformedQuestion, match=r"context\['tenant'\] is another"):
        client.flag("k", default=False, tenant="acme", context={"tenant": "globex"})
    with pytest.raises(MalformedQuestion, match=r"context\['targetingKey'\] is another"):
        client.flag("k", default=False, subject="user:a", context={"targetingKey": "b"})
    with pytest.raises(MalformedQuestion, match="tenant is blank"):
        client.flag("k", default=False, tenant=" ")
    with pytest.raises(MalformedQuestion, match="JSON values"):
        client.flag("k", default=False, context={"at": datetime(2026, 11, 28, tzinfo=timezone.utc)})  # noqa: UP017
    assert transport.requests == []


@pytest.mark.parametrize(("value", "truth"), [(True, True), (False, False), ("", False), ("v1", True), (0, False)])
def test_details_are_as_true_as_their_value(value: Any, truth: bool) -> None:
    client, _ = over(answer(value))
    assert bool(client.flag_details("k", None)) is truth

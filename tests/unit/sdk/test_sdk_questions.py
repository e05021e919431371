"""What goes over the wire."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import CallError, Doorward, Entity, MalformedQuestion, Question, acting_as
from unit.sdk.sdk_fakes import RecordingTransport, yes_to_all

if TYPE_CHECKING:
    from collections.abc import Callable


def asked(ask: Callable[[Doorward], object]) -> Any:
    transport = RecordingTransport(yes_to_all)
    ask(Doorward(transport=transport))
    return transport.body


def test_a_plain_question_is_an_authzen_evaluation_and_no_more() -> None:
    assert asked(lambda client: client.check("user:alice", "read", "doc:a:b")) == {
        "subject": {"type": "user", "id": "alice"},
        "action": {"name": "read"},
        "resource": {"type": "doc", "id": "a:b"},
    }


def test_attributes_become_properties() -> None:
    body = asked(lambda c: c.check(Entity("user", "a", level=3), "read", Entity("doc", "1", tags=["x", "y"])))
    assert body["subject"]["properties"] == {"level": 3}
    assert body["resource"]["properties"] == {"tags": ["x", "y"]}


def test_roles_go_to_the_subject_by_their_bare_names() -> None:
    subject = Entity("user", "a", level=3, roles=["replaced"])
    body = asked(lambda c: c.check(subject, "read", "doc:1", roles=["viewer", "role:admin"]))
    assert body["subject"]["properties"] == {"level": 3, "roles": ["viewer", "admin"]}
    assert subject.attributes["roles"] == ["replaced"]


def test_tenant_context_and_explain_go_to_the_context() -> None:
    given = {"ip": "::1"}
    body = asked(lambda c: c.check("user:a", "read", "doc:1", tenant="acme", context=given, explain=True))
    assert body["context"] == {"ip": "::1", "tenant": "acme", "explain": True}
    assert given == {"ip": "::1"}


def test_the_subject_and_the_tenant_are_those_of_acting_as_unless_given() -> None:
    with acting_as(Entity("user", "alice", level=3), tenant="acme"):
        body = asked(lambda c: c.check(None, "read", "doc:1"))
        assert body["subject"] == {"type": "user", "id": "alice", "properties": {"level": 3}}
        assert body["context"] == {"tenant": "acme"}
        other = asked(lambda c: c.check("user:bob", "read", "doc:1", tenant="emca"))
        assert other["subject"]["id"] == "bob"
        assert other["context"] == {"tenant": "emca"}
        in_context = asked(lambda c: c.check(None, "read", "doc:1", context={"tenant": "emca"}))
        assert in_context["context"] == {"tenant": "emca"}


def test_a_question_about_another_subject_stays_in_the_tenant_of_acting_as() -> None:
    with acting_as("user:alice", tenant="acme"):
        assert asked(lambda c: c.check("user:bob", "read", "doc:1"))["context"] == {"tenant": "acme"}


def test_text_beyond_ascii_arrives_unchanged() -> None:
    assert asked(lambda c: c.check("user:Zoë 李", "read", "doc:1"))["subject"]["id"] == "Zoë 李"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({"action": ""}, "action is blank", id="blank action"),
        pytest.param({"action": "re\nad"}, "action holds a control character", id="control character"),
        pytest.param({"action": 3}, "action must be a string", id="action of another type"),
        pytest.param({"tenant": ""}, "tenant is blank", id="blank tenant"),
        pytest.param({"tenant": "a", "context": {"tenant": "b"}}, "differ", id="two tenants"),
        pytest.param({"roles": "admin"}, r"write roles=\['admin'\]", id="one role that is no list"),
        pytest.param({"roles": [""]}, "role is blank", id="blank role"),
        pytest.param({"roles": ["role:"]}, "role is blank", id="blank role after its prefix"),
        pytest.param({"roles": [3]}, "role must be a string", id="role of another type"),
        pytest.param({"context": {"x": object()}}, "must be JSON", id="no JSON value"),
        pytest.param({"context": {"x": math.nan}}, "must be JSON", id="NaN"),
        pytest.param({"context": {"x": "\ud800"}}, "must be JSON", id="half a surrogate pair"),
    ],
)
def test_a_malformed_question_is_a_typed_exception_and_nothing_is_sent(options: Any, said: str) -> None:
    transport = RecordingTransport()
    call = {"subject": "user:a", "action": "read", "resource": "doc:1", **options}
    with pytest.raises(MalformedQuestion, match=said) as refusal:
        Doorward(transport=transport).check(**call)
    assert isinstance(refusal.value, CallError)
    assert transport.requests == []


def test_endless_nesting_is_a_typed_exception() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(MalformedQuestion):
        Doorward(transport=RecordingTransport()).check("user:a", "read", "doc:1", context={"x": loop})


def test_a_question_shows_who_what_and_where() -> None:
    question = Question("user:a", "read", "doc:1", tenant="acme")
    assert repr(question) == "Question(Entity('user', 'a'), 'read', Entity('doc', '1'), tenant='acme')"

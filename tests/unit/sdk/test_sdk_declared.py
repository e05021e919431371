"""Rules, roles and changes of policy through the client."""

from __future__ import annotations

from typing import Any

import pytest

from doorward_sdk import (
    Conflict,
    Doorward,
    InheritedRole,
    MalformedAnswer,
    PendingChange,
    PolicyChange,
    PolicyRefused,
    RequestFailed,
    Response,
    Role,
    Rule,
)
from unit.sdk.sdk_fakes import ALLOWED, RecordingTransport, json_response
from unit.sdk.sdk_records import TENANT

RULE: dict[str, Any] = {
    "name": "x",
    "place": "policies/access.csv:6",
    "description": None,
    "subject": "role:user",
    "tenant": "*",
    "resource": "agents:*",
    "action": "run",
    "when": "True",
    "effect": "allow",
    "gate": None,
}
ROLE: dict[str, Any] = {
    "name": "user",
    "description": "Users",
    "permissions": ["run_agents"],
    "rules": ["x"],
    "inherits": [{"role": "viewer", "tenant": "*"}],
}
AT = {"doorward-revision": "git:abc"}
PENDING = json_response({"commit": "c", "branch": "doorward/x"}, 202)


class Pages(RecordingTransport):
    """Gives one answer a request, in turn."""

    def __init__(self, *answers: Response) -> None:
        super().__init__()
        self._answers = list(answers)

    def send(self, *arguments: Any) -> Response:
        super().send(*arguments)
        return self._answers.pop(0)


def test_a_created_rule_is_what_the_sidecar_wrote() -> None:
    transport = RecordingTransport(json_response(RULE, 201, AT))
    made = Doorward(transport=transport).create_access_rule(
        "x", "", "agents", "run", {"min_role": "user"}, reason="why"
    )
    assert made == Rule(**RULE)
    method, target, headers, _ = transport.requests[0]
    assert (method, target) == ("POST", "/v1/rules")
    assert "Idempotency-Key" in headers
    assert transport.body == {
        "name": "x",
        "description": "",
        "resource": "agents",
        "action": "run",
        "conditions": {"min_role": "user"},
        "reason": "why",
    }
    assert transport.timeouts == [30.0]


def test_a_created_role_is_what_the_sidecar_wrote() -> None:
    transport = RecordingTransport(json_response(ROLE, 201, AT))
    made = Doorward(transport=transport).create_role("user", "Users", (one for one in ["run_agents"]))
    assert made == Role("user", "Users", ("run_agents",), ("x",), (InheritedRole("viewer", "*"),))
    assert transport.body["permissions"] == ["run_agents"]


def test_a_deleted_rule_is_a_change_and_its_name_is_encoded() -> None:
    transport = RecordingTransport(json_response({"commit": "c", "revision": "git:c"}, 200, AT))
    assert Doorward(transport=transport).delete_rule("a/b ?", reason="no more") == PolicyChange("c", "git:c")
    assert transport.requests[0][:2] == ("DELETE", "/v1/rules/a%2Fb%20%3F?reason=no+more")


def test_a_change_that_waits_is_told_by_its_type() -> None:
    client = Doorward(transport=RecordingTransport(PENDING))
    waiting = PendingChange(commit="c", branch="doorward/x")
    assert client.create_access_rule("x", "", "agents", "run", {}) == waiting
    assert client.create_role("x") == waiting
    assert client.delete_rule("x") == waiting


def test_lists_are_read_page_by_page() -> None:
    transport = Pages(
        json_response({"items": [RULE], "next": "1"}), json_response({"items": [{**RULE, "name": "y"}], "next": None})
    )
    assert [one.name for one in Doorward(transport=transport).rules()] == ["x", "y"]
    assert [target for _, target, _, _ in transport.requests] == ["/v1/rules", "/v1/rules?cursor=1"]
    roles = Doorward(transport=RecordingTransport(json_response({"items": [ROLE], "next": None}))).roles()
    assert [one.inherits for one in roles] == [(InheritedRole("viewer", "*"),)]


def page(name: str, following: str | None, revision: str) -> Response:
    return json_response({"items": [{**RULE, "name": name}], "next": following}, 200, {"doorward-revision": revision})


def test_a_list_is_begun_again_where_the_policy_changes_between_two_pages() -> None:
    transport = Pages(
        page("x", "1", "git:a"), page("x", None, "git:b"), page("new", "1", "git:b"), page("x", None, "git:b")
    )
    assert [one.name for one in Doorward(transport=transport).rules()] == ["new", "x"]
    assert [target for _, target, _, _ in transport.requests] == ["/v1/rules", "/v1/rules?cursor=1"] * 2


def test_a_list_of_a_policy_that_changes_all_the_time_is_given_up() -> None:
    transport = Pages(*(page("x", str(number), f"git:{number}") for number in range(100)))
    with pytest.raises(
        RequestFailed, match="the policy changed while /v1/rules was read, 5 times; ask again"
    ) as failed:
        Doorward(transport=transport).rules()
    assert failed.value.retryable
    assert len(transport.requests) == 10


@pytest.mark.parametrize(
    "page",
    [[], {}, {"items": {}}, {"items": [1], "next": None}, {"items": [], "next": "1"}, {"items": [RULE], "next": 1}],
)
def test_a_list_that_is_none_or_has_no_end_is_malformed(page: object) -> None:
    with pytest.raises(MalformedAnswer):
        Doorward(transport=RecordingTransport(json_response(page))).rules()


def test_a_page_that_leads_to_itself_is_malformed() -> None:
    with pytest.raises(MalformedAnswer, match="no next page"):
        Doorward(transport=RecordingTransport(json_response({"items": [RULE], "next": "1"}))).rules()


@pytest.mark.parametrize("name", ["name", "place", "effect"])
def test_a_rule_that_lacks_something_is_malformed(name: str) -> None:
    with pytest.raises(MalformedAnswer, match=name):
        Doorward(transport=RecordingTransport(json_response({**RULE, name: None}))).rule("x")


@pytest.mark.parametrize("part", [{"permissions": None}, {"rules": [1]}, {"inherits": ["viewer"]}, {"inherits": [{}]}])
def test_a_role_that_lacks_something_is_malformed(part: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        Doorward(transport=RecordingTransport(json_response({**ROLE, **part}))).role("user")


def test_refusals_are_told_by_their_types() -> None:
    refused = json_response({"title": "t", "detail": "it exists"}, 409, {"content-type": "application/problem+json"})
    with pytest.raises(Conflict, match="it exists"):
        Doorward(transport=RecordingTransport(refused)).create_role("x")
    faults = [{"path": "policies/access.csv", "line": 3, "message": "wrong"}, 7]
    unloadable = json_response({"detail": "no", "faults": faults}, 422)
    with pytest.raises(PolicyRefused) as problem:
        Doorward(transport=RecordingTransport(unloadable)).create_role("x")
    assert problem.value.faults == ("policies/access.csv:3: wrong",)


def test_after_a_change_answers_are_asked_from_its_revision_for_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("doorward_sdk.wire.own_changes.monotonic", lambda: now[0])
    transport = Pages(ALLOWED, json_response(RULE, 201, AT), ALLOWED, json_response(RULE), ALLOWED, ALLOWED)
    client = Doorward(transport=transport)
    client.check("user:a", "read", "doc:1")
    client.create_access_rule("x", "", "agents", "run", {"min_role": "user"})
    client.check("user:a", "read", "doc:1")
    client.rule("x")
    now[0] += 4.9
    client.check("user:a", "read", "doc:1")
    now[0] += 0.2
    client.check("user:a", "read", "doc:1")
    sent = [headers.get("Doorward-Min-Revision") for _, _, headers, _ in transport.requests]
    assert sent == [None, None, "git:abc", "git:abc", "git:abc", None]


def test_a_change_that_waits_asks_for_no_revision() -> None:
    transport = Pages(PENDING, ALLOWED)
    client = Doorward(transport=transport)
    client.create_role("x")
    client.check("user:a", "read", "doc:1")
    assert "Doorward-Min-Revision" not in transport.requests[-1][2]


def test_a_change_of_records_asks_for_no_revision() -> None:
    """The policy that its answer names was there before; a sidecar that serves an older one is to answer at once."""
    transport = Pages(json_response(TENANT, 201, {**AT, "doorward-facts": "7"}), ALLOWED)
    client = Doorward(transport=transport)
    client.tenants.create("Acme", "acme.com")
    client.check("user:a", "read", "doc:1")
    sent = transport.requests[-1][2]
    assert sent["Doorward-Min-Facts"] == "7"
    assert "Doorward-Min-Revision" not in sent

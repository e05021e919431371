"""From what a caller asked to the question the policy decides: tenants, asserted roles, attributes."""

from typing import Any

import pytest

from doorward.domain.access import AccessRequest, Decision, Question
from doorward.domain.callers import ALL_SCOPES, Caller, Scope
from doorward.domain.errors import BadRequest, NotPermitted
from doorward.services.access import AccessService
from support.trees import snapshot

RULES = """\
p, readers, role:reader, acme, doc:*, read, True, allow
p, anyone-pings, *, *, doc:*, ping, True, allow
p, owners, *, *, doc:*, edit, r.ctx.resource.owner == r.ctx.subject.id, allow
p, night-off, *, *, doc:night, ping, r.ctx.env.time > 100, deny
g, user:bob, role:reader, acme
"""
DIRECTORY = """\
tenants: [globex]
subjects: {user: {ann: {team: red, status: active}}}
resources: {doc: {"1": {owner: ann}}}
"""
POLICY = snapshot(RULES, directory=DIRECTORY)
SERVICE = AccessService(lambda: 50.0)
ADMIN = Caller("admin", ALL_SCOPES)


def ask(
    action: str = "ping", subject: str = "ann", resource: str = "1", caller: Caller = ADMIN, **given: Any
) -> Decision:
    request = AccessRequest("user", subject, action, "doc", resource, **given)
    return SERVICE.decide(request, caller, POLICY)


def test_tenant_of_the_key_counts() -> None:
    bound = Caller("acme", ALL_SCOPES, tenant="acme")
    assert ask("read", "bob", caller=bound).allowed
    assert not ask("read", "bob").allowed


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"context": {"tenant": "acme"}}, id="context.tenant"),
        pytest.param({"subject_properties": {"tenant": "acme"}}, id="subject.properties.tenant"),
        pytest.param({"context": {"tenant": "acme"}, "subject_properties": {"tenant": "acme"}}, id="both the same"),
    ],
)
def test_tenant_is_named_by(given: dict[str, Any]) -> None:
    assert ask("read", "bob", **given).rule == "readers"


def test_tenant_that_the_key_is_not_bound_to_is_not_permitted() -> None:
    with pytest.raises(NotPermitted, match="another"):
        ask(caller=Caller("acme", ALL_SCOPES, tenant="acme"), context={"tenant": "globex"})


def test_two_tenants_that_differ_are_refused() -> None:
    with pytest.raises(BadRequest, match="name one tenant"):
        ask(context={"tenant": "acme"}, subject_properties={"tenant": "globex"})


@pytest.mark.parametrize("tenant", ["nowhere", "*", "-"])
def test_unknown_tenant_is_a_denial_with_an_error(tenant: str) -> None:
    decision = ask(context={"tenant": tenant})
    assert not decision.allowed
    assert decision.error is not None
    assert decision.error.status == 404


def test_tenant_named_in_the_directory_is_known() -> None:
    assert ask(context={"tenant": "globex"}).allowed


def test_domain_of_no_tenant_is_a_denial_with_an_error() -> None:
    assert ask(context={"domain": "acme.example"}).error is not None


def test_resource_of_another_tenant_is_denied() -> None:
    assert not ask(resource_properties={"tenant": "acme"}).allowed
    assert not ask(context={"tenant": "globex"}, resource_properties={"tenant": "acme"}).allowed
    assert ask(context={"tenant": "acme"}, resource_properties={"tenant": "acme"}).allowed


def test_asserted_roles_count_in_the_tenant_of_the_question() -> None:
    roles = {"roles": ["reader"]}
    assert ask("read", subject_properties=roles, context={"tenant": "acme"}).allowed
    assert not ask("read", subject_properties=roles, context={"tenant": "globex"}).allowed


def test_asserted_roles_need_the_scope() -> None:
    weak = Caller("weak", frozenset({Scope.DECIDE}))
    with pytest.raises(NotPermitted, match="assert:roles"):
        ask(caller=weak, subject_properties={"roles": ["reader"]})
    assert ask(caller=weak, subject_properties={"roles": []}).allowed


def test_unknown_asserted_roles_are_ignored_and_explained() -> None:
    request = AccessRequest("user", "x", "read", "doc", "1", {"roles": ["ghost"]}, context={"tenant": "acme"})
    explanation = SERVICE.explain(request, ADMIN, POLICY)
    assert not explanation.decision.allowed
    assert "'ghost'" in explanation.notes[0]


@pytest.mark.parametrize("roles", ["reader", [1], {"reader": True}, 7])
def test_asserted_roles_must_be_a_list_of_names(roles: Any) -> None:
    with pytest.raises(BadRequest, match="list of role names"):
        ask(subject_properties={"roles": roles})


def test_declared_attributes_are_read_and_request_properties_override_them() -> None:
    assert ask("edit").allowed
    assert not ask("edit", resource_properties={"owner": "bob"}).allowed
    assert ask("edit", "bob", resource_properties={"owner": "bob"}).allowed


def test_clock_is_ours() -> None:
    assert ask(resource="night").allowed
    late = AccessService(lambda: 101.0).decide(AccessRequest("user", "a", "ping", "doc", "night"), ADMIN, POLICY)
    assert late.rule == "night-off"
    assert not late.allowed


@pytest.mark.parametrize("name", ["id", "type", "roles", "status"])
def test_what_is_ours_does_not_come_from_the_caller(name: str) -> None:
    request = AccessRequest(
        "user", "ann", "ping", "doc", "1", {name: "forged"} if name != "roles" else {"roles": ["reader"]}
    )
    question = SERVICE.question(request, ADMIN, POLICY)
    assert isinstance(question, Question)
    expected = {"id": "ann", "type": "user", "status": "active", "roles": []}
    assert question.context([])["subject"][name] == expected[name]


def test_status_of_a_subject_that_nobody_declared_is_absent() -> None:
    question = SERVICE.question(AccessRequest("user", "new", "ping", "doc", "1", {"status": "active"}), ADMIN, POLICY)
    assert isinstance(question, Question)
    assert "status" not in question.context([])["subject"]


def test_roles_in_conditions_are_bare_names_with_inherited_ones() -> None:
    question = Question("user:a", "-", "doc:1", "read")
    assert question.context(["role:user", "role:viewer"])["subject"]["roles"] == ["user", "viewer"]

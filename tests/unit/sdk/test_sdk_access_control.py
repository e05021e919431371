"""The managers of flags and access rules, as the requirements name them."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from doorward_sdk import Conflict, Doorward, PolicyChangePending, ProblemResponse, Response, Unreachable, configure
from doorward_sdk.enterprise.access_control import (
    AccessControlManager,
    AccessRule,
    FeatureFlag,
    FeatureFlagManager,
    FeatureFlagType,
    access_control_manager,
    feature_flag_manager,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_flags import FLAG, OVERRIDE
from unit.sdk.test_sdk_declared import PENDING, RULE

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = json_response({"title": "There is no such thing", "detail": "no"}, 404)
ON = json_response({"key": "beta_features", "value": True, "variant": "on", "reason": "STATIC"})


def over(answered: Any) -> tuple[Doorward, RecordingTransport]:
    transport = RecordingTransport(answered)
    return Doorward(transport=transport), transport


def test_the_dataclasses_have_the_fields_of_the_requirements() -> None:
    after = ["status", "created_at", "updated_at"]
    made = ["id", "name", "description", "flag_type", "default_value", *after]
    assert [one.name for one in fields(FeatureFlag)] == made
    made = ["id", "name", "description", "resource", "action", "conditions", *after]
    assert [one.name for one in fields(AccessRule)] == made
    assert [one.name for one in FeatureFlagType] == ["BOOLEAN", "STRING", "INTEGER", "FLOAT", "OBJECT"]
    for kind in (FeatureFlag, AccessRule):
        assert get_type_hints(kind)["id"] is str


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (FeatureFlagManager.create_feature_flag, "name description flag_type default_value"),
        (FeatureFlagManager.get_flag_value, "flag_name tenant_id"),
        (FeatureFlagManager.set_tenant_override, "flag_name tenant_id value"),
        (FeatureFlagManager.remove_tenant_override, "flag_name tenant_id"),
        (AccessControlManager.create_access_rule, "name description resource action conditions"),
        (AccessControlManager.check_access, "user_id resource action user_role tenant_id"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_the_methods_have_the_parameters_of_the_requirements(method: Any, parameters: str) -> None:
    assert list(inspect.signature(method).parameters) == ["self", *parameters.split()]


def test_a_flag_is_declared() -> None:
    client, transport = over(json_response(FLAG, 201))
    made = FeatureFlagManager(client).create_feature_flag(
        name="beta_features",
        description="Enable beta features",
        flag_type=FeatureFlagType.BOOLEAN,
        default_value=False,
    )
    assert (made.id, made.name, made.flag_type) == ("beta_features", "beta_features", FeatureFlagType.BOOLEAN)
    assert (made.default_value, made.status, made.created_at) == (False, "active", None)
    assert transport.body == {
        "name": "beta_features",
        "description": "Enable beta features",
        "type": "boolean",
        "default_value": False,
        "reason": "",
    }


def test_what_waits_for_review_is_raised() -> None:
    client, _ = over(PENDING)
    with pytest.raises(PolicyChangePending):
        FeatureFlagManager(client).create_feature_flag("a", "", FeatureFlagType.STRING, "x")
    with pytest.raises(PolicyChangePending):
        AccessControlManager(client).create_access_rule("a", "", "agents", "create", {"min_role": "user"})


def test_a_flag_has_a_value_for_a_tenant() -> None:
    client, transport = over(ON)
    assert FeatureFlagManager(client).get_flag_value("beta_features", "tenant123") is True
    assert transport.body == {"context": {"tenant": "tenant123"}}
    assert FeatureFlagManager(client).get_flag_value("beta_features") is True
    assert transport.body == {"context": {}}


@pytest.mark.parametrize("answered", [MISSING, json_response({}, 503), Unreachable("gone")])
def test_a_flag_without_a_value_is_none(answered: Any) -> None:
    assert FeatureFlagManager(over(answered)[0]).get_flag_value("beta_features", "tenant123") is None


def test_an_override_is_set_and_removed() -> None:
    client, transport = over(json_response(OVERRIDE))
    assert FeatureFlagManager(client).set_tenant_override("beta_features", "tenant123", value=True) is True
    assert transport.requests[0][:2] == ("PUT", "/v1/flags/beta_features/overrides/tenant123")
    assert transport.body == {"value": True}
    client, transport = over(Response(204, {}, b""))
    assert FeatureFlagManager(client).remove_tenant_override("beta_features", "tenant123") is True
    assert transport.requests[0][:2] == ("DELETE", "/v1/flags/beta_features/overrides/tenant123")


def test_what_is_not_there_is_false() -> None:
    client, _ = over(MISSING)
    assert FeatureFlagManager(client).set_tenant_override("x", "tenant123", value=True) is False
    assert FeatureFlagManager(client).remove_tenant_override("x", "tenant123") is False


def test_a_refusal_is_raised() -> None:
    client, _ = over(json_response({"detail": "value does not fit"}, 400))
    with pytest.raises(ProblemResponse, match="does not fit"):
        FeatureFlagManager(client).set_tenant_override("beta_features", "tenant123", "yes")
    client, _ = over(json_response({}, 409))
    with pytest.raises(Conflict):
        FeatureFlagManager(client).create_feature_flag("a", "", FeatureFlagType.STRING, "x")


def test_a_rule_is_declared() -> None:
    client, transport = over(json_response(RULE, 201))
    conditions = {"min_role": "user", "subscription_required": True}
    made = AccessControlManager(client).create_access_rule(
        name="agent_creation",
        description="Allow agent creation",
        resource="agents",
        action="create",
        conditions=conditions,
    )
    assert transport.body["conditions"] == conditions
    assert (made.id, made.resource, made.action, made.conditions) == (RULE["name"], "agents", "create", conditions)


@pytest.mark.parametrize(("answered", "may"), [({"decision": True}, True), ({"decision": False}, False)])
def test_access_is_checked(answered: Any, may: bool) -> None:
    client, transport = over(json_response(answered))
    manager = AccessControlManager(client)
    found = manager.check_access(
        user_id="user123", resource="agents", action="create", user_role="user", tenant_id="tenant123"
    )
    assert found is may
    assert transport.body == {
        "subject": {"type": "user", "id": "user123", "properties": {"roles": ["user"]}},
        "action": {"name": "create"},
        "resource": {"type": "agents", "id": "*"},
        "context": {"tenant": "tenant123"},
    }
    manager.check_access("user123", "agents:7", "view")
    assert transport.body["resource"] == {"type": "agents", "id": "7"}
    assert "properties" not in transport.body["subject"]


def test_an_outage_is_no_access() -> None:
    assert AccessControlManager(over(Unreachable("gone"))[0]).check_access("u", "agents", "create") is False


@pytest.fixture
def configured() -> Iterator[RecordingTransport]:
    client, transport = over(MISSING)
    configure(client)
    yield transport
    configure(None)


def test_the_managers_of_the_module_ask_the_configured_client(configured: RecordingTransport) -> None:
    assert feature_flag_manager.get_flag_value("x") is None
    assert access_control_manager.check_access("u", "agents", "create") is False
    assert len(configured.requests) == 2

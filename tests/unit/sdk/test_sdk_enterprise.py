"""The managers of the enterprise requirements."""

from __future__ import annotations

import importlib
import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from doorward_sdk import Conflict, Doorward, PolicyChangePending, Response, Unreachable, configure, enterprise
from doorward_sdk.enterprise.multi_tenancy import Tenant, TenantManager, tenant_manager
from doorward_sdk.enterprise.user_management import (
    PermissionManager,
    Role,
    RoleManager,
    User,
    UserManager,
    permission_manager,
    role_manager,
    user_manager,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_limits import MAX_AGENTS, REFUSED
from unit.sdk.sdk_records import TENANT, USER
from unit.sdk.test_sdk_declared import PENDING, ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = json_response({"title": "There is no such thing", "detail": "no"}, 404)
NOTHING = Response(204, {}, b"")


def over(answer: Any) -> tuple[Doorward, RecordingTransport]:
    transport = RecordingTransport(answer)
    return Doorward(transport=transport), transport


@pytest.fixture
def acme() -> Iterator[Tenant]:
    tenant = TenantManager(over(json_response(TENANT))[0]).get_tenant("acme")
    assert tenant is not None
    tenant_manager.set_current_tenant(tenant)
    yield tenant
    tenant_manager.set_current_tenant(None)


def test_the_dataclasses_have_the_fields_of_the_requirements() -> None:
    assert [one.name for one in fields(Tenant)] == [
        "id", "name", "domain", "plan", "status", "created_at", "updated_at", "settings", "limits", "features",
    ]  # fmt: skip
    assert [one.name for one in fields(User)] == [
        "id", "email", "username", "first_name", "last_name", "tenant_id", "role_ids", "status", "created_at", "updated_at",
    ]  # fmt: skip
    assert {"id", "name", "description", "permissions"} < {one.name for one in fields(Role)}


def test_a_tenant_is_created_read_changed_and_deleted() -> None:
    client, transport = over(json_response(TENANT))
    manager = TenantManager(client)
    made = manager.create_tenant(name="Acme Corporation", domain="acme.com", plan="professional")
    assert transport.body == {"name": "Acme Corporation", "domain": "acme.com", "plan": "professional"}
    assert (made.id, made.limits["max_agents"], made.features) == ("acme", 20, ["analytics"])
    assert manager.get_tenant("acme") == made
    assert manager.update_tenant("acme", plan="enterprise") == made
    assert transport.body == {"plan": "enterprise"}
    client, transport = over(NOTHING)
    assert TenantManager(client).delete_tenant("acme") is True
    client, _ = over(json_response({"items": [TENANT], "next": None}))
    assert TenantManager(client).list_tenants() == [made]
    assert TenantManager(client).get_tenant_by_domain("acme.com") == made


def test_a_user_is_created_read_changed_and_deleted() -> None:
    client, transport = over(json_response(USER))
    manager = UserManager(client)
    made = manager.create_user(
        email="ann@acme.com",
        username="ann",
        first_name="Ann",
        last_name="Lee",
        tenant_id="acme",
        password="SecurePass123!",  # noqa: S106
        role_ids=["viewer"],
    )
    assert transport.body["roles"] == ["viewer"]
    assert made.role_ids == ["viewer"]
    assert manager.get_user("u1") == made
    assert manager.update_user("u1", role_ids=["viewer", "user"], first_name="A") == made
    assert transport.body == {"roles": ["viewer", "user"], "first_name": "A"}
    client, _ = over(NOTHING)
    assert UserManager(client).delete_user("u1") is True
    client, _ = over(json_response({"items": [USER], "next": None}))
    assert UserManager(client).list_users_by_tenant("acme") == [made]
    assert UserManager(client).get_user_by_email("ann@acme.com") == made


def test_what_is_not_there_is_none_or_false() -> None:
    client, _ = over(MISSING)
    assert TenantManager(client).get_tenant("x") is None
    assert TenantManager(client).update_tenant("x", plan="basic") is None
    assert TenantManager(client).delete_tenant("x") is False
    assert UserManager(client).get_user("x") is None
    assert UserManager(client).update_user("x", status="active") is None
    assert UserManager(client).delete_user("x") is False
    assert RoleManager(client).get_role("x") is None
    assert PermissionManager(client).get_user_permissions("x") == set()
    client, _ = over(json_response({"items": [], "next": None}))
    assert TenantManager(client).get_tenant_by_domain("x.com") is None
    assert UserManager(client).get_user_by_email("x@x.com") is None


def test_a_conflict_is_raised() -> None:
    client, _ = over(json_response({}, 409))
    with pytest.raises(Conflict):
        TenantManager(client).create_tenant("A", "acme.com")


def test_fields_that_nobody_may_change_are_refused_before_anything_is_sent() -> None:
    client, transport = over(json_response(TENANT))
    with pytest.raises(TypeError, match="features, version cannot be changed"):
        TenantManager(client).update_tenant("acme", features=[], version=7)
    with pytest.raises(TypeError, match="if_match, password cannot be changed"):
        UserManager(client).update_user("u1", password="x", if_match=1)  # noqa: S106
    assert transport.requests == []


@pytest.mark.parametrize(
    ("authenticated", "code_needed", "told", "found"),
    [(True, False, USER, "u1"), (False, False, None, None), (False, True, USER, None)],
)
def test_only_who_is_authenticated_is_a_user(
    authenticated: bool, code_needed: bool, told: Any, found: str | None
) -> None:
    client, transport = over(json_response({"authenticated": authenticated, "code_needed": code_needed, "user": told}))
    user = UserManager(client).authenticate_user("ann@acme.com", "p")
    assert (None if user is None else user.id) == found
    assert transport.body == {"email": "ann@acme.com", "password": "p"}


def test_a_role_is_declared_and_its_id_is_its_name() -> None:
    client, transport = over(json_response(ROLE, 201))
    role = RoleManager(client).create_role(name="user", description="Users", permissions=["run_agents"])
    assert (role.id, role.name, role.permissions) == ("user", "user", ["run_agents"])
    assert transport.body["permissions"] == ["run_agents"]
    client, _ = over(json_response({"items": [ROLE], "next": None}))
    assert RoleManager(client).list_roles() == [role]


def test_a_role_that_waits_for_review_is_told() -> None:
    client, _ = over(PENDING)
    with pytest.raises(PolicyChangePending, match="doorward/x") as waiting:
        RoleManager(client).create_role("user", "", [])
    assert waiting.value.change.branch == "doorward/x"


def test_permissions_are_asked_and_listed() -> None:
    may = {"permission": "view_agents", "rule": "x", "place": None}
    client, _ = over(json_response({"items": [may], "next": None}))
    assert PermissionManager(client).get_user_permissions("u1") == {"view_agents"}
    client, _ = over(json_response({"decision": True}))
    assert PermissionManager(client).has_permission("u1", "view_agents") is True
    client, _ = over(json_response({"evaluations": [{"decision": True}, {"decision": False}]}))
    assert PermissionManager(client).has_any_permission("u1", ["view_agents", "run_agents"]) is True
    assert PermissionManager(client).has_all_permissions("u1", ["view_agents", "run_agents"]) is False
    client, _ = over(json_response({}, 503))
    assert PermissionManager(client).has_permission("u1", "view_agents") is False


@pytest.mark.parametrize(
    ("answer", "enabled"),
    [
        (json_response({"key": "analytics", "value": True, "variant": "on", "reason": "TARGETING_MATCH"}), True),
        (json_response({"key": "analytics", "value": False, "variant": "off", "reason": "DEFAULT"}), False),
        (json_response({"key": "analytics", "value": "on", "variant": "on", "reason": "DEFAULT"}), False),
        (json_response({"key": "analytics", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "no"}, 404), False),
        (json_response({}, 503), False),
        (Unreachable("gone"), False),
    ],
    ids=["on", "off", "no boolean flag", "no flag", "no store", "no sidecar"],
)
@pytest.mark.usefixtures("acme")
def test_a_feature_is_enabled_where_its_flag_is_true_for_the_current_tenant(answer: Any, enabled: bool) -> None:
    client, transport = over(answer)
    assert TenantManager(client).is_feature_enabled("analytics") is enabled
    assert transport.requests[0][1] == "/ofrep/v1/evaluate/flags/analytics"
    assert transport.body == {"context": {"tenant": "acme"}}


@pytest.mark.parametrize(
    ("answer", "has_room"),
    [
        (json_response(MAX_AGENTS), True),
        (json_response(REFUSED), False),
        (json_response({"detail": "there is no limit"}, 404), False),
        (Unreachable("gone"), False),
    ],
    ids=["room", "none", "no such limit", "no sidecar"],
)
def test_limits_are_those_of_the_current_tenant(acme: Tenant, answer: Any, has_room: bool) -> None:
    client, transport = over(answer)
    assert tenant_manager.get_current_tenant() is acme
    assert TenantManager(client).check_limit("max_agents", 4) is has_room
    assert transport.requests[0][1] == "/v1/limits/check"
    assert transport.body == {"tenant": "acme", "limit": "max_agents", "amount": 1, "current": 4}


def test_without_a_current_tenant_nothing_is_enabled_and_nothing_has_room() -> None:
    assert tenant_manager.get_current_tenant() is None
    assert not tenant_manager.is_feature_enabled("analytics")
    assert not tenant_manager.check_limit("max_agents", 0)


@pytest.mark.usefixtures("acme")
def test_the_current_tenant_of_one_thread_is_not_that_of_another() -> None:
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(tenant_manager.get_current_tenant()))
    thread.start()
    thread.join()
    assert seen == [None]


def test_the_managers_of_the_modules_ask_the_configured_client() -> None:
    client, transport = over(MISSING)
    configure(client)
    try:
        assert tenant_manager.get_tenant("x") is None
        assert user_manager.get_user("x") is None
        assert role_manager.get_role("x") is None
        assert permission_manager.get_user_permissions("x") == set()
    finally:
        configure(None)
    assert len(transport.requests) == 4


def test_the_types_of_the_dataclasses_can_be_read_at_run_time() -> None:
    for one in (Tenant, User, Role):
        assert get_type_hints(one)["id"] is str


@pytest.mark.parametrize("chapter", ["access_control", "billing", "multi_tenancy", "user_management"])
def test_all_names_of_a_chapter_are_in_the_package_too(chapter: str) -> None:
    module = importlib.import_module(f"doorward_sdk.enterprise.{chapter}")

    for name in module.__all__:
        assert getattr(enterprise, name) is getattr(module, name)
        assert name in enterprise.__all__

"""Tenants, users, sessions and keys through the client: what is asked, and what comes of the answer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from doorward_sdk import (
    Authentication,
    Doorward,
    EncryptionRotation,
    EncryptionStatus,
    GivenRole,
    HeldPermission,
    HeldRole,
    ImportResult,
    Introspection,
    MalformedAnswer,
    MalformedQuestion,
    MalformedRequest,
    NotFound,
    PasswordVerdict,
    Response,
    TotpEnrolment,
    UnopenedValue,
)
from unit.sdk.sdk_fakes import RecordingTransport, json_response
from unit.sdk.sdk_records import AT, KEY, LIMIT_OVERRIDE, NEW_KEY, SESSION, TENANT, TENANT_LIMITS, USER
from unit.sdk.test_sdk_declared import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[Doorward], Any]

MOMENT = datetime(2026, 11, 28, 3, 46, 10, 123000, tzinfo=timezone.utc)  # noqa: UP017 - datetime.UTC came with 3.11
NOTHING = Response(204, {}, b"")
LOGIN = {"email": "ann@acme.com", "password": "p"}


def listed(*items: object) -> Response:
    return json_response({"items": items, "next": None})


CALLS: list[Any] = [
    (
        lambda c: c.tenants.create("Acme", "acme.com"),
        "POST",
        "/v1/tenants",
        {"name": "Acme", "domain": "acme.com"},
        TENANT,
    ),
    (
        lambda c: c.tenants.create("Acme", "acme.com", "basic", id="acme", settings={"a": 1}),
        "POST",
        "/v1/tenants",
        {"id": "acme", "name": "Acme", "domain": "acme.com", "plan": "basic", "settings": {"a": 1}},
        TENANT,
    ),
    (lambda c: c.tenants.get("a|b"), "GET", "/v1/tenants/a%7Cb", None, TENANT),
    (lambda c: c.tenants.update("acme", plan="basic"), "PATCH", "/v1/tenants/acme", {"plan": "basic"}, TENANT),
    (lambda c: c.tenants.suspend("acme"), "PATCH", "/v1/tenants/acme", {"status": "suspended"}, TENANT),
    (lambda c: c.tenants.activate("acme"), "PATCH", "/v1/tenants/acme", {"status": "active"}, TENANT),
    (lambda c: c.tenants.delete("acme"), "DELETE", "/v1/tenants/acme", None, None),
    (lambda c: c.tenants.purge("acme"), "DELETE", "/v1/tenants/acme?purge=true", None, None),
    (
        lambda c: c.users.create("ann@acme.com", "ann", "Ann", "Lee", "acme", "p", id="u1", roles=["viewer"]),
        "POST",
        "/v1/users",
        {
            "id": "u1",
            "tenant_id": "acme",
            "email": "ann@acme.com",
            "username": "ann",
            "first_name": "Ann",
            "last_name": "Lee",
            "roles": ["viewer"],
            "password": "p",
        },
        USER,
    ),
    (lambda c: c.users.get("u1"), "GET", "/v1/users/u1", None, USER),
    (lambda c: c.users.update("u1", roles=["user"]), "PATCH", "/v1/users/u1", {"roles": ["user"]}, USER),
    (lambda c: c.users.suspend("u1"), "PATCH", "/v1/users/u1", {"status": "suspended"}, USER),
    (lambda c: c.users.activate("u1"), "PATCH", "/v1/users/u1", {"status": "active"}, USER),
    (lambda c: c.users.delete("u1"), "DELETE", "/v1/users/u1", None, None),
    (lambda c: c.users.purge("u1"), "DELETE", "/v1/users/u1?purge=true", None, None),
    (lambda c: c.users.give_role("u1", "a/b"), "PUT", "/v1/users/u1/roles/a%2Fb", None, None),
    (lambda c: c.users.give_role("u1", "user", tenant="x y"), "PUT", "/v1/users/u1/roles/user?tenant=x+y", None, None),
    (lambda c: c.users.take_role("u1", "user", tenant="x"), "DELETE", "/v1/users/u1/roles/user?tenant=x", None, None),
    (lambda c: c.users.set_password("u1", "p"), "PUT", "/v1/users/u1/password", {"password": "p"}, None),
    (lambda c: c.users.remove_totp("u1"), "DELETE", "/v1/users/u1/totp", None, None),
    (lambda c: c.users.unlock("u1"), "POST", "/v1/users/u1/unlock", None, None),
    (lambda c: c.sessions.revoke_id("s1"), "DELETE", "/v1/sessions/s1", None, None),
    (lambda c: c.keys.get("k1"), "GET", "/v1/keys/k1", None, KEY),
    (lambda c: c.keys.create("ci", ["decide"]), "POST", "/v1/keys", {"name": "ci", "scopes": ["decide"]}, NEW_KEY),
    (
        lambda c: c.keys.create("ci", ["decide"], tenant_id="acme", expires_at=MOMENT + timedelta(microseconds=7)),
        "POST",
        "/v1/keys",
        {"name": "ci", "scopes": ["decide"], "tenant_id": "acme", "expires_at": AT},
        NEW_KEY,
    ),
    (lambda c: c.keys.rotate("k1"), "POST", "/v1/keys/k1/rotate", {"overlap_seconds": 86400}, NEW_KEY),
    (lambda c: c.keys.revoke("k1"), "DELETE", "/v1/keys/k1", None, None),
]


@pytest.mark.parametrize(("call", "method", "target", "body", "answer"), CALLS)
def test_a_call_asks_for_what_it_says(call: Call, method: str, target: str, body: object, answer: object) -> None:
    transport = RecordingTransport(NOTHING if answer is None else json_response(answer))
    made = call(Doorward(transport=transport))
    assert transport.requests[0][:2] == (method, target)
    assert (transport.body if body is not None else transport.requests[0][3] or None) == body
    assert (made is None) == (answer is None)
    assert transport.timeouts[0] >= 10


def test_a_tenant_has_times_in_utc_and_limits_as_they_are() -> None:
    tenant = Doorward(transport=RecordingTransport(json_response(TENANT))).tenants.get("acme")
    assert (tenant.created_at, tenant.updated_at) == (MOMENT, MOMENT)
    assert tenant.limits == {"max_agents": 20, "api_calls": "unlimited", "exports": {"hour": 5, "day": "unlimited"}}
    assert (tenant.features, tenant.settings, tenant.version) == (("analytics",), {"colour": "red"}, 3)


def test_a_user_has_roles_and_times_that_may_be_never() -> None:
    user = Doorward(transport=RecordingTransport(json_response(USER))).users.get("u1")
    assert user.roles == (GivenRole("viewer", "acme"), GivenRole("admin", "other"))
    assert (user.locked_until, user.password_changed_at) == (None, MOMENT)


def test_a_list_is_read_page_by_page_as_it_is_taken() -> None:
    transport = Pages(
        json_response({"items": [USER], "next": "c/1"}), json_response({"items": [{**USER, "id": "u2"}], "next": None})
    )
    users = Doorward(transport=transport).users.list(tenant="acme", status="active")
    assert transport.requests == []
    assert next(users).id == "u1"
    assert len(transport.requests) == 1
    assert [one.id for one in users] == ["u2"]
    assert [target for _, target, _, _ in transport.requests] == [
        "/v1/users?tenant=acme&status=active",
        "/v1/users?tenant=acme&status=active&cursor=c%2F1",
    ]


def test_a_list_that_leads_to_itself_is_malformed() -> None:
    transport = RecordingTransport(json_response({"items": [], "next": "1"}))
    with pytest.raises(MalformedAnswer, match="no next page"):
        list(Doorward(transport=transport).keys.list())


def test_a_tenant_is_found_by_its_domain_and_a_user_by_the_address() -> None:
    transport = RecordingTransport(listed(TENANT))
    assert Doorward(transport=transport).tenants.get_by_domain("acme.com").id == "acme"
    assert transport.requests[0][1] == "/v1/tenants?domain=acme.com"
    transport = RecordingTransport(listed(USER))
    assert Doorward(transport=transport).users.get_by_email("ann@acme.com").id == "u1"
    assert transport.requests[0][1] == "/v1/users?email=ann%40acme.com"


def test_what_no_list_holds_is_not_found() -> None:
    client = Doorward(transport=RecordingTransport(listed()))
    with pytest.raises(NotFound, match=r"acme\.com"):
        client.tenants.get_by_domain("acme.com")
    with pytest.raises(NotFound) as missing:
        client.users.get_by_email("ann@acme.com")
    assert "ann@" not in str(missing.value)


def test_a_version_is_sent_as_if_match() -> None:
    transport = RecordingTransport(json_response(TENANT))
    Doorward(transport=transport).tenants.update("acme", if_match=3, name="B")
    assert transport.requests[0][2]["If-Match"] == '"3"'


def test_roles_and_permissions_say_where_they_come_from() -> None:
    held = {"role": "viewer", "tenant": "acme", "source": "git", "place": "policies/access.csv:9"}
    transport = RecordingTransport(listed(held))
    assert Doorward(transport=transport).users.roles("u1") == (HeldRole(**held),)
    may = {"permission": "view_agents", "rule": "x", "place": "policies/access.csv:1"}
    transport = RecordingTransport(listed(may))
    assert Doorward(transport=transport).users.permissions("u1", tenant="acme") == (HeldPermission(**may),)
    assert transport.requests[0][1] == "/v1/users/u1/permissions?tenant=acme"


def test_a_permission_is_asked_as_a_question_about_the_whole_type() -> None:
    transport = RecordingTransport()
    answer = Doorward(transport=transport, timeout=0.5).users.has_permission("u1", "create_api_keys", tenant="acme")
    assert answer.allowed
    assert transport.requests[0][:2] == ("POST", "/access/v1/evaluation")
    assert transport.body == {
        "subject": {"type": "user", "id": "u1"},
        "action": {"name": "create"},
        "resource": {"type": "api_keys", "id": "*"},
        "context": {"tenant": "acme"},
    }
    assert transport.timeouts == [0.5]


@pytest.mark.parametrize(
    ("told", "has_any", "has_all"),
    [([True, False], True, False), ([True, True], True, True), ([False, False], False, False)],
)
def test_several_permissions_are_asked_in_one_request(told: list[bool], has_any: bool, has_all: bool) -> None:
    transport = RecordingTransport(json_response({"evaluations": [{"decision": one} for one in told]}))
    users = Doorward(transport=transport).users
    assert users.has_any("u1", ["view_agents", "run_agents"]) is has_any
    assert users.has_all("u1", ["view_agents", "run_agents"]) is has_all
    assert len(transport.requests) == 2


def test_an_outage_is_no_permission() -> None:
    users = Doorward(transport=RecordingTransport(json_response({}, 503))).users
    answer = users.has_permission("u1", "view_agents")
    assert not answer
    assert answer.error is not None
    assert not users.has_any("u1", ["view_agents"])
    assert not users.has_all("u1", ["view_agents"])


@pytest.mark.parametrize("permission", ["view", "_agents", "view_", ""])
def test_what_is_no_permission_is_a_wrong_call(permission: str) -> None:
    with pytest.raises(MalformedQuestion, match="VERB_TYPE"):
        Doorward(transport=RecordingTransport()).users.has_permission("u1", permission)


def test_one_time_codes_are_enrolled_and_confirmed() -> None:
    uri = "otpauth://totp/x"
    transport = RecordingTransport(json_response({"secret": "AB", "uri": uri}, 201))
    enrolment = Doorward(transport=transport).users.enrol_totp("u1")
    assert enrolment == TotpEnrolment("AB", uri)
    assert transport.requests[0][:2] == ("POST", "/v1/users/u1/totp")
    transport = RecordingTransport(json_response({"recovery_codes": ["a", "b"]}))
    users = Doorward(transport=transport).users
    assert users.confirm_totp("u1", "123456") == ("a", "b")
    assert transport.body == {"code": "123456"}
    assert users.new_recovery_codes("u1") == ("a", "b")
    assert [target for _, target, _, _ in transport.requests] == [
        "/v1/users/u1/totp/confirm",
        "/v1/users/u1/recovery-codes",
    ]


@pytest.mark.parametrize(
    ("told", "is_right"),
    [
        ({"authenticated": True, "code_needed": False, "user": USER}, True),
        ({"authenticated": False, "code_needed": True, "user": None}, False),
        ({"authenticated": False, "code_needed": True, "user": USER}, False),
    ],
)
def test_an_authentication_is_true_exactly_when_it_succeeded(told: dict[str, Any], is_right: bool) -> None:
    transport = RecordingTransport(json_response(told))
    answer = Doorward(transport=transport).users.authenticate("ann@acme.com", "p", code="1", address="192.0.2.1")
    assert bool(answer) is is_right
    assert answer.code_needed is told["code_needed"]
    assert transport.requests[0][:2] == ("POST", "/v1/users/authenticate")
    assert transport.body == {**LOGIN, "code": "1", "address": "192.0.2.1"}


def test_a_user_can_be_named_by_username_and_tenant() -> None:
    transport = RecordingTransport(json_response({"authenticated": False, "code_needed": False, "user": None}))
    answer = Doorward(transport=transport).users.authenticate(username="ann", tenant_id="acme", password="p")  # noqa: S106
    assert answer == Authentication(authenticated=False, code_needed=False, user=None)
    assert transport.body == {"username": "ann", "tenant_id": "acme", "password": "p"}


@pytest.mark.parametrize("named", [{}, {"email": "a@b", "username": "a"}])
def test_a_login_names_one_user(named: dict[str, str]) -> None:
    transport = RecordingTransport()
    with pytest.raises(MalformedRequest, match="give email, or username"):
        Doorward(transport=transport).sessions.create(password="p", **named)  # noqa: S106
    assert transport.requests == []


def test_a_session_is_begun_looked_at_rotated_and_ended() -> None:
    transport = RecordingTransport(json_response({"token": "t1", "session": SESSION, "user": USER}, 201))
    begun = Doorward(transport=transport).sessions.create("ann@acme.com", "p", user_agent="curl")
    assert (begun.token, begun.session.id, begun.user.id) == ("t1", "s1", "u1")
    assert (begun.session.expires_at, begun.session.revoked_at, begun.session.mfa) == (MOMENT, None, True)
    assert transport.body == {**LOGIN, "user_agent": "curl"}
    transport = RecordingTransport(json_response({"token": "t2", "session": SESSION}))
    assert Doorward(transport=transport).sessions.rotate("t1").token == "t2"  # noqa: S105
    assert transport.body == {"token": "t1"}
    for count, ended in ((1, True), (0, False)):
        transport = RecordingTransport(json_response({"revoked": count}))
        assert Doorward(transport=transport).sessions.revoke("t2") is ended
    transport = RecordingTransport(json_response({"revoked": 3}))
    assert Doorward(transport=transport).users.revoke_sessions("u1") == 3
    transport = RecordingTransport(listed(SESSION))
    assert [one.id for one in Doorward(transport=transport).sessions.list(user="u1")] == ["s1"]
    assert transport.requests[0][1] == "/v1/sessions?user=u1"


def test_an_introspection_is_true_exactly_when_the_token_counts() -> None:
    transport = RecordingTransport(json_response({"active": True, "session": SESSION, "user": USER}))
    client = Doorward(transport=transport, timeout=0.5)
    answer = client.sessions.introspect("t1")
    assert answer
    assert answer.user is not None
    assert "Idempotency-Key" not in transport.requests[0][2]
    assert transport.timeouts == [0.5]
    transport = RecordingTransport(json_response({"active": False, "session": None, "user": None}))
    answer = Doorward(transport=transport).sessions.introspect("t1")
    assert not answer
    assert answer == Introspection(active=False, session=None, user=None)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda c: c.sessions.introspect("t"), {"active": True, "session": SESSION, "user": None}),
        (lambda c: c.sessions.introspect("t"), {"active": 1, "session": SESSION, "user": USER}),
        (lambda c: c.users.authenticate("a@b", "p"), {"authenticated": True, "code_needed": False, "user": None}),
        (lambda c: c.validate_password("p"), {"valid": "yes", "errors": []}),
        (lambda c: c.tenants.get("a"), {**TENANT, "created_at": "2026-11-28 03:46:10"}),
        (lambda c: c.tenants.get("a"), {**TENANT, "created_at": "2026-13-28T03:46:10.123Z"}),
        (lambda c: c.tenants.get("a"), {**TENANT, "limits": {"max_agents": "many"}}),
        (lambda c: c.tenants.get("a"), {**TENANT, "limits": {"max_agents": True}}),
        (lambda c: c.tenants.get("a"), {**TENANT, "limits": {"max_agents": {"hour": "many"}}}),
        (lambda c: c.tenants.get("a"), {**TENANT, "version": "3"}),
        (lambda c: c.users.get("a"), {**USER, "roles": ["viewer"]}),
        (lambda c: c.users.get("a"), {**USER, "has_password": None}),
        (lambda c: c.keys.create("a", []), KEY),
        (lambda c: c.users.import_many([{}]), {"results": []}),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_say_what_it_should_is_malformed(call: Call, answer: object) -> None:
    with pytest.raises(MalformedAnswer):
        call(Doorward(transport=RecordingTransport(json_response(answer))))


def test_a_naive_time_is_utc() -> None:
    transport = RecordingTransport(json_response(NEW_KEY))
    keys = Doorward(transport=transport).keys
    keys.create("ci", ["decide"], expires_at=datetime(2027, 1, 1))  # noqa: DTZ001 - that is the case
    assert transport.body["expires_at"] == "2027-01-01T00:00:00.000Z"
    keys.create("ci", ["decide"], expires_at=datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=2))))
    assert transport.body["expires_at"] == "2026-12-31T22:00:00.000Z"


def test_no_secret_shows_in_what_is_printed() -> None:
    made = Doorward(transport=RecordingTransport(json_response(NEW_KEY))).keys.create("ci", ["decide"])
    assert made.key == "dw_abcdefgh_secret"
    assert made.item.secrets[0].prefix == "dw_abcdefgh"
    session = Doorward(
        transport=RecordingTransport(json_response({"token": "secret", "session": SESSION, "user": USER}))
    ).sessions.create("ann@acme.com", "p")
    printed = f"{made!r} {session!r} {TotpEnrolment('secret', 'otpauth://secret')!r}"
    assert "secret'" not in printed
    assert "otpauth" not in printed


def test_encryption_is_looked_at_and_rotated() -> None:
    status = {"key_id": "k", "created_at": AT, "keys": 2, "sealed_with_others": 7}
    transport = RecordingTransport(json_response(status))
    assert Doorward(transport=transport).encryption.status() == EncryptionStatus("k", MOMENT, 2, 7)
    left = {"user_id": "ann", "value": "email", "detail": "does not open"}
    step = {"key_id": "k", "resealed": 500, "remaining": 7, "unopened": [left], "next": "u|9"}
    transport = RecordingTransport(json_response(step))
    encryption = Doorward(transport=transport).encryption
    rotated = EncryptionRotation("k", 500, 7, (UnopenedValue("ann", "email", "does not open"),), "u|9")
    assert encryption.rotate() == rotated
    assert encryption.rotate(rotated.next) == rotated
    asked = [(method, target) for method, target, *_ in transport.requests]
    assert asked == [("POST", "/v1/encryption/rotate"), ("POST", "/v1/encryption/rotate?cursor=u%7C9")]


def test_a_password_is_held_against_the_policy() -> None:
    transport = RecordingTransport(json_response({"valid": False, "errors": ["too short", "no digit"]}))
    verdict = Doorward(transport=transport).validate_password("p")
    assert not verdict
    assert verdict == PasswordVerdict(valid=False, errors=("too short", "no digit"))
    assert transport.body == {"password": "p"}


def test_an_import_is_sent_in_parts_and_answered_in_order() -> None:
    def results(body: Any) -> Response:
        return json_response(
            {"results": [{"id": one["id"], "status": "created", "detail": None} for one in body["items"]]}
        )

    transport = RecordingTransport(results)
    found = Doorward(transport=transport).users.import_many(
        ({"id": str(number)} for number in range(450)), dry_run=True
    )
    assert found[449] == ImportResult("449", "created", None)
    assert len(found) == 450
    assert [target for _, target, _, _ in transport.requests] == ["/v1/users/import"] * 3
    assert transport.body["dry_run"] is True
    assert len(transport.body["items"]) == 50
    Doorward(transport=transport).tenants.import_many([{"id": "a"}])
    assert transport.requests[-1][1] == "/v1/tenants/import"


def test_limits_of_a_tenant_say_where_they_come_from() -> None:
    transport = RecordingTransport(json_response(TENANT_LIMITS))
    client = Doorward(transport=transport)
    found = client.tenants.limits("a/b")
    assert " ".join(transport.requests[-1][:2]) == "GET /v1/tenants/a%2Fb/limits"
    assert found.plan == "basic"
    assert [(one.limit, one.per, one.amount, one.source, one.plan_amount) for one in found.items] == [
        ("api_calls", "hour", "unlimited", "override", 1000),
        ("max_agents", "total", 5, "plan", 5),
    ]
    assert [(one.per, one.amount, one.state, one.version) for one in found.overrides] == [
        ("hour", "unlimited", "active", 2),
        ("day", 7, "expired", 2),
    ]


def test_a_limit_is_set_and_taken_away() -> None:
    transport = RecordingTransport(json_response(LIMIT_OVERRIDE))
    client = Doorward(transport=transport)
    made = client.tenants.set_limit("acme", "api_calls", 0, if_match=3)
    assert transport.body == {"amount": 0}
    assert made.amount == "unlimited"
    client.tenants.remove_limit("acme", "api_calls", per="rate/second", if_match=4)
    assert " ".join(transport.requests[-1][:2]) == "DELETE /v1/tenants/acme/limits/api_calls?per=rate%2Fsecond"


@pytest.mark.parametrize("amount", [None, True, 1.5, "many", "5"])
def test_an_amount_that_is_none_is_no_answer(amount: object) -> None:
    client = Doorward(transport=RecordingTransport(json_response({**LIMIT_OVERRIDE, "amount": amount})))
    with pytest.raises(MalformedAnswer):
        client.tenants.set_limit("acme", "api_calls", 5)

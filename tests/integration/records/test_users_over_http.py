"""Users over HTTP, on a real database in this process."""

import pytest

from support.recorded_api import SECURE, Api, MakeApi
from support.trees import ROOT

DEFAULT_TREE = {
    path: (ROOT / path).read_bytes()
    for path in ("models/access.conf", "models/plans.conf", "policies/plans.csv", "policies/catalog.yaml")
}
WITH_A_ROW = (ROOT / "policies/access.csv").read_bytes() + b"g, user:ann, role:admin, *\n"


@pytest.fixture
def acme(api: Api) -> Api:
    api.tenant("acme", plan="professional")
    return api


def test_a_user_is_made_and_shown_without_secrets(acme: Api) -> None:
    made = acme.user(email="Ann@Acme.com", roles=["viewer"], password=SECURE)

    assert made["email"] == "Ann@Acme.com"
    assert made["roles"] == [{"role": "viewer", "tenant": "acme"}]
    assert made["has_password"] is True
    assert acme("GET", "/v1/users/ann").body == made
    assert SECURE not in str(made)


@pytest.mark.parametrize(
    ("change", "status", "problem", "told"),
    [
        ({"email": "ANN@acme.COM"}, 409, "email_unavailable", "not available"),
        ({"email": "\uff41nn@acme.com"}, 409, "email_unavailable", "not available"),
        ({"username": "ANN"}, 409, "conflict", "the username 'ANN' is taken"),
        ({"username": "\uff41nn"}, 409, "conflict", "is taken"),
        ({"id": "ann"}, 409, "conflict", "the id 'ann' is taken"),
        ({"tenant_id": "nowhere"}, 400, "bad-request", "there is no tenant 'nowhere'"),
        ({"roles": ["boss"]}, 400, "bad-request", "the role 'boss' is not declared"),
        ({"roles": ["role:admin"]}, 400, "bad-request", "bare name"),
        ({"email": "nobody"}, 400, "bad-request", "no e-mail address"),
        ({"username": "a@b"}, 400, "bad-request", "username"),
        ({"first_name": "A\u0000"}, 400, "bad-request", "NUL"),
        ({"first_name": "A\u200b"}, 400, "bad-request", "invisible"),
        ({"last_name": " "}, 400, "bad-request", "blank"),
        ({"password": "short"}, 422, "password-refused", "not accepted"),
        ({"password": "x" * 900_000}, 422, "password-refused", "not accepted"),
        ({"password_hash": "plain"}, 400, "bad-request", "password_hash"),
        ({"password": SECURE, "password_hash": "x"}, 400, "bad-request", "not both"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_changes_nothing(
    acme: Api, change: dict[str, object], status: int, problem: str, told: str
) -> None:
    acme.user()
    body = {"tenant_id": "acme", "email": "bob@acme.com", "username": "bob", "first_name": "Bob", "last_name": "Ray"}

    answer = acme("POST", "/v1/users", {**body, **change})

    assert (answer.status, answer.body["type"].rpartition("/")[2]) == (status, problem)
    assert told in answer.body["detail"]
    assert len(acme("GET", "/v1/users").body["items"]) == 1


def test_a_password_is_refused_with_all_reasons_at_once(acme: Api) -> None:
    answer = acme("POST", "/v1/security/validate-password", {"password": "abc"})
    assert answer.body["valid"] is False
    assert len(answer.body["errors"]) == 4, "too short, no capital, no number, no special character"
    assert acme("POST", "/v1/security/validate-password", {"password": "MyPassword123!"}).body == {
        "valid": True,
        "errors": [],
    }


def test_a_user_is_found_by_address_and_name_however_they_are_written(acme: Api) -> None:
    acme.user(email="Ann.Lee@acme.com")

    for spelling in ("ann.lee@acme.com", "ANN.LEE@ACME.COM", "%EF%BD%81nn.lee@acme.com"):
        assert [one["id"] for one in acme("GET", f"/v1/users?email={spelling}").body["items"]] == ["ann"]
    assert [one["id"] for one in acme("GET", "/v1/users?tenant=acme&username=ANN").body["items"]] == ["ann"]
    assert acme("GET", "/v1/users?tenant=other").body["items"] == []


def test_fields_and_roles_are_changed(acme: Api) -> None:
    acme.user(roles=["viewer"])

    changed = acme("PATCH", "/v1/users/ann", {"email": "new@acme.com", "roles": ["user", "admin"]})

    assert changed.body["email"] == "new@acme.com"
    assert [one["role"] for one in changed.body["roles"]] == ["admin", "user"]
    assert changed.body["version"] == 2
    assert acme("GET", "/v1/users?email=ann@acme.com").body["items"] == []


@pytest.mark.parametrize("field", ["id", "tenant_id", "password", "created_at", "version", "colour"])
def test_other_fields_are_refused(acme: Api, field: str) -> None:
    before = acme.user()

    answer = acme("PATCH", "/v1/users/ann", {"first_name": "New", field: "x"})

    assert answer.status == 400
    assert field in answer.body["detail"]
    assert acme("GET", "/v1/users/ann").body == before


def test_recorded_roles_decide_at_once(acme: Api) -> None:
    acme.user()
    assert not acme.allowed("user:ann", "view", "agents:1")

    acme("PUT", "/v1/users/ann/roles/viewer")
    assert acme.allowed("user:ann", "view", "agents:1")
    assert not acme.allowed("user:ann", "execute", "agents:1")

    acme("PATCH", "/v1/users/ann", {"roles": ["user"]})
    assert acme.allowed("user:ann", "execute", "agents:1")
    assert acme.allowed("user:ann", "view", "agents:1"), "users hold what viewers hold"

    acme("DELETE", "/v1/users/ann/roles/user")
    assert not acme.allowed("user:ann", "view", "agents:1")


def test_a_role_counts_in_its_tenant_alone(acme: Api) -> None:
    acme.tenant("globex")
    acme.user()
    acme("PUT", "/v1/users/ann/roles/viewer?tenant=globex")

    assert acme.allowed("user:ann", "view", "agents:1", tenant="globex")
    assert not acme.allowed("user:ann", "view", "agents:1", tenant="acme")


def test_a_stranger_to_a_tenant_is_denied_before_any_rule(acme: Api) -> None:
    acme.tenant("globex")
    acme.user(roles=["admin"])

    assert not acme.allowed("user:ann", "view", "agents:1", tenant="globex")


def test_asserted_roles_add_nothing_to_a_user_that_is_recorded(acme: Api) -> None:
    acme.user()

    assert not acme.allowed("user:ann", "view", "agents:1", roles=["admin"])
    assert acme.allowed("user:stranger", "view", "agents:1", tenant="acme", roles=["admin"])


@pytest.mark.parametrize("role", ["boss", "role:admin", "*"])
def test_only_declared_roles_are_given(acme: Api, role: str) -> None:
    acme.user()

    assert acme("PUT", f"/v1/users/ann/roles/{role}").status == 400


def test_roles_are_told_with_where_they_come_from_and_those_of_git_stay(make_api: MakeApi) -> None:
    acme = make_api(tree={**DEFAULT_TREE, "policies/access.csv": WITH_A_ROW})
    acme.tenant()
    acme.user(roles=["viewer"])

    assert acme("GET", "/v1/users/ann/roles").body["items"] == [
        {"role": "admin", "tenant": "*", "source": "git", "place": "policies/access.csv:8"},
        {"role": "viewer", "tenant": "acme", "source": "recorded", "place": None},
    ]
    assert acme.allowed("user:ann", "fly", "planes:1"), "their union counts"

    refused = acme("DELETE", "/v1/users/ann/roles/admin?tenant=*")

    assert refused.status == 409
    assert "policies/access.csv:8" in refused.body["detail"]
    assert acme("DELETE", "/v1/users/ann/roles/viewer").status == 204
    assert acme("DELETE", "/v1/users/ann/roles/viewer").status == 404


def test_permissions_are_told_with_the_rules_that_grant_them(acme: Api) -> None:
    acme.user(roles=["user"])

    found = acme("GET", "/v1/users/ann/permissions").body["items"]

    assert [one["permission"] for one in found] == [
        "execute_agents",
        "view_agents",
        "execute_workflows",
        "view_workflows",
    ] or sorted(one["permission"] for one in found) == [
        "execute_agents",
        "execute_workflows",
        "view_agents",
        "view_workflows",
    ]
    by_name = {one["permission"]: one for one in found}
    assert by_name["view_agents"]["rule"] == "viewers-view-agents"
    assert by_name["view_agents"]["place"] == "policies/access.csv:1"


def test_a_suspended_user_is_denied_everything_until_activated(acme: Api) -> None:
    acme.user(roles=["admin"])

    acme("PATCH", "/v1/users/ann", {"status": "suspended"})
    assert not acme.allowed("user:ann", "view", "agents:1")

    acme("PATCH", "/v1/users/ann", {"status": "active"})
    assert acme.allowed("user:ann", "view", "agents:1")


def test_a_deleted_user_stays_managed_and_denied(acme: Api) -> None:
    acme.user(roles=["admin"])

    assert acme("DELETE", "/v1/users/ann").status == 204

    assert acme("GET", "/v1/users/ann").status == 404
    assert not acme.allowed("user:ann", "view", "agents:1", tenant="acme", roles=["admin"])
    assert acme("POST", "/v1/users", {**BOB, "email": "ann@acme.com"}).status == 409
    assert acme("DELETE", "/v1/users/ann?purge=true").status == 204
    assert not acme.allowed("user:ann", "view", "agents:1", tenant="acme", roles=["admin"])
    acme.made("/v1/users", {**BOB, "email": "ann@acme.com"})


BOB = {"id": "bob", "tenant_id": "acme", "username": "bob", "first_name": "Bob", "last_name": "Ray"}


def test_a_bound_key_sees_its_own_tenants_users_alone(acme: Api) -> None:
    acme.tenant("globex")
    acme.user("ann", "acme")
    acme.user("eve", "globex")
    bound = acme.bound("acme", "admin:users", "decide")

    assert [one["id"] for one in bound("GET", "/v1/users").body["items"]] == ["ann"]
    assert bound("GET", "/v1/users?tenant=globex").body["items"] == []
    assert bound("GET", "/v1/users?email=eve@globex.com").body["items"] == []
    for method, path in [
        ("GET", "/v1/users/eve"),
        ("PATCH", "/v1/users/eve"),
        ("DELETE", "/v1/users/eve"),
        ("GET", "/v1/users/eve/roles"),
        ("PUT", "/v1/users/eve/roles/viewer"),
        ("POST", "/v1/users/eve/totp"),
        ("DELETE", "/v1/users/eve/sessions"),
    ]:
        assert bound(method, path, {} if method == "PATCH" else None).status == 404, path
    assert bound("PUT", "/v1/users/ann/roles/viewer?tenant=globex").status == 400
    assert bound("PUT", "/v1/users/ann/roles/viewer?tenant=*").status == 400


def test_many_are_imported_each_by_itself(acme: Api) -> None:
    acme.user()
    ray = {**BOB, "email": "bob@acme.com", "password": SECURE, "roles": ["viewer"]}
    items = [
        {**ray, "id": "ann"},
        ray,
        {**ray, "id": "bob2"},
        {**ray, "id": "bob3", "username": "b3", "email": "b3@acme.com", "password": "x"},
        {"id": "bob4"},
    ]
    rehearsed = acme("POST", "/v1/users/import", {"items": items, "dry_run": True}).body["results"]
    assert acme("GET", "/v1/users/bob").status == 404

    results = acme("POST", "/v1/users/import", {"items": items}).body["results"]

    assert results == rehearsed
    assert [one["status"] for one in results] == ["exists", "created", "invalid", "invalid", "invalid"]
    assert "taken" in results[2]["detail"]
    assert "password" in results[3]["detail"]
    assert acme("GET", "/v1/users/bob").body["has_password"] is True


def test_who_is_imported_again_without_an_id_exists(acme: Api) -> None:
    ray = {**BOB, "email": "bob@acme.com"}
    del ray["id"]
    first = acme("POST", "/v1/users/import", {"items": [ray]}).body["results"][0]

    again = acme("POST", "/v1/users/import", {"items": [{**ray, "email": "BOB@acme.com"}]}).body["results"][0]
    other = acme("POST", "/v1/users/import", {"items": [{**ray, "username": "rob"}]}).body["results"][0]

    assert again == {"id": first["id"], "status": "exists", "detail": None}
    assert other["status"] == "invalid"

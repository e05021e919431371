"""A key that is bound to a tenant: whom its holder cannot become, and what it is not shown."""

import pytest

from doorward.sources import read_tree
from support.recorded_api import SECURE, Api, MakeApi
from support.trees import ACCESS_RULES, DIRECTORY, ROOT

SCOPES = ("admin:users", "admin:keys", "admin:sessions", "decide")


def person(name: str) -> dict[str, str]:
    return {
        "id": name,
        "tenant_id": "acme",
        "email": f"{name}@acme.com",
        "username": name,
        "first_name": "Eve",
        "last_name": "Lee",
        "password": SECURE,
    }


@pytest.fixture
def two(api: Api) -> Api:
    """Tenants acme and globex, and in acme ann, who holds a role in globex too."""
    api.tenant("acme")
    api.tenant("globex")
    api.user("ann", "acme", roles=["viewer"])
    assert api("PUT", "/v1/users/ann/roles/admin?tenant=globex").status == 204
    return api


@pytest.mark.parametrize("where", ["globex", "*"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/password", {"password": SECURE}),
        ("POST", "/totp", None),
        ("POST", "/totp/confirm", {"code": "000000"}),
        ("DELETE", "/totp", None),
        ("POST", "/recovery-codes", None),
        ("PATCH", "", {"email": "eve@acme.com"}),
    ],
)
def test_nobody_becomes_a_user_whose_roles_reach_beyond_the_tenant(
    two: Api, where: str, method: str, path: str, body: object
) -> None:
    two.user("ops", "acme")
    assert two("PUT", f"/v1/users/ops/roles/admin?tenant={where}").status == 204

    answer = two.bound("acme", *SCOPES)(method, f"/v1/users/ops{path}", body)

    assert (answer.status, "holds roles outside the tenant" in answer.body["detail"]) == (403, True)


def test_a_user_of_the_tenant_alone_is_given_a_password(two: Api) -> None:
    two.user("bob", "acme", roles=["admin"])
    bound = two.bound("acme", *SCOPES)

    assert bound("PUT", "/v1/users/bob/password", {"password": SECURE}).status == 204
    assert bound("PATCH", "/v1/users/bob", {"email": "bobby@acme.com"}).status == 200


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (ACCESS_RULES, "g, user:ops, role:admin, *\n"),
        (ACCESS_RULES, "g, user:ops, role:admin, globex\n"),
        (ACCESS_RULES, "p, ops-view, user:ops, *, agents:*, view, True, allow\n"),
        (DIRECTORY, "subjects:\n  user:\n    ops: {department: security}\n"),
    ],
)
def test_nobody_is_recorded_under_an_id_that_the_policy_names(make_api: MakeApi, file: str, line: str) -> None:
    files = dict(read_tree(ROOT))
    before = b"" if file == DIRECTORY else files[file]
    api = make_api(None, {**files, file: before + line.encode()})
    api.tenant("acme")
    bound = api.bound("acme", *SCOPES)

    assert bound("POST", "/v1/users", person("ops")).status == 409
    imported = bound("POST", "/v1/users/import", {"items": [person("ops"), person("eve")]}).body["results"]

    assert [one["status"] for one in imported] == ["invalid", "created"]
    assert api("POST", "/v1/users", person("ops")).status == 201


def test_the_roles_that_are_shown_are_those_that_count_in_the_tenant(two: Api) -> None:
    bound = two.bound("acme", *SCOPES)
    assert two("PUT", "/v1/users/ann/password", {"password": SECURE}).status == 204
    begun = bound.made("/v1/sessions", {"email": "ann@acme.com", "password": SECURE})

    shown = [
        bound("GET", "/v1/users/ann").body["roles"],
        bound("GET", "/v1/users").body["items"][0]["roles"],
        begun["user"]["roles"],
        bound("POST", "/v1/sessions/introspect", {"token": begun["token"]}).body["user"]["roles"],
        bound("GET", "/v1/users/ann/roles").body["items"],
    ]

    assert [[(one["role"], one["tenant"]) for one in some] for some in shown] == [[("viewer", "acme")]] * 5
    assert len(two("GET", "/v1/users/ann/roles").body["items"]) == 2


@pytest.mark.parametrize("changes", [{"plan": "enterprise"}, {"status": "active"}, {"domain": "globex.example"}])
def test_no_tenant_says_what_it_may_use_or_whether(two: Api, changes: dict[str, str]) -> None:
    bound = two.bound("acme", "admin:tenants")
    assert two("PATCH", "/v1/tenants/acme", {"status": "suspended"}).status == 200

    assert bound("PATCH", "/v1/tenants/acme", {"name": "New", **changes}).status == 403
    assert two("GET", "/v1/tenants/acme").body["name"] == "acme"
    assert bound("PATCH", "/v1/tenants/acme", {"name": "New", "settings": {"a": 1}}).status == 200

"""Input that must get a clear error and change nothing, on a real database in this process."""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.recorded_api import SECURE, Api, MakeApi, applications
from support.two_tenants import policy_of

NOT_COMPARED = {"sqlite_sequence", "kept_answer"}
USER: dict[str, Any] = {
    "tenant_id": "acme",
    "email": "new@acme.com",
    "username": "new",
    "first_name": "New",
    "last_name": "Lee",
}
INVISIBLE = {
    "a line break": "An\nn",
    "a NUL": "An\x00n",
    "an escape": "An\x1b[31mn",
    "a zero width space": "An\u200bn",
    "text turned round": "An\u202en",
    "a soft hyphen": "An\u00adn",
    "a byte order mark": "\ufeffAnn",
    "a line separator": "An\u2028n",
    "a private character": "An\ue000n",
    "nothing": "",
    "blanks alone": " \u3000 ",
    "201 characters": "n" * 201,
}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One application for the module: nothing here changes it."""
    with applications(tmp_path_factory.mktemp("bad")) as make:
        api = make(tree=policy_of("qacmeq"))
        for tenant in ("acme", "taken", "gone"):
            api.tenant(tenant)
        api.user("ann", password=SECURE)
        api.user("left", "gone")
        for name in ("bob", "deleted", "purged"):
            api.user(name)
        for path in ("users/deleted", "users/purged?purge=true", "tenants/gone"):
            assert api("DELETE", f"/v1/{path}").status == 204
        yield api


def rows(api: Api) -> set[str]:
    place = DatabaseAddress.in_folder(api.state).place
    with contextlib.closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            f"{name} {row!r}"
            for name in names
            if name not in NOT_COMPARED
            for row in database.execute(f"SELECT * FROM {name}")  # noqa: S608 - its own names
        }


def refused(api: Api, method: str, path: str, body: object, status: int, *told: str, **headers: str) -> None:
    """A request that is refused, with words that help, without a change."""
    before = rows(api)
    answer = api(method, path, body, **headers)
    assert answer.status == status, answer.content
    problem = answer.body
    assert problem["status"] == status
    assert all(word in problem["detail"] for word in told), problem["detail"]
    assert len(answer.content) < 2000, "what was sent is not sent back"
    assert rows(api) == before


@pytest.mark.parametrize(
    "email", ["ann@acme.com", "ANN@ACME.COM", " ann@acme.com ", "\uff41\uff4e\uff4e@\uff21cme.com"]
)
def test_an_address_that_somebody_has_is_refused_however_it_is_written(acme: Api, email: str) -> None:
    refused(acme, "POST", "/v1/users", {**USER, "email": email}, 409, "this e-mail address is not available")
    refused(acme, "PATCH", "/v1/users/bob", {"email": email}, 409, "this e-mail address is not available")
    assert acme("PATCH", "/v1/users/bob", {"email": email}).body["type"].endswith("/email_unavailable")


@pytest.mark.parametrize("email", ["deleted@acme.com", "left@gone.com"])
def test_an_address_stays_taken_when_its_user_is_deleted(acme: Api, email: str) -> None:
    refused(acme, "POST", "/v1/users", {**USER, "email": email}, 409, "not available")


@pytest.mark.parametrize("username", ["ann", "ANN", " Ann ", "\uff41\uff4e\uff4e", "\u212bnn".replace("\u212b", "A")])
def test_a_username_that_somebody_has_is_refused_however_it_is_written(acme: Api, username: str) -> None:
    refused(acme, "POST", "/v1/users", {**USER, "username": username}, 409, "username", "taken", "choose another")
    refused(acme, "PATCH", "/v1/users/bob", {"username": username}, 409, "username", "taken")


@pytest.mark.parametrize("domain", ["taken.com", "TAKEN.com", "taken.com.", "\uff34aken.com", "gone.com"])
def test_a_domain_that_somebody_has_is_refused_however_it_is_written(acme: Api, domain: str) -> None:
    refused(acme, "POST", "/v1/tenants", {"name": "N", "domain": domain}, 409, "domain", "taken", "purge")
    refused(acme, "PATCH", "/v1/tenants/acme", {"domain": domain}, 409, "domain", "taken")


@pytest.mark.parametrize("kind", INVISIBLE)
@pytest.mark.parametrize(
    ("route", "base", "member"),
    [
        ("POST /v1/users", USER, "username"),
        ("POST /v1/users", USER, "first_name"),
        ("PATCH /v1/users/bob", {}, "last_name"),
        ("POST /v1/tenants", {"domain": "n.com"}, "name"),
        ("PATCH /v1/tenants/acme", {}, "name"),
        ("POST /v1/keys", {"scopes": ["decide"]}, "name"),
    ],
)
def test_a_name_that_cannot_be_read_is_refused(
    acme: Api, kind: str, route: str, base: dict[str, Any], member: str
) -> None:
    method, path = route.split(" ")
    told = "the NUL character" if kind == "a NUL" else member
    refused(acme, method, path, {**base, member: INVISIBLE[kind]}, 400, told)


@pytest.mark.parametrize(
    "email", ["", "ann", "@acme.com", "ann@", "a b@acme.com", "a\u200bb@acme.com", "a@b\n.com", "x" * 300]
)
def test_what_is_no_address_is_refused(acme: Api, email: str) -> None:
    refused(acme, "POST", "/v1/users", {**USER, "email": email}, 400, "email")
    refused(acme, "PATCH", "/v1/users/bob", {"email": email}, 400, "email")


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("POST", "/v1/users", {**USER, "surname": "Lee"}, "surname"),
        ("POST", "/v1/users", {**USER, "status": "active"}, "status"),
        ("POST", "/v1/tenants", {"name": "N", "domain": "n.com", "version": 1}, "version"),
        ("PATCH", "/v1/users/bob", {"surname": "Lee"}, "surname"),
        ("PATCH", "/v1/tenants/acme", {"limits": {}}, "limits cannot be changed"),
        *(
            ("PATCH", "/v1/users/bob", {field: "x"}, f"{field} cannot be changed")
            for field in ("id", "tenant_id", "created_at", "updated_at", "version", "password")
        ),
        ("PATCH", "/v1/users/bob", {"has_totp": True}, "has_totp"),
        ("PATCH", "/v1/users/bob", {"status": "purged"}, "status must be"),
        ("POST", "/v1/keys", {"name": "n", "scopes": ["decide"], "owner": "me"}, "owner"),
        ("POST", "/v1/users", {**USER, "roles": ["nobody"]}, "the role 'nobody' is not declared"),
        ("PATCH", "/v1/users/bob", {"roles": ["nobody"]}, "the role 'nobody' is not declared"),
        ("PUT", "/v1/users/bob/roles/nobody", None, "the role 'nobody' is not declared"),
        ("PUT", "/v1/users/bob/roles/viewer?tenant=nowhere", None, "there is no tenant 'nowhere'"),
        ("POST", "/v1/users", {**USER, "tenant_id": "nowhere"}, "there is no tenant 'nowhere'; create it first"),
        ("POST", "/v1/users", {**USER, "tenant_id": "gone"}, "there is no tenant 'gone'"),
        ("POST", "/v1/tenants", {"name": "N", "domain": "n.com", "plan": "gold"}, "the plan 'gold' is not declared"),
        ("PATCH", "/v1/tenants/acme", {"plan": "gold"}, "the plan 'gold' is not declared"),
        ("POST", "/v1/users", {**USER, "password_hash": "$2b$12$abc"}, "Argon2id"),
        ("POST", "/v1/users", {**USER, "password": SECURE, "password_hash": "x"}, "not both"),
        ("GET", "/v1/users?limit=0", None, "limit must be"),
        ("GET", "/v1/users?limit=1001", None, "limit must be"),
        ("GET", "/v1/users?cursor=%00", None, "cursor must be"),
        ("GET", "/v1/users?colour=red", None, "'colour' is not known"),
        ("DELETE", "/v1/users/bob?purge=yes", None, "purge must be true or false"),
    ],
)
def test_what_is_not_known_is_refused_by_name(acme: Api, method: str, path: str, body: object, told: str) -> None:
    refused(acme, method, path, body, 400, told)


def test_a_password_of_a_megabyte_is_refused(acme: Api) -> None:
    for size in (1 << 19, (1 << 20) - 100, 1 << 20, 3 << 20):
        password = "Aa1!" * (size // 4)
        status = 422 if size < 1 << 20 else 413
        refused(acme, "PUT", "/v1/users/bob/password", {"password": password}, status)
        before = rows(acme)
        answer = acme("POST", "/v1/sessions", {"email": "nobody@acme.com", "password": password})
        assert answer.status == (403 if status == 422 else 413)
        assert len(rows(acme) - before) <= 3, "the try is counted, by its name and with all unknown ones, and noted"


@pytest.mark.parametrize("tag", ['"7"', 'W/"1"', '"x"', '"1.0"', '"' + "9" * 30 + '"'])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/v1/users/ann", {"first_name": "X"}),
        ("DELETE", "/v1/users/ann", None),
        ("DELETE", "/v1/users/ann?purge=true", None),
        ("PUT", "/v1/users/ann/password", {"password": SECURE}),
        ("PATCH", "/v1/tenants/acme", {"name": "X"}),
        ("DELETE", "/v1/tenants/acme", None),
    ],
)
def test_a_change_of_what_somebody_else_changed_is_refused(
    acme: Api, method: str, path: str, body: object, tag: str
) -> None:
    refused(acme, method, path, body, 412, "at version", If_Match=tag)


@pytest.mark.parametrize("tag", ["1", "", '"1', "'1'", '"1" "2"', '"1",', "one"])
def test_what_is_no_entity_tag_is_refused(acme: Api, tag: str) -> None:
    refused(acme, "PATCH", "/v1/users/ann", {"first_name": "X"}, 400, "If-Match must be", If_Match=tag)


@pytest.mark.parametrize("key", ["", '""', "a b", '"a', 'a"b', "\u00e9", "x" * 256, '"' + "x" * 256 + '"', "a\tb"])
def test_what_is_no_idempotency_key_is_refused(acme: Api, key: str) -> None:
    refused(acme, "POST", "/v1/users", USER, 400, "Idempotency-Key must be", Idempotency_Key=key)


@pytest.mark.parametrize("name", ["deleted", "purged", "never"])
@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"first_name": "X"}),
        ("PUT", "/password", {"password": SECURE}),
        ("GET", "/roles", None),
        ("PUT", "/roles/viewer", None),
        ("DELETE", "/roles/viewer", None),
        ("GET", "/permissions", None),
        ("POST", "/totp", None),
        ("POST", "/totp/confirm", {"code": "123456"}),
        ("DELETE", "/totp", None),
        ("POST", "/recovery-codes", None),
        ("POST", "/unlock", None),
        ("DELETE", "/sessions", None),
        ("DELETE", "", None),
    ],
)
def test_who_was_deleted_is_as_one_who_never_was(acme: Api, name: str, method: str, below: str, body: object) -> None:
    refused(acme, method, f"/v1/users/{name}{below}", body, 404, f"there is no user '{name}'")


@pytest.mark.parametrize("name", ["ann", "deleted", "purged", "left"])
def test_an_id_is_never_used_again(acme: Api, name: str) -> None:
    refused(acme, "POST", "/v1/users", {**USER, "id": name}, 409, f"the id '{name}' is taken")


def test_a_role_that_git_declares_is_taken_away_in_git(make_api: MakeApi) -> None:
    api = make_api(tree=policy_of("qacmeq"))
    api.tenant("qacmeq-house")
    api.user("qacmeq-declared", "qacmeq-house")

    refused(api, "DELETE", "/v1/users/qacmeq-declared/roles/viewer", None, 409, "policies/access.csv:", "in git")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/users"),
        ("PATCH", "/v1/users/bob"),
        ("PUT", "/v1/users/bob/password"),
        ("POST", "/v1/tenants"),
        ("PATCH", "/v1/tenants/acme"),
        ("POST", "/v1/users/import"),
        ("POST", "/v1/keys"),
        ("POST", "/v1/sessions"),
        ("POST", "/v1/sessions/introspect"),
        ("POST", "/v1/users/bob/totp/confirm"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'{"name": 1, "name": 2}', b'{"email": "\\ud800"}', b"[" * 5000, b"\xff{}", b'"x"'],
)
def test_what_is_no_json_object_is_refused(acme: Api, method: str, path: str, body: bytes) -> None:
    refused(acme, method, path, body, 400)

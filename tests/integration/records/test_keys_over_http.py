"""API keys, encryption and repeated requests over HTTP, on a real database in this process."""

import pytest

from support.databases import PostgresqlDatabases
from support.recorded_api import Api, MakeApi

KEY = {"name": "host", "scopes": ["decide", "admin:users"]}
MAKER = {"name": "maker", "scopes": ["decide", "admin:keys"]}
KEY_OF_MAKER = {"name": "made", "scopes": ["decide"]}


def test_a_key_is_shown_once_and_works(api: Api) -> None:
    made = api.made("/v1/keys", KEY)
    host = api.with_key(made["key"])

    assert made["key"].startswith(made["secrets"][0]["prefix"])
    assert host("GET", "/v1/users").status == 200
    assert host("GET", "/v1/tenants").status == 403
    assert made["key"] not in str(api("GET", f"/v1/keys/{made['id']}").body)


def test_a_revoked_key_works_no_more(api: Api) -> None:
    made = api.made("/v1/keys", KEY)
    host = api.with_key(made["key"])
    assert host("GET", "/v1/users").status == 200

    assert api("DELETE", f"/v1/keys/{made['id']}").status == 204

    assert host("GET", "/v1/users").status == 401
    assert api("GET", f"/v1/keys/{made['id']}").body["revoked_at"] is not None


def test_a_key_has_two_secrets_while_it_is_rotated(api: Api) -> None:
    made = api.made("/v1/keys", KEY)
    path = f"/v1/keys/{made['id']}/rotate"

    second = api.made(path, {})
    assert api.with_key(made["key"])("GET", "/v1/users").status == 200
    assert api.with_key(second["key"])("GET", "/v1/users").status == 200
    assert api("POST", path, {}).status == 409

    other = api.made("/v1/keys", KEY)
    third = api.made(f"/v1/keys/{other['id']}/rotate", {"overlap_seconds": 0})
    assert api.with_key(other["key"])("GET", "/v1/users").status == 401
    assert api.with_key(third["key"])("GET", "/v1/users").status == 200
    assert len(third["secrets"]) == 1, "what ends at once is not kept until another machine's clock says so"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"name": "x", "scopes": []}, "scopes is empty"),
        ({"name": "x", "scopes": ["fly"]}, "the scope 'fly' is not known"),
        ({"name": "", "scopes": ["decide"]}, "name is blank"),
        ({"name": "x", "scopes": ["decide"], "tenant_id": "nowhere"}, "there is no tenant 'nowhere'"),
        ({"name": "x", "scopes": ["decide"], "expires_at": "2020-01-01T00:00:00Z"}, "in the past"),
        ({"name": "x", "scopes": ["decide"], "expires_at": "tomorrow"}, "expires_at: must be a time"),
        ({"name": "x", "scopes": ["decide"], "expires_at": "2090-01-01T00:00:00"}, "with its zone"),
    ],
)
def test_what_is_no_key_is_refused(api: Api, body: dict[str, object], told: str) -> None:
    answer = api("POST", "/v1/keys", body)

    assert answer.status == 400
    assert told in answer.body["detail"]


def test_nobody_gives_what_it_has_not_got(api: Api) -> None:
    api.tenant("acme")
    api.tenant("globex")
    weak = api.with_key(api.made("/v1/keys", {"name": "weak", "scopes": ["admin:keys"]})["key"])
    strong = api.made("/v1/keys", {"name": "strong", "scopes": ["admin:keys", "policy:write"]})
    bound = api.bound("acme", "admin:keys", "decide")

    assert weak("POST", "/v1/keys", {"name": "x", "scopes": ["decide"]}).status == 403
    assert weak("POST", f"/v1/keys/{strong['id']}/rotate", {}).status == 403
    assert bound("POST", "/v1/keys", {"name": "x", "scopes": ["decide"], "tenant_id": "globex"}).status == 403
    assert bound.made("/v1/keys", {"name": "x", "scopes": ["decide"]})["tenant_id"] == "acme"
    assert bound("GET", f"/v1/keys/{strong['id']}").status == 404
    assert {one["tenant_id"] for one in bound("GET", "/v1/keys").body["items"]} == {"acme"}


def test_the_encryption_key_is_rotated_and_all_stays_readable(api: Api) -> None:
    api.tenant()
    api.user("ann")
    api.user("bob")
    before = api("GET", "/v1/encryption").body

    rotated = api("POST", "/v1/encryption/rotate").body

    assert rotated["key_id"] != before["key_id"]
    assert (rotated["resealed"], rotated["remaining"]) == (2, 0)
    assert api("GET", "/v1/encryption").body["sealed_with_others"] == 0
    assert api("GET", "/v1/users/ann").body["email"] == "ann@acme.com"
    assert [one["id"] for one in api("GET", "/v1/users?email=bob@acme.com").body["items"]] == ["bob"]


def test_a_bound_key_does_not_reach_encryption(api: Api) -> None:
    api.tenant()

    assert api.bound("acme", "admin:keys")("GET", "/v1/encryption").status == 403


@pytest.mark.parametrize("key", ["abc", '"abc"'])
def test_a_request_that_is_repeated_gets_the_answer_it_got(api: Api, key: str) -> None:
    first = api("POST", "/v1/keys", KEY, Idempotency_Key=key)

    again = api("POST", "/v1/keys", KEY, Idempotency_Key=key)

    assert again.content == first.content
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.headers["etag"] == first.headers["etag"]
    assert [one["name"] for one in api("GET", "/v1/keys").body["items"]].count("host") == 1


def test_another_request_under_the_same_key_is_refused(api: Api) -> None:
    api("POST", "/v1/keys", KEY, Idempotency_Key="abc")

    answer = api("POST", "/v1/keys", {**KEY, "name": "other"}, Idempotency_Key="abc")

    assert (answer.status, answer.body["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")


def test_a_refused_request_is_not_kept(api: Api) -> None:
    bad = {"name": "x", "scopes": ["decide"], "tenant_id": "acme"}
    assert api("POST", "/v1/keys", bad, Idempotency_Key="abc").status == 400
    api.tenant()

    assert api("POST", "/v1/keys", bad, Idempotency_Key="abc").status == 201


@pytest.mark.parametrize("key", ["", '"', "a b", "x" * 256, '"a', "\u00e9"])
def test_what_is_no_idempotency_key_is_refused(api: Api, key: str) -> None:
    assert api("POST", "/v1/keys", KEY, Idempotency_Key=key).status == 400


def test_two_callers_may_choose_the_same_idempotency_key(api: Api) -> None:
    other = api.with_key(api.made("/v1/keys", {"name": "other", "scopes": ["decide", "admin:keys"]})["key"])
    body = {"name": "new", "scopes": ["decide"]}

    first, second = (
        api("POST", "/v1/keys", body, Idempotency_Key="a"),
        other("POST", "/v1/keys", body, Idempotency_Key="a"),
    )

    assert first.status == second.status == 201
    assert first.body["id"] != second.body["id"]


def test_a_key_that_another_sidecar_rotated_opens_here_too(make_api: MakeApi, postgresql: PostgresqlDatabases) -> None:
    database = postgresql.new()
    here, there = make_api(database), make_api(database)
    here.tenant()
    here.user("ann")
    here.user("bob")
    assert there("GET", "/v1/users/ann").body["email"] == "ann@acme.com"

    assert here("POST", "/v1/encryption/rotate").body["remaining"] == 0
    repeated = here("POST", "/v1/users/ann/unlock", Idempotency_Key="a")

    assert there("GET", "/v1/users/ann").body["email"] == "ann@acme.com"
    assert there("PATCH", "/v1/users/ann", {"email": "new@acme.com"}).status == 200
    assert there("POST", "/v1/users/ann/unlock", Idempotency_Key="a").headers["idempotency-replayed"] == "true"
    assert repeated.status == 204


def test_a_key_makes_none_that_goes_on_after_it(api: Api) -> None:
    ending = api.with_key(api.made("/v1/keys", {**MAKER, "expires_at": "2090-01-01T00:00:00Z"})["key"])

    assert ending("POST", "/v1/keys", KEY_OF_MAKER).status == 403
    assert ending("POST", "/v1/keys", {**KEY_OF_MAKER, "expires_at": "2090-01-01T00:00:01Z"}).status == 403
    assert ending("POST", "/v1/keys", {**KEY_OF_MAKER, "expires_at": "2090-01-01T00:00:00Z"}).status == 201


def test_a_secret_that_ends_makes_no_key_that_goes_on(api: Api) -> None:
    made = api.made("/v1/keys", MAKER)
    newer = api.made(f"/v1/keys/{made['id']}/rotate", {"overlap_seconds": 60})

    assert api.with_key(made["key"])("POST", "/v1/keys", KEY_OF_MAKER).status == 403
    assert api.with_key(newer["key"])("POST", "/v1/keys", KEY_OF_MAKER).status == 201


def test_a_key_is_rotated_by_none_that_ends_before(api: Api) -> None:
    lasting = api.made("/v1/keys", KEY_OF_MAKER)
    made = api.made("/v1/keys", {**MAKER, "expires_at": "2090-01-01T00:00:00Z"})
    ending = api.with_key(made["key"])

    assert ending("POST", f"/v1/keys/{lasting['id']}/rotate", {}).status == 403
    assert ending("POST", f"/v1/keys/{made['id']}/rotate", {}).status == 201


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "1960-01-01T00:00:00Z"])
def test_a_time_that_cannot_be_shown_is_refused(api: Api, time: str) -> None:
    assert api("POST", "/v1/keys", {**KEY, "expires_at": time}).status == 400
    assert api("GET", "/v1/keys").status == 200

"""Tenants over HTTP, on a real database in this process."""

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.recorded_api import Api, MakeApi

ACME = {"id": "acme", "name": "Acme Corporation", "domain": "acme.com", "plan": "professional"}


def test_a_tenant_is_made_with_the_limits_and_features_of_its_plan(api: Api) -> None:
    made = api.made("/v1/tenants", ACME)

    assert made["status"] == "active"
    assert made["limits"] == {"max_agents": 20, "max_workflows": 50, "storage_used": 10240, "api_calls": 5000}
    assert made["features"] == ["core_agents", "advanced_workflows", "priority_support", "analytics"]
    assert api("GET", "/v1/tenants/acme").body == made


def test_without_an_id_and_a_plan_it_gets_them(api: Api) -> None:
    made = api.made("/v1/tenants", {"name": "Acme", "domain": "acme.com"})

    assert made["plan"] == "basic"
    assert made["id"][14] == "7", "a UUIDv7"


def test_it_is_found_by_its_domain_however_that_is_written(api: Api) -> None:
    api.made("/v1/tenants", ACME)

    for spelling in ("acme.com", "ACME.com", "acme.com.", "%EF%BD%81cme.com"):
        assert [one["id"] for one in api("GET", f"/v1/tenants?domain={spelling}").body["items"]] == ["acme"]


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        pytest.param({"id": "acme", "domain": "other.com"}, 409, "the id 'acme' is taken", id="its id"),
        pytest.param({"domain": "ACME.com"}, 409, "the domain 'acme.com' is taken", id="its domain in capitals"),
        pytest.param({"domain": "\uff41cme.com"}, 409, "the domain 'acme.com' is taken", id="its domain in full width"),
        pytest.param({"domain": "o.com", "plan": "gold"}, 400, "the plan 'gold' is not declared", id="an unknown plan"),
        pytest.param({"domain": "not a domain"}, 400, "is no domain name", id="what is no domain"),
        pytest.param({"domain": "o.com", "name": "a\u202eb"}, 400, "invisible character", id="a name that turns text"),
        pytest.param({"domain": "o.com", "name": "a\nb"}, 400, "control", id="a name of two lines"),
        pytest.param({"domain": "o.com", "id": "a b"}, 400, "id must be", id="a blank in the id"),
        pytest.param({"domain": "o.com", "id": "-"}, 400, "no tenant", id="the id that means none"),
        pytest.param({"domain": "o.com", "status": "active"}, 400, "status", id="a member that is not known"),
        pytest.param({"domain": "o.com", "settings": {"a": "x" * 20_000}}, 400, "settings", id="large settings"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_changes_nothing(
    api: Api, change: dict[str, object], status: int, told: str
) -> None:
    api.made("/v1/tenants", ACME)

    answer = api("POST", "/v1/tenants", {"name": "Other", **change})

    assert answer.status == status
    assert told in answer.body["detail"]
    assert len(api("GET", "/v1/tenants").body["items"]) == 1


def test_fields_are_changed_one_by_one_and_the_version_grows(api: Api) -> None:
    made = api.made("/v1/tenants", ACME)

    changed = api("PATCH", "/v1/tenants/acme", {"plan": "enterprise", "settings": {"theme": "dark"}})

    assert changed.status == 200
    assert changed.body["plan"] == "enterprise"
    assert changed.body["limits"]["max_agents"] == 100
    assert changed.body["name"] == made["name"]
    assert changed.headers["etag"] == '"2"'
    assert int(changed.headers["doorward-facts"]) > 0


def test_a_change_that_changes_nothing_is_none(api: Api) -> None:
    api.made("/v1/tenants", ACME)

    assert api("PATCH", "/v1/tenants/acme", {"plan": "professional"}).body["version"] == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"limits": {}}, "limits cannot be changed"),
        ({"id": "other"}, "id cannot be changed"),
        ({"colour": "red"}, "'colour' is no field"),
        ({"status": "deleted"}, "status must be active or suspended"),
        ({"name": 7}, "name must be a string"),
        ({"plan": "gold"}, "the plan 'gold' is not declared"),
    ],
)
def test_what_cannot_be_changed_is_refused(api: Api, fields: dict[str, object], told: str) -> None:
    before = api.made("/v1/tenants", ACME)

    answer = api("PATCH", "/v1/tenants/acme", {"name": "New", **fields})

    assert answer.status == 400
    assert told in answer.body["detail"]
    assert api("GET", "/v1/tenants/acme").body == before


def test_a_change_heeds_if_match(api: Api) -> None:
    api.made("/v1/tenants", ACME)
    assert api("PATCH", "/v1/tenants/acme", {"name": "One"}, If_Match='"1"').status == 200

    stale = api("PATCH", "/v1/tenants/acme", {"name": "Two"}, If_Match='"1"')

    assert stale.status == 412
    assert stale.body["type"].endswith("/precondition-failed")
    assert api("PATCH", "/v1/tenants/acme", {"name": "Three"}, If_Match='"1", "2"').status == 200
    assert api("PATCH", "/v1/tenants/acme", {"name": "Four"}, If_Match="*").status == 200
    assert api("PATCH", "/v1/tenants/acme", {"name": "Five"}, If_Match='W/"4"').status == 412
    assert api("PATCH", "/v1/tenants/acme", {"name": "Five"}, If_Match="four").status == 400


def test_a_suspended_tenant_is_denied_and_an_active_one_is_not(api: Api) -> None:
    api.tenant()
    api.user(roles=["viewer"])
    assert api.allowed("user:ann", "view", "agents:1")

    api("PATCH", "/v1/tenants/acme", {"status": "suspended"})
    assert not api.allowed("user:ann", "view", "agents:1")

    api("PATCH", "/v1/tenants/acme", {"status": "active"})
    assert api.allowed("user:ann", "view", "agents:1")


def test_a_deleted_tenant_is_found_by_nothing_and_keeps_its_names(api: Api) -> None:
    api.made("/v1/tenants", ACME)

    assert api("DELETE", "/v1/tenants/acme").status == 204

    assert api("GET", "/v1/tenants/acme").status == 404
    assert api("GET", "/v1/tenants?domain=acme.com").body["items"] == []
    assert api("PATCH", "/v1/tenants/acme", {"name": "X"}).status == 404
    assert api("POST", "/v1/tenants", ACME).status == 409
    assert api("POST", "/v1/tenants", {**ACME, "id": "acme2"}).status == 409


def test_the_users_of_a_deleted_tenant_are_gone_with_it(make_api: MakeApi, database_address: DatabaseAddress) -> None:
    api = make_api(database_address)
    for tenant in ("acme", "globex"):
        api.tenant(tenant)
        api.user(f"{tenant}-ann", tenant, roles=["viewer"])
        api("PUT", f"/v1/users/{tenant}-ann/roles/viewer?tenant=*")
    question = ("user:acme-ann", "view", "agents:1", "globex")
    flags = {"context": {"targetingKey": "acme-ann", "tenant": "globex"}}
    assert api.allowed(*question)
    assert api("POST", "/ofrep/v1/evaluate/flags", flags).status == 200

    assert api("DELETE", "/v1/tenants/acme").status == 204

    assert api("GET", "/v1/users/acme-ann").status == 404
    assert api("GET", "/v1/users/acme-ann/roles").status == 404
    assert api("POST", "/v1/users/acme-ann/unlock").status == 404
    assert [one["id"] for one in api("GET", "/v1/users").body["items"]] == ["globex-ann"]
    assert api("GET", "/v1/users?tenant=acme").body["items"] == []
    assert not api.allowed(*question)
    assert api("POST", "/ofrep/v1/evaluate/flags", flags).status == 400
    assert api.allowed("user:globex-ann", "view", "agents:1")
    assert api("DELETE", "/v1/users/acme-ann?purge=true").status == 204, "who has to be forgotten can be"


def test_purging_frees_the_domain_and_the_users_addresses_but_no_id(api: Api) -> None:
    api.tenant()
    api.user()
    api("DELETE", "/v1/tenants/acme")

    assert api("DELETE", "/v1/tenants/acme?purge=true").status == 204

    assert api("POST", "/v1/tenants", ACME).status == 409
    api.made("/v1/tenants", {**ACME, "id": "acme2"})
    assert api("GET", "/v1/users/ann").status == 404
    again = api("POST", "/v1/users", {"id": "ann", **person("acme2")})
    assert (again.status, "the id 'ann' is taken" in again.body["detail"]) == (409, True)
    api.made("/v1/users", {"id": "ann2", **person("acme2")})
    assert api("DELETE", "/v1/tenants/acme?purge=true").status == 404


def person(tenant: str) -> dict[str, object]:
    return {"tenant_id": tenant, "email": "ann@acme.com", "username": "ann", "first_name": "Ann", "last_name": "Lee"}


def test_lists_go_by_id_a_page_at_a_time(api: Api) -> None:
    for name in ("c", "a", "d", "b"):
        api.tenant(name)

    first = api("GET", "/v1/tenants?limit=3").body
    second = api("GET", f"/v1/tenants?limit=3&cursor={first['next']}").body

    assert [one["id"] for one in first["items"]] == ["a", "b", "c"]
    assert [one["id"] for one in second["items"]] == ["d"]
    assert second["next"] is None


def test_lists_are_filtered(api: Api) -> None:
    api.tenant("a", plan="enterprise")
    api.tenant("b")
    api("PATCH", "/v1/tenants/b", {"status": "suspended"})

    assert [one["id"] for one in api("GET", "/v1/tenants?status=suspended").body["items"]] == ["b"]
    assert [one["id"] for one in api("GET", "/v1/tenants?plan=enterprise").body["items"]] == ["a"]
    assert api("GET", "/v1/tenants?status=deleted").status == 400


def test_a_bound_key_sees_and_changes_its_own_tenant_alone(api: Api) -> None:
    api.tenant("acme")
    api.tenant("globex")
    bound = api.bound("acme", "admin:tenants")

    assert [one["id"] for one in bound("GET", "/v1/tenants").body["items"]] == ["acme"]
    assert bound("PATCH", "/v1/tenants/acme", {"name": "Ours"}).status == 200
    there, not_there = bound("GET", "/v1/tenants/globex"), bound("GET", "/v1/tenants/gllbex")
    assert there.status == not_there.status == 404
    assert there.content.replace(b"globex", b"gllbex") == not_there.content
    assert bound("POST", "/v1/tenants", {"name": "New", "domain": "new.com"}).status == 403
    assert bound("DELETE", "/v1/tenants/acme").status == 403


def test_many_are_imported_each_by_itself(api: Api) -> None:
    api.tenant("acme")
    items = [
        {"id": "acme", "name": "Acme", "domain": "acme.com"},
        {"id": "new", "name": "New", "domain": "new.com"},
        {"id": "bad", "name": "Bad", "domain": "NEW.com"},
        {"id": "worse", "name": "Worse"},
    ]
    rehearsed = api("POST", "/v1/tenants/import", {"items": items, "dry_run": True}).body["results"]
    assert api("GET", "/v1/tenants/new").status == 404

    results = api("POST", "/v1/tenants/import", {"items": items}).body["results"]

    assert results == rehearsed
    assert [one["status"] for one in results] == ["exists", "created", "invalid", "invalid"]
    assert "taken" in results[2]["detail"]
    assert "domain" in results[3]["detail"]


def test_a_limit_that_is_counted_in_several_ways_shows_what_holds_per_each(api: Api) -> None:
    api.made("/v1/tenants", ACME)
    own = "/v1/tenants/acme/limits/api_calls"
    assert api("PUT", own, {"amount": 7, "per": "rate/second"}).status == 200
    assert api("PUT", own, {"amount": "unlimited", "per": "day"}).status == 200

    limits = api("GET", "/v1/tenants/acme").body["limits"]

    assert limits["api_calls"] == {"hour": 5000, "day": "unlimited", "rate/second": 7}
    assert limits["max_agents"] == 20

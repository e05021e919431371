"""Flags over HTTP: listed, shown, explained; overrides set, listed and taken away."""

import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.flag_trees import KEYS, flag_tree
from support.recorded_api import Answer, Api, MakeApi

ALL = "/ofrep/v1/evaluate/flags"
SOON = "2999-01-01T00:00:00Z"


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    made = make_api(tree=flag_tree())
    made.tenant()
    return made


def path_of(key: str, tenant: str = "acme") -> str:
    return f"/v1/flags/{quote(key, safe='')}/overrides/{tenant}"


def put(api: Api, key: str, value: object, tenant: str = "acme", **more: Any) -> Answer:
    headers = {name: more.pop(name) for name in list(more) if name[0].isupper()}
    return api("PUT", path_of(key, tenant), {"value": value, **more}, **headers)


def value(api: Api, key: str, **context: object) -> Mapping[str, Any]:
    answer = api("POST", f"{ALL}/{quote(key, safe='')}", {"context": {"tenant": "acme", **context}})
    assert answer.status == 200, answer.content
    found: Mapping[str, Any] = answer.body
    return found


def test_the_list_has_what_is_declared_then_features_of_plans(api: Api) -> None:
    items = api("GET", "/v1/flags").body["items"]

    assert [one["key"] for one in items[: len(KEYS)]] == list(KEYS)
    assert items[0] | {"last_evaluated": None} == {
        "key": "beta",
        "type": "boolean",
        "description": "Enable beta features",
        "owner": "platform",
        "variants": {"on": True, "off": False},
        "default": "off",
        "off": "off",
        "enabled": True,
        "expires": None,
        "from_plan": False,
        "requires": {},
        "rules": 2,
        "place": "policies/flags.yaml:1",
        "last_evaluated": None,
    }
    assert items[-1]["from_plan"]
    assert items[-1]["place"] is None


def test_the_list_comes_in_pages(api: Api) -> None:
    first = api("GET", "/v1/flags?limit=3").body
    second = api("GET", f"/v1/flags?limit=3&cursor={first['next']}").body

    assert [one["key"] for one in first["items"] + second["items"]] == list(KEYS[:6])


@pytest.mark.parametrize("key", [*KEYS, "analytics"])
def test_each_flag_is_shown_by_its_key(api: Api, key: str) -> None:
    assert api("GET", f"/v1/flags/{quote(key, safe='')}").body["key"] == key


def test_an_unknown_flag_is_not_found(api: Api) -> None:
    assert api("GET", "/v1/flags/nobody").status == 404
    assert api("POST", "/v1/flags/nobody/explain", {}).status == 404
    assert api("GET", "/v1/flags/nobody/overrides").status == 404
    assert put(api, "nobody", True).status == 404


def test_when_a_flag_was_asked_for_last_is_told(api: Api) -> None:
    assert api("GET", "/v1/flags/price").body["last_evaluated"] is None
    value(api, "price")
    api("POST", ALL, {})

    assert api("GET", "/v1/flags/price").body["last_evaluated"].startswith("20")
    assert api("GET", "/v1/flags/beta").body["last_evaluated"] is None, "all flags together tell nothing of one"


def test_an_explanation_says_what_decided(api: Api) -> None:
    answer = api("POST", "/v1/flags/by_tenant/explain", {"context": {"tenant": "acme"}})

    assert answer.body | {"at": ""} == {
        "key": "by_tenant",
        "type": "boolean",
        "value": True,
        "variant": "on",
        "reason": "SPLIT",
        "decided_by": "rule",
        "rule": 1,
        "bucket": answer.body["bucket"],
        "absent": [],
        "override": None,
        "detail": None,
        "error_code": None,
        "tenant": "acme",
        "at": "",
    }
    assert 0 <= answer.body["bucket"] < 100_000


def test_an_explanation_names_absent_attributes_and_the_override(api: Api) -> None:
    put(api, "price", 3)

    assert api("POST", "/v1/flags/beta/explain", {"context": {}}).body["absent"] == ["tenant.plan", "context.tester"]
    told = api("POST", "/v1/flags/price/explain", {"context": {"tenant": "acme"}}).body
    assert (told["decided_by"], told["override"]) == ("override", {"value": 3.0, "ignored": False})


def test_an_explanation_is_for_any_time(api: Api) -> None:
    put(api, "price", 3, expires_at="2998-01-01T00:00:00Z")
    asked = {"context": {"tenant": "acme"}}

    assert api("POST", "/v1/flags/price/explain", asked).body["value"] == 3.0
    later = api("POST", "/v1/flags/price/explain", {**asked, "at": "2998-01-01T00:00:00Z"}).body
    assert (later["value"], later["at"]) == (1.0, "2998-01-01T00:00:00.000Z")


@pytest.mark.parametrize("at", ["tomorrow", "2027-01-01", "2027-01-01T00:00:00", "", "99999-01-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(api: Api, at: str) -> None:
    assert api("POST", "/v1/flags/price/explain", {"at": at}).status == 400


def test_an_override_counts_at_once_for_its_tenant_alone(api: Api) -> None:
    api.tenant("globex")

    answer = put(api, "web/search engine", "v2", reason="asked for", expires_at=SOON)

    assert (answer.status, answer.headers["etag"]) == (200, '"1"')
    assert answer.body["state"] == "active"
    assert (answer.body["reason"], answer.body["expires_at"]) == ("asked for", "2999-01-01T00:00:00.000Z")
    assert value(api, "web/search engine")["variant"] == "vectors"
    assert value(api, "web/search engine", tenant="globex")["variant"] == "classic"


def test_an_override_ends_at_its_time_also_where_the_same_was_answered_before(api: Api) -> None:
    end = datetime.now(UTC) + timedelta(seconds=1.5)
    put(api, "price", 3, expires_at=end.isoformat())

    def among_all() -> object:
        flags = api("POST", ALL, {"context": {"tenant": "acme"}}).body["flags"]
        return next(one["value"] for one in flags if one["key"] == "price")

    assert (among_all(), among_all(), value(api, "price")["value"]) == (3.0, 3.0, 3.0)
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 0.01)
    assert (among_all(), value(api, "price")["value"]) == (1.0, 1.0)
    assert api("GET", path_of("price")).body["state"] == "expired"


def test_a_value_of_no_variant_is_the_variant_override(api: Api) -> None:
    put(api, "banner", {"text": "Hello"})

    assert value(api, "banner") == {
        "key": "banner", "value": {"text": "Hello"}, "variant": "override", "reason": "TARGETING_MATCH",
    }  # fmt: skip


def test_an_override_wins_over_a_disabled_flag_and_over_the_plan(api: Api) -> None:
    put(api, "page_size", 50)
    put(api, "analytics", value=True)

    assert value(api, "page_size")["value"] == 50
    assert value(api, "analytics")["value"] is True


def test_an_override_that_is_taken_away_counts_no_more(api: Api) -> None:
    put(api, "price", 3)

    assert api("DELETE", path_of("price")).status == 204

    assert value(api, "price")["value"] == 1.0
    assert api("DELETE", path_of("price")).status == 404
    assert api("GET", path_of("price")).status == 404


@pytest.mark.parametrize(
    ("key", "given"),
    [
        pytest.param("beta", "on", id="a variant for a boolean"),
        pytest.param("beta", 1, id="a number for a boolean"),
        pytest.param("beta", None, id="nothing"),
        pytest.param("price", "3", id="a text for a float"),
        pytest.param("price", True, id="a boolean for a float"),
        pytest.param("page_size", 1.5, id="a fraction for an integer"),
        pytest.param("page_size", 1 << 53, id="an integer that clients cannot hold"),
        pytest.param("web/search engine", 7, id="a number for a text"),
        pytest.param("banner", [], id="a list for an object"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(api: Api, key: str, given: object) -> None:
    before = value(api, key)

    answer = put(api, key, given)

    assert answer.status == 400
    assert "does not fit" in answer.body["detail"]
    assert value(api, key) == before


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"reason": "two\nlines"}, id="a reason of two lines"),
        pytest.param({"expires_at": "2020-01-01T00:00:00Z"}, id="an end that is over"),
        pytest.param({"expires_at": "tomorrow"}, id="an end that is no time"),
        pytest.param({"until": SOON}, id="an unknown member"),
    ],
)
def test_what_is_wrong_with_an_override_is_refused(api: Api, more: dict[str, Any]) -> None:
    assert put(api, "beta", value=True, **more).status == 400


def test_a_value_may_not_be_endless(api: Api) -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}

    assert put(api, "banner", deep).status == 400
    assert put(api, "banner", {"a": "x" * 70_000}).status == 400


def test_an_unknown_or_deleted_tenant_has_no_overrides(api: Api) -> None:
    assert put(api, "beta", value=True, tenant="nobody").status == 404
    api("DELETE", "/v1/tenants/acme")
    assert put(api, "beta", value=True).status == 404


def test_a_tenant_that_only_the_policy_names_may_have_overrides(make_api: MakeApi) -> None:
    api = make_api(tree={**flag_tree(), "policies/directory.yaml": b"tenants: [declared/one]\n"})

    assert put(api, "price", 3, "declared%2Fone").status == 200
    assert value(api, "price", tenant="declared/one")["value"] == 3.0


def test_overrides_are_listed_by_tenant_in_pages(api: Api) -> None:
    for name in ("b", "c", "d"):
        api.tenant(name)
        put(api, "price", 3, name)
    put(api, "beta", value=True, tenant="c")

    def pages(path: str) -> list[tuple[str, str]]:
        found, following = [], ""
        while following is not None:
            page = api("GET", f"{path}?limit=2" + (f"&cursor={following}" if following else "")).body
            found += [(one["tenant"], one["flag"]) for one in page["items"]]
            following = page["next"]
        return found

    assert pages("/v1/flags/price/overrides") == [("b", "price"), ("c", "price"), ("d", "price")]
    assert pages("/v1/flag-overrides") == [("b", "price"), ("c", "beta"), ("c", "price"), ("d", "price")]
    assert api("GET", "/v1/flag-overrides?cursor=!").status == 400


def test_an_override_of_a_flag_that_is_gone_or_of_another_type_is_shown_and_ignored(make_api: MakeApi) -> None:
    tree = dict(flag_tree(b"a: {type: integer, variants: {x: 1}, default: x}\nb: {type: boolean, default: on}\n"))
    api = make_api(tree=tree)
    api.tenant()
    put(api, "a", 7)
    put(api, "b", value=False)
    policy = Path(str(api.state).replace("state", "policy"))

    (policy / "policies/flags.yaml").write_bytes(b"a: {type: string, variants: {x: y}, default: x}\n")
    assert api("POST", "/v1/policy/reload").status == 200

    states = {one["flag"]: one["state"] for one in api("GET", "/v1/flag-overrides").body["items"]}
    assert states == {"a": "does_not_fit", "b": "no_flag"}
    assert value(api, "a")["value"] == "y"
    told = api("POST", "/v1/flags/a/explain", {"context": {"tenant": "acme"}}).body
    assert told["override"] == {"value": 7, "ignored": True}
    assert api("DELETE", path_of("b")).status == 204


def test_a_bound_key_sets_and_sees_overrides_of_its_tenant_alone(api: Api) -> None:
    api.tenant("globex")
    put(api, "price", 3, "globex")
    bound = api.bound("acme", "flags:write")

    assert put(bound, "price", 2).status == 200
    assert put(bound, "price", 2, "globex").status == 404
    assert bound("DELETE", path_of("price", "globex")).status == 404
    assert bound("GET", path_of("price", "globex")).status == 404
    assert [one["tenant"] for one in bound("GET", "/v1/flags/price/overrides").body["items"]] == ["acme"]
    assert bound("GET", "/v1/flag-overrides").status == 403


def test_who_may_only_read_flags_sets_no_override(api: Api) -> None:
    assert put(api.bound("acme", "flags:read"), "price", 2).status == 403


def test_a_change_heeds_if_match(api: Api) -> None:
    assert put(api, "price", 2, If_Match='"1"').status == 412
    put(api, "price", 2)

    assert put(api, "price", 3, If_Match='"7"').status == 412
    assert put(api, "price", 3, If_Match='"1"').headers["etag"] == '"2"'
    assert api("DELETE", path_of("price"), If_Match='"1"').status == 412
    assert api("DELETE", path_of("price"), If_Match='"2"').status == 204


def test_a_change_that_is_repeated_is_carried_out_once(api: Api) -> None:
    first = put(api, "price", 2, Idempotency_Key="abc")
    again = put(api, "price", 2, Idempotency_Key="abc")

    assert first.body == again.body
    assert again.headers["idempotency-replayed"] == "true"
    assert put(api, "price", 3, Idempotency_Key="abc").status == 422


def test_overrides_are_audited_in_their_transaction(api: Api) -> None:
    put(api, "price", 2, reason="sale")
    put(api, "price", "wrong")
    api("DELETE", path_of("price"))

    with sqlite3.connect(api.state / "doorward.db") as database:
        rows = database.execute("SELECT type, resource, action, tenant FROM audit_event WHERE resource LIKE 'flag:%'")
        assert rows.fetchall() == [
            ("config_change", "flag:price", "flags.set_override", "acme"),
            ("config_change", "flag:price", "flags.remove_override", "acme"),
        ]


def test_a_purged_tenant_leaves_no_override(api: Api) -> None:
    put(api, "price", 2)

    assert api("DELETE", "/v1/tenants/acme?purge=true").status == 204

    assert api("GET", "/v1/flag-overrides").body["items"] == []


def test_a_flag_whose_key_has_overrides_in_it_can_be_overridden(make_api: MakeApi) -> None:
    api = make_api(tree=flag_tree(b"a/overrides/b: {type: boolean, default: off}\na: {type: boolean, default: off}\n"))
    api.tenant()

    assert put(api, "a/overrides/b", value=True).body["flag"] == "a/overrides/b"
    assert value(api, "a/overrides/b")["value"] is True
    assert value(api, "a")["value"] is False


@pytest.mark.parametrize("given", ["%00", "a%00b", "%ff"])
def test_a_key_that_no_flag_can_have_breaks_nothing(
    make_api: MakeApi, database_address: DatabaseAddress, given: str
) -> None:
    api = make_api(database_address, tree=flag_tree())
    api.tenant()

    for method, path, body in (
        ("PUT", f"/v1/flags/{given}/overrides/acme", {"value": True}),
        ("PUT", f"/v1/flags/beta/overrides/{given}", {"value": True}),
        ("DELETE", f"/v1/flags/{given}/overrides/acme", None),
        ("GET", f"/v1/flags/{given}/overrides", None),
        ("GET", f"/v1/flags/beta/overrides/{given}", None),
    ):
        assert api(method, path, body).status == (400 if "%00" in given else 404), (method, path)

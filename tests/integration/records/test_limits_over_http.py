"""Limits of tenants over HTTP: by their plans, and by overrides that are set, shown and taken away."""

import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doorward.domain.database_address import DatabaseAddress
from support.recorded_api import Answer, Api, MakeApi
from support.trees import ROOT

SOON = "2999-01-01T00:00:00Z"
PLANS = b"""\
p, basic, max_agents, total, 5
p, basic, api_calls, hour, 1000
p, basic, messages, hour, 10
p, basic, messages, day, 100
p, pro, max_agents, total, 20
p, pro, exports, day, 3
p2, pro, help
"""
CATALOG = b"""\
plans: {basic: {name: Basic}}
meters:
  api_calls: {aggregation: sum, per: hour}
  uploads: {aggregation: sum, per: month}
  sessions: {aggregation: latest}
limits: {seats: {kind: hard}}
"""
FLAGS = b"""\
roomy:
  type: boolean
  default: off
  rules:
    - {when: r.ctx.tenant.limits.max_agents > 40, serve: on}
"""
RULES = b"p, few, *, *, agents:*, create, r.ctx.tenant.limits.max_agents < 6, allow\n"


def tree() -> dict[str, bytes]:
    kept = ("models/access.conf", "models/plans.conf", "policies/access.csv")
    files = {path: (ROOT / path).read_bytes() for path in kept}
    files["policies/access.csv"] += RULES
    return {**files, "policies/plans.csv": PLANS, "policies/catalog.yaml": CATALOG, "policies/flags.yaml": FLAGS}


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    made = make_api(tree=tree())
    made.tenant()
    return made


def path_of(limit: str, tenant: str = "acme", per: str | None = None) -> str:
    return f"/v1/tenants/{tenant}/limits/{limit}" + ("" if per is None else f"?per={per}")


def put(api: Api, limit: str, amount: object, tenant: str = "acme", **more: Any) -> Answer:
    headers = {name: more.pop(name) for name in list(more) if name[0].isupper()}
    return api("PUT", path_of(limit, tenant), {"amount": amount, **more}, **headers)


def limits(api: Api, tenant: str = "acme") -> dict[tuple[str, str], Mapping[str, Any]]:
    answer = api("GET", f"/v1/tenants/{tenant}/limits")
    assert answer.status == 200, answer.content
    return {(one["limit"], one["per"]): one for one in answer.body["items"]}


def amounts(api: Api, tenant: str = "acme") -> dict[tuple[str, str], object]:
    return {key: one["amount"] for key, one in limits(api, tenant).items()}


BASIC = {("max_agents", "total"): 5, ("api_calls", "hour"): 1000, ("messages", "hour"): 10, ("messages", "day"): 100}


def test_a_tenant_has_what_its_plan_gives(api: Api) -> None:
    answer = api("GET", "/v1/tenants/acme/limits").body

    assert (answer["plan"], answer["overrides"], answer["next"]) == ("basic", [], None)
    assert amounts(api) == BASIC
    assert answer["items"][0] == {
        "limit": "max_agents",
        "per": "total",
        "amount": 5,
        "source": "plan",
        "plan_amount": 5,
        "reason": None,
        "expires_at": None,
    }


def test_an_override_stands_in_the_plans_place_and_says_why(api: Api) -> None:
    answer = put(api, "max_agents", 50, reason="a pilot", expires_at=SOON)

    assert (answer.status, answer.headers["etag"]) == (200, '"1"')
    assert answer.body | {"created_at": "", "updated_at": "", "created_by": ""} == {
        "tenant": "acme",
        "limit": "max_agents",
        "per": "total",
        "amount": 50,
        "reason": "a pilot",
        "expires_at": "2999-01-01T00:00:00.000Z",
        "state": "active",
        "created_at": "",
        "updated_at": "",
        "created_by": "",
        "version": 1,
    }
    assert limits(api)["max_agents", "total"] == {
        "limit": "max_agents",
        "per": "total",
        "amount": 50,
        "source": "override",
        "plan_amount": 5,
        "reason": "a pilot",
        "expires_at": "2999-01-01T00:00:00.000Z",
    }
    assert api("GET", "/v1/tenants/acme/limits").body["overrides"] == [answer.body]
    assert amounts(api) == {**BASIC, ("max_agents", "total"): 50}


def test_an_override_counts_at_once_in_answers_and_in_the_tenant_for_its_tenant_alone(api: Api) -> None:
    api.tenant("globex")
    assert api.allowed("user:x", "create", "agents:1", "acme")

    put(api, "max_agents", 6)

    assert not api.allowed("user:x", "create", "agents:1", "acme")
    assert api.allowed("user:x", "create", "agents:1", "globex")
    assert api("GET", "/v1/tenants/acme").body["limits"] == {
        "max_agents": 6,
        "api_calls": 1000,
        "messages": {"hour": 10, "day": 100},
    }
    assert [one["limits"]["max_agents"] for one in api("GET", "/v1/tenants").body["items"]] == [6, 5]


def test_limits_that_are_held_know_of_an_override_at_once(api: Api) -> None:
    def check(current: int) -> Mapping[str, Any]:
        answer = api("POST", "/v1/limits/check", {"tenant": "acme", "limit": "max_agents", "current": current})
        assert answer.status == 200, answer.content
        found: Mapping[str, Any] = answer.body
        return found

    assert (check(4)["allowed"], check(5)["allowed"]) == (True, False)
    put(api, "max_agents", 7)
    assert (check(6)["allowed"], check(7)["allowed"], check(6)["limit"]) == (True, False, 7)
    taken = {"tenant": "acme", "limit": "max_agents", "amount": 7, "id": "a"}
    assert api("POST", "/v1/limits/consume", taken).body["allowed"]
    put(api, "max_agents", 0)
    assert not api("POST", "/v1/limits/consume", {**taken, "amount": 1, "id": "b"}).body["allowed"]
    api("DELETE", path_of("max_agents"))
    assert not api("POST", "/v1/limits/consume", {**taken, "amount": 1, "id": "c"}).body["allowed"], "7 of 5 are used"


def test_unlimited_is_a_word(api: Api) -> None:
    assert put(api, "max_agents", "unlimited").body["amount"] == "unlimited"

    assert limits(api)["max_agents", "total"]["amount"] == "unlimited"
    assert api("GET", "/v1/tenants/acme").body["limits"]["max_agents"] == "unlimited"
    assert not api.allowed("user:x", "create", "agents:1", "acme")


@pytest.mark.parametrize(
    ("limit", "per"),
    [
        pytest.param("max_agents", "total", id="the plan's"),
        pytest.param("api_calls", "hour", id="the plan's and the meter's"),
        pytest.param("uploads", "month", id="the meter's"),
        pytest.param("exports", "day", id="another plan's"),
        pytest.param("sessions", "total", id="nobody's"),
        pytest.param("seats", "total", id="a limit of the catalog alone"),
    ],
)
def test_an_amount_is_counted_in_what_the_limit_is_counted_in(api: Api, limit: str, per: str) -> None:
    assert put(api, limit, 7).body["per"] == per
    assert amounts(api)[limit, per] == 7
    assert limits(api)[limit, per]["plan_amount"] == BASIC.get((limit, per))


def test_a_limit_that_is_counted_in_several_ways_wants_one_of_them_named(api: Api) -> None:
    answer = put(api, "messages", 50)
    assert (answer.status, answer.body["detail"]) == (
        400, "messages is counted per hour and per day; name one of them as per",
    )  # fmt: skip

    assert put(api, "messages", 50, per="day").status == 200
    assert amounts(api) == {**BASIC, ("messages", "day"): 50}
    assert api("GET", path_of("messages")).body["per"] == "day", "the only override of it"
    assert put(api, "messages", 5, per="hour").status == 200
    for method in ("GET", "DELETE"):
        told = api(method, path_of("messages"))
        assert (told.status, "has overrides per hour and per day" in told.body["detail"]) == (400, True)
    assert api("GET", path_of("messages", per="hour")).body["amount"] == 5
    assert api("DELETE", path_of("messages", per="hour")).status == 204
    assert amounts(api) == {**BASIC, ("messages", "day"): 50}


def test_another_way_to_count_stands_beside_the_plans(api: Api) -> None:
    assert put(api, "api_calls", 3, per="rate/second").status == 200

    assert amounts(api) == {**BASIC, ("api_calls", "rate/second"): 3}
    assert limits(api)["api_calls", "rate/second"]["plan_amount"] is None
    assert api("GET", path_of("api_calls", per="rate/second")).status == 200


def test_an_override_ends_at_its_time_and_is_still_told(api: Api) -> None:
    def flags() -> Any:
        """All of them: such an answer is kept for whoever asks the same."""
        answer = api("POST", "/ofrep/v1/evaluate/flags", {"context": {"tenant": "acme"}})
        return {one["key"]: one["value"] for one in answer.body["flags"]}["roomy"]

    end = datetime.now(UTC) + timedelta(seconds=1.5)
    put(api, "max_agents", 50, expires_at=end.isoformat())
    assert not api.allowed("user:x", "create", "agents:1", "acme")
    assert (flags(), flags()) == (True, True)

    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 0.01)

    assert api.allowed("user:x", "create", "agents:1", "acme")
    assert flags() is False
    assert amounts(api) == BASIC
    assert limits(api)["max_agents", "total"]["source"] == "plan"
    assert [one["state"] for one in api("GET", "/v1/tenants/acme/limits").body["overrides"]] == ["expired"]
    assert api("GET", path_of("max_agents")).body["state"] == "expired"


def test_an_override_goes_with_the_tenant_from_plan_to_plan(api: Api) -> None:
    put(api, "api_calls", 7)
    assert api("PATCH", "/v1/tenants/acme", {"plan": "pro"}).body["limits"] == {
        "max_agents": 20, "exports": 3, "api_calls": 7,
    }  # fmt: skip
    assert limits(api)["api_calls", "hour"]["plan_amount"] is None


def test_an_override_that_is_taken_away_counts_no_more(api: Api) -> None:
    put(api, "max_agents", 50)

    assert api("DELETE", path_of("max_agents")).status == 204

    assert amounts(api) == BASIC
    assert api("DELETE", path_of("max_agents")).status == 404
    assert api("GET", path_of("max_agents")).status == 404


def test_amounts_that_are_none_are_refused_and_change_nothing(api: Api) -> None:
    for amount in (-1, 1.5, 5.0, True, 1 << 63, 10**30, "5", "Unlimited", None, [5]):
        answer = put(api, "max_agents", amount)
        assert answer.status == 400, amount
        assert answer.body["detail"].startswith("amount must be a whole number from 0 to 9223372036854775807, or")
    assert amounts(api) == BASIC
    assert api("GET", "/v1/tenants/acme/limits").body["overrides"] == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"per": "week"}, "per must be one of total,"),
    ({"per": 5}, "per"),
    ({"reason": "two\nlines"}, "reason holds a line break"),
    ({"reason": "x" * 501}, "reason is longer than 500"),
    ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at is over"),
    ({"expires_at": "tomorrow"}, "expires_at"),
    ({"expires_at": 5}, "expires_at"),
    ({"plan": "pro"}, "plan"),
]


def test_what_else_is_no_override_is_refused_by_name(api: Api) -> None:
    for more, told in REFUSED:
        answer = put(api, "max_agents", 5, **more)
        assert (answer.status, told in answer.body["detail"]) == (400, True), answer.body["detail"]
    assert amounts(api) == BASIC


@pytest.mark.parametrize("query", ["per=week", "per=hour&per=day", "plan=x", "per"])
def test_a_query_that_is_not_known_is_refused(api: Api, query: str) -> None:
    put(api, "max_agents", 5)
    assert api("GET", f"{path_of('max_agents')}?{query}").status == 400
    assert api("DELETE", f"{path_of('max_agents')}?{query}").status == 400


@pytest.mark.parametrize("limit", ["max_agent", "MAX_AGENTS", "x'; DROP TABLE limit_override; --", "help"])
def test_a_limit_of_no_plan_and_no_meter_is_not_found(api: Api, limit: str) -> None:
    assert put(api, limit, 5).status == 404
    assert api("GET", path_of(limit)).status == 404
    assert api("DELETE", path_of(limit)).status == 404


def test_a_tenant_that_is_not_recorded_or_is_gone_is_not_found(api: Api) -> None:
    put(api, "max_agents", 50)
    assert api("DELETE", "/v1/tenants/acme").status == 204
    for tenant in ("acme", "globex"):
        assert put(api, "max_agents", 5, tenant).status == 404
        assert api("GET", path_of("max_agents", tenant)).status == 404
        assert api("GET", f"/v1/tenants/{tenant}/limits").status == 404


def test_an_override_of_a_limit_that_is_gone_counts_and_can_be_taken_away(api: Api) -> None:
    put(api, "exports", 7)
    policy = api.state.parent / "policy-0" / "policies" / "plans.csv"
    policy.write_bytes(PLANS.replace(b"p, pro, exports, day, 3\n", b""))
    api.application.follow()

    assert put(api, "exports", 8).status == 404
    assert amounts(api)["exports", "day"] == 7
    assert api("DELETE", path_of("exports")).status == 204


def test_versions_keep_two_from_overwriting_each_other(api: Api) -> None:
    assert put(api, "max_agents", 6, If_Match='"1"').status == 412
    assert put(api, "max_agents", 6).headers["etag"] == '"1"'
    assert put(api, "max_agents", 7, If_Match='"1"').headers["etag"] == '"2"'
    assert put(api, "max_agents", 8, If_Match='"1"').status == 412
    assert api("DELETE", path_of("max_agents"), If_Match='"1"').status == 412
    assert api("GET", path_of("max_agents")).headers["etag"] == '"2"'
    assert api("DELETE", path_of("max_agents"), If_Match='"2"').status == 204


def test_a_request_that_is_sent_twice_is_carried_out_once(api: Api) -> None:
    first = put(api, "max_agents", 6, Idempotency_Key="a")
    again = put(api, "max_agents", 6, Idempotency_Key="a")

    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    assert put(api, "max_agents", 7, Idempotency_Key="a").status == 422
    assert limits(api)["max_agents", "total"]["amount"] == 6


def test_each_change_has_its_audit_row(api: Api) -> None:
    put(api, "max_agents", 50, reason="a pilot")
    api("DELETE", path_of("max_agents"))

    rows = audit(api)
    assert [(one[0], one[1]) for one in rows] == [
        ("limits.set_override", "limit:max_agents"), ("limits.remove_override", "limit:max_agents"),
    ]  # fmt: skip
    assert '"amount": 50, "reason": "a pilot"' in rows[0][2]


def audit(api: Api) -> list[tuple[str, str, str]]:
    database = sqlite3.connect(DatabaseAddress.in_folder(api.state).place)
    try:
        sql = "SELECT action, resource, details FROM audit_event WHERE action LIKE 'limits.%' ORDER BY seq"
        return database.execute(sql).fetchall()
    finally:
        database.close()


def test_purging_a_tenant_takes_its_overrides_away(api: Api) -> None:
    put(api, "max_agents", 50)
    assert api("DELETE", "/v1/tenants/acme?purge=true").status == 204

    database = sqlite3.connect(DatabaseAddress.in_folder(api.state).place)
    try:
        assert database.execute("SELECT count(*) FROM limit_override").fetchone() == (0,)
    finally:
        database.close()


def test_a_tenants_own_key_reads_its_limits_and_sets_none(api: Api) -> None:
    api.tenant("globex")
    put(api, "max_agents", 50)
    put(api, "max_agents", 60, "globex")
    bound = api.bound("acme", "admin:tenants")

    assert amounts(bound)["max_agents", "total"] == 50
    assert bound("GET", path_of("max_agents")).body["amount"] == 50
    for method, body in (("PUT", {"amount": 100}), ("DELETE", None)):
        for tenant in ("acme", "globex", "nobody"):
            answer = bound(method, path_of("max_agents", tenant), body)
            assert (answer.status, "no tenant sets its own limits" in answer.body["detail"]) == (403, True)
    for tenant in ("globex", "nobody"):
        assert bound("GET", path_of("max_agents", tenant)).status == 404
        assert bound("GET", f"/v1/tenants/{tenant}/limits").status == 404
    assert amounts(api, "globex")["max_agents", "total"] == 60


def test_another_scope_does_not_do(api: Api) -> None:
    key = api.made("/v1/keys", {"name": "other", "scopes": ["admin:users", "policy:read", "limits:consume"]})["key"]
    other = api.with_key(key)
    assert other("GET", "/v1/tenants/acme/limits").status == 403
    assert put(other, "max_agents", 100).status == 403

"""Plans over HTTP: listed, shown, and declared by commits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doorward.bootstrap import Application, folder_application, make_authenticator, open_recorded
from doorward.domain.database_address import DatabaseAddress
from doorward.settings import Writing
from support.policy_repositories import git, work_tree
from support.recorded_api import ADMIN_KEY, Api
from support.trees import ROOT, tree

FILES = {
    path: (ROOT / path).read_bytes()
    for path in (
        "models/access.conf",
        "models/plans.conf",
        "policies/access.csv",
        "policies/catalog.yaml",
        "policies/plans.csv",
    )
}
PLAN: dict[str, Any] = {
    "name": "startup",
    "title": "Start-up",
    "description": "For the first year",
    "price_monthly": 2450,
    "price_yearly": 24500,
    "trial_days": 14,
    "grace_days": 7,
    "features": ["core_agents", "analytics"],
    "limits": {"max_agents": 10, "api_calls": {"per": "hour", "amount": 2500}, "storage_used": "unlimited"},
}
SHOWN: dict[str, Any] = {
    **PLAN,
    "currency": "USD",
    "limits": [
        {"limit": "max_agents", "per": "total", "amount": 10},
        {"limit": "api_calls", "per": "hour", "amount": 2500},
        {"limit": "storage_used", "per": "total", "amount": "unlimited"},
    ],
    "place": "policies/catalog.yaml:10",
}


@pytest.fixture
def applications() -> Iterator[list[Application]]:
    made: list[Application] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def api(tmp_path: Path, applications: list[Application]) -> Api:
    return serving(tmp_path, applications, FILES)


def serving(folder: Path, applications: list[Application], files: dict[str, bytes], *, review: bool = False) -> Api:
    policy = work_tree(folder / "policy", files)
    state = folder / "state"
    state.mkdir(mode=0o700)
    (state / "admin.key").write_text(ADMIN_KEY + "\n")
    recorded = open_recorded(DatabaseAddress.in_folder(state), state, None)
    authenticator = make_authenticator(None, no_auth=False)
    applications.append(folder_application(policy, authenticator, recorded=recorded, writing=Writing(review=review)))
    return Api(applications[-1], policy)


def test_the_requirements_plans_are_listed_with_their_numbers(api: Api) -> None:
    answer = api("GET", "/v1/plans")

    assert answer.body["currency"] == "USD"
    assert answer.headers["doorward-revision"].startswith("dir:")
    plans = {one["name"]: one for one in answer.body["items"]}
    numbers = {
        name: [one["amount"] for one in plan["limits"]] + [len(plan["features"])] for name, plan in plans.items()
    }
    assert numbers == {
        "basic": [5, 10, 1024, 1000, 3], "professional": [20, 50, 10240, 5000, 4], "enterprise": [100, 500, 102400, 50000, 5],
    }  # fmt: skip
    assert {one["per"] for one in plans["basic"]["limits"] if one["limit"] == "api_calls"} == {"hour"}
    assert (plans["professional"]["price_monthly"], plans["professional"]["trial_days"]) == (4900, 14)
    assert plans["basic"]["place"] == "policies/catalog.yaml:7"


def test_the_list_comes_in_pages(api: Api) -> None:
    first = api("GET", "/v1/plans?limit=2").body
    second = api("GET", f"/v1/plans?limit=2&cursor={first['next']}").body

    assert [one["name"] for one in first["items"] + second["items"]] == ["basic", "enterprise", "professional"]
    assert second["next"] is None
    assert api("GET", "/v1/plans?limit=0").status == 400


def test_a_plan_is_declared_by_a_commit_and_counts_at_once(api: Api) -> None:
    made = api("POST", "/v1/plans", {**PLAN, "reason": "asked for by sales"})

    assert (made.status, made.body) == (201, SHOWN)
    assert api("GET", "/v1/plans/startup").body == SHOWN
    assert [one["name"] for one in api("GET", "/v1/plans").body["items"]][-1] == "startup"
    assert git(api.state, "log", "-1", "--format=%s%n%b").split("\n")[0] == "Create plan startup"
    assert "asked for by sales" in git(api.state, "log", "-1", "--format=%b")
    assert git(api.state, "show", "--stat", "--format=", "HEAD").count("|") == 2, "both files, in one commit"
    tenant = api.tenant(plan="startup")
    assert tenant["limits"] == {"max_agents": 10, "api_calls": 2500, "storage_used": "unlimited"}
    assert tenant["features"] == ["core_agents", "analytics"]
    flag = api("POST", "/ofrep/v1/evaluate/flags/analytics", {"context": {"tenant": "acme"}})
    assert flag.body["value"] is True


def test_a_plan_that_exists_is_refused_and_nothing_is_committed(api: Api) -> None:
    assert api("POST", "/v1/plans", {**PLAN, "name": "basic"}).status == 409
    assert api("POST", "/v1/plans", PLAN).status == 201
    answer = api("POST", "/v1/plans", PLAN)
    assert (answer.status, "in policies/catalog.yaml:10" in answer.body["detail"]) == (409, True)
    assert git(api.state, "rev-list", "--count", "HEAD").strip() == "2"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"limits": {"max_agents": -1}}, "limits.max_agents"),
    ({"limits": {"max_agents": 1.5}}, "limits.max_agents"),
    ({"limits": {"max_agents": True}}, "limits.max_agents"),
    ({"limits": {"max_agents": 1 << 63}}, "limits.max_agents"),
    ({"limits": {"max_agents": {"per": "week", "amount": 1}}}, "limits.max_agents.per"),
    ({"limits": {"max agents": 1}}, "'max agents' in limits"),
    ({"limits": [5]}, "limits"),
    ({"limits": {"a": 1, "b": {"amount": "x"}}}, "limits.b.amount"),
    ({"name": "star*"}, "name"),
    ({"name": "two\nlines"}, "name"),
    ({"features": ["a, b"]}, "features"),
    ({"features": [5]}, "features"),
    ({"price_monthly": -1}, "price_monthly"),
    ({"price_monthly": 49.5}, "price_monthly"),
    ({"price_yearly": True}, "price_yearly"),
    ({"price_yearly": 1 << 63}, "price_yearly"),
    ({"trial_days": 99_999_999}, "trial_days"),
    ({"description": None}, "description"),
    ({"reason": "two\nlines"}, "reason"),
    ({"inherits": "basic"}, "inherits"),
]


def test_what_is_no_plan_is_refused_by_its_member_and_nothing_is_committed(api: Api) -> None:
    for parts, member in REFUSED:
        answer = api("POST", "/v1/plans", {**PLAN, **parts})
        assert (answer.status, member in answer.body["detail"]) == (400, True), (parts, answer.content)
    assert git(api.state, "rev-list", "--count", "HEAD").strip() == "1"


def test_a_change_under_review_waits_on_a_branch(tmp_path: Path, applications: list[Application]) -> None:
    api = serving(tmp_path, applications, FILES, review=True)

    answer = api("POST", "/v1/plans", PLAN)

    assert answer.status == 202
    assert b"startup" in git(api.state, "show", f"{answer.body['branch']}:policies/plans.csv").encode()
    assert api("GET", "/v1/plans/startup").status == 404


def test_a_tree_without_plans_has_none_and_gets_its_first(tmp_path: Path, applications: list[Application]) -> None:
    api = serving(tmp_path, applications, tree())
    assert api("GET", "/v1/plans").body == {"currency": "USD", "items": [], "next": None}

    assert api("POST", "/v1/plans", PLAN).status == 201

    assert api.tenant(plan="startup")["limits"]["max_agents"] == 10


def test_the_same_request_is_carried_out_once(api: Api) -> None:
    first = api("POST", "/v1/plans", PLAN, Idempotency_Key="a")
    again = api("POST", "/v1/plans", PLAN, Idempotency_Key="a")

    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (201, first.body, "true")


def test_a_key_needs_the_scopes_and_no_tenant(api: Api) -> None:
    reader = api.with_key(api.made("/v1/keys", {"name": "r", "scopes": ["policy:read"]})["key"])
    assert reader("GET", "/v1/plans").status == 200
    assert reader("POST", "/v1/plans", PLAN).status == 403
    api.tenant()
    bound = api.bound("acme", "policy:read", "policy:write")
    for method, path in (("GET", "/v1/plans"), ("GET", "/v1/plans/basic"), ("POST", "/v1/plans")):
        assert bound(method, path, PLAN if method == "POST" else None).status == 403

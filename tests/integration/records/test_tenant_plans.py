"""Which plans tenants have, over HTTP, and what is told when the policy lacks one of them."""

from pathlib import Path

import pytest

from doorward_sdk import Doorward, InProcessTransport
from support.recorded_api import ADMIN_KEY, Api, MakeApi
from support.trees import CATALOG, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, tree

PATH = "/v1/tenant-plans"


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    plans = {PLANS_MODEL: PLANS_CONF, PLANS: PLANS_CSV, CATALOG: "plans: {basic: , professional: , enterprise: }\n"}
    made = make_api(tree=tree() | {path: text.encode() for path, text in plans.items()})
    made.tenant("acme")
    made.tenant("globex", plan="professional")
    held = made.made("/v1/subscriptions", {"tenant": "globex", "plan": "professional", "trial": False})
    waits = {"plan": "enterprise", "when": "period_end"}
    assert made("PATCH", f"/v1/subscriptions/{held['id']}", waits).status == 200
    return made


def without_professional(api: Api, folder: Path) -> None:
    rows = [line for line in PLANS_CSV.splitlines(keepends=True) if "professional" not in line]
    (folder / "policy-0" / PLANS).write_text("".join(rows))
    (folder / "policy-0" / CATALOG).write_text("plans: {basic: , enterprise: }\n")
    api.application.policy.reload()


def test_plans_that_tenants_have_are_listed_with_what_is_to_come(api: Api) -> None:
    assert api("GET", PATH).body == {
        "items": [
            {"plan": "basic", "tenants": 1, "pending": 0, "declared": True},
            {"plan": "enterprise", "tenants": 0, "pending": 1, "declared": True},
            {"plan": "professional", "tenants": 1, "pending": 0, "declared": True},
        ],
        "next": None,
    }
    page = api("GET", f"{PATH}?limit=2").body
    assert [one["plan"] for one in api("GET", f"{PATH}?cursor={page['next']}").body["items"]] == ["professional"]
    with Doorward(transport=InProcessTransport(api.application.door.handle), key=ADMIN_KEY) as client:
        assert [(one.plan, one.tenants) for one in client.tenants.plans()][-1] == ("professional", 1)


def test_a_plan_that_is_gone_is_told_by_readiness_and_metrics_until_nobody_has_it(api: Api, tmp_path: Path) -> None:
    application = api.application
    application.undeclared_plans.look()
    assert "undeclared_plans" not in api("GET", "/readyz").body

    without_professional(api, tmp_path)
    application.undeclared_plans.look()

    assert (api("GET", "/readyz").status, api("GET", "/readyz").body["undeclared_plans"]) == (200, ["professional"])
    assert b'doorward_tenants_without_plan{plan="professional"} 1.0' in api("GET", "/metrics").content
    assert [one["declared"] for one in api("GET", PATH).body["items"]] == [True, True, False]
    assert api("GET", "/v1/tenants/globex").body["limits"] == {}


def test_a_key_of_a_tenant_is_told_nothing_of_others(api: Api) -> None:
    assert api.bound("acme", "admin:tenants")("GET", PATH).status == 403

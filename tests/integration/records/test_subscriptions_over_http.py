"""Subscriptions over HTTP, at chosen times: begun, changed, ended, and what access, flags and tenants make of them."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from doorward.domain.database_address import DatabaseAddress
from doorward_sdk import Doorward, InProcessTransport
from doorward_sdk.enterprise.billing import BillingManager, BillingPeriod, SubscriptionManager, SubscriptionStatus
from support.recorded_api import ADMIN_KEY, Answer, Api, MakeApi
from support.subscriptions import DAY, at
from support.trees import CATALOG, FLAGS, PLANS, PLANS_CONF, PLANS_CSV, PLANS_MODEL, RULES, tree
from support.usage import metered_tree

START = at("2026-01-31T12:00")
PATH = "/v1/subscriptions"
GATE = "p, x.requires-subscription, *, *, doc:*, view, not r.ctx.tenant.subscribed, deny\n"
ASKED = (
    "p, anybody-views, *, *, doc:*, view, True, allow\n"
    + GATE
    + "p, analysts, *, *, report:*, view, contains(r.ctx.tenant.features, 'analytics'), allow\n"
    + "p, unpaid, *, *, invoice:*, view, r.ctx.tenant.subscription == 'past_due', allow\n"
)
SOLD = """
after_end: basic
plans:
  basic: {grace_days: 7}
  professional: {trial_days: 14, grace_days: 7}
  enterprise: {}
"""


@dataclass
class Clock:
    """Says what time it is: epoch microseconds, as long as nobody moves it."""

    now: int = START

    def __call__(self) -> float:
        return self.now / 1_000_000


def policy(catalog: str = SOLD) -> Mapping[str, bytes]:
    return tree(RULES + ASKED) | {
        CATALOG: catalog.encode(),
        PLANS: PLANS_CSV.encode(),
        PLANS_MODEL: PLANS_CONF.encode(),
        FLAGS: b"staged: {type: boolean, default: off, rules: [{when: r.ctx.tenant.subscribed, serve: on}]}\n",
    }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(make_api: MakeApi, clock: Clock) -> Api:
    made = make_api(tree=policy(), clock=clock)
    made.tenant()
    return made


def begun(api: Api, plan: str = "professional", tenant: str = "acme", **more: object) -> Any:
    return api.made(PATH, {"tenant": tenant, "plan": plan, "trial": False, **more})


def act(api: Api, one: Any, verb: str, body: object = None, **headers: str) -> Answer:
    return api("POST", f"{PATH}/{one['id']}/{verb}", body, **headers)


def done(answer: Answer) -> Any:
    assert answer.status == 200, answer.content
    return answer.body


def shown(api: Api, one: Any) -> Any:
    return done(api("GET", f"{PATH}/{one['id']}"))


def tenant_of(api: Api) -> Any:
    return done(api("GET", "/v1/tenants/acme"))


def flag(api: Api, key: str) -> bool:
    found: bool = done(api("POST", f"/ofrep/v1/evaluate/flags/{key}", {"context": {"tenant": "acme"}}))["value"]
    return found


def all_flags(api: Api) -> dict[str, object]:
    answer = done(api("POST", "/ofrep/v1/evaluate/flags", {"context": {"tenant": "acme"}}))
    return {one["key"]: one["value"] for one in answer["flags"]}


def views(api: Api, kind: str) -> bool:
    return api.allowed("user:ann", "view", f"{kind}:1", "acme")


def events(api: Api) -> list[tuple[str, str, str]]:
    with sqlite3.connect(DatabaseAddress.in_folder(api.state).place) as database:
        rows = database.execute(
            "SELECT action, type, resource FROM audit_event WHERE action LIKE 'subscriptions.%' ORDER BY seq"
        )
        return list(rows)


def test_a_subscription_as_it_is_answered(api: Api) -> None:
    made = begun(api, trial=True, time_zone="Europe/Berlin")

    assert made | {"id": ""} == {
        "id": "",
        "tenant": "acme",
        "plan": "professional",
        "billing_period": "monthly",
        "time_zone": "Europe/Berlin",
        "status": "trialing",
        "current_period_start": "2026-01-31T12:00:00.000Z",
        "current_period_end": "2026-02-14T12:00:00.000Z",
        "trial_ends_at": "2026-02-14T12:00:00.000Z",
        "past_due_since": None,
        "grace_ends_at": None,
        "paused_at": None,
        "cancel_at": None,
        "change": None,
        "ended_at": None,
        "created_at": "2026-01-31T12:00:00.000Z",
        "updated_at": "2026-01-31T12:00:00.000Z",
        "version": 1,
        "exceeded": [],
    }
    assert shown(api, made) == made | {"exceeded": None}
    assert api("GET", f"{PATH}/{made['id']}").headers["etag"] == '"1"'


def test_subscribing_gives_the_tenant_its_plan_in_one_change(api: Api) -> None:
    assert (tenant_of(api)["plan"], flag(api, "analytics"), views(api, "report")) == ("basic", False, False)

    answer = api("POST", PATH, {"tenant": "acme", "plan": "professional"})

    assert answer.status == 201
    tenant = tenant_of(api)
    assert (tenant["plan"], tenant["limits"]["max_agents"], "analytics" in tenant["features"]) == (
        "professional",
        20,
        True,
    )
    assert flag(api, "analytics")
    assert views(api, "report")


def test_a_gate_opens_for_whoever_is_subscribed(api: Api) -> None:
    assert not views(api, "doc")
    one = begun(api)
    assert views(api, "doc")
    done(act(api, one, "cancel", {"when": "now"}))
    assert not views(api, "doc")


def test_time_alone_ends_a_subscription_for_everybody_who_asks(api: Api, clock: Clock) -> None:
    one = begun(api)
    done(act(api, one, "cancel", {}))
    assert shown(api, one)["cancel_at"] == "2026-02-28T12:00:00.000Z"

    clock.now = at("2026-02-28T12:00") - 1
    assert (views(api, "doc"), flag(api, "analytics"), all_flags(api)["staged"]) == (True, True, True)
    clock.now += 1
    assert (views(api, "doc"), flag(api, "analytics"), all_flags(api)["staged"]) == (False, False, False)

    assert (shown(api, one)["status"], shown(api, one)["ended_at"]) == ("canceled", "2026-02-28T12:00:00.000Z")
    assert (tenant_of(api)["plan"], tenant_of(api)["limits"]["max_agents"]) == ("basic", 5)
    assert api("GET", "/v1/tenants/acme/limits").body["plan"] == "basic"
    assert [one["plan"] for one in api("GET", "/v1/tenants?plan=basic").body["items"]] == ["basic"]
    assert api("GET", "/v1/tenants?plan=professional").body["items"] == []


def test_a_flag_is_explained_as_it_will_be_after_the_end(api: Api) -> None:
    done(act(api, begun(api), "cancel", {}))
    asked = {"context": {"tenant": "acme"}, "at": "2026-02-28T12:00:00Z"}
    assert done(api("POST", "/v1/flags/staged/explain", asked))["value"] is False
    assert done(api("POST", "/v1/flags/staged/explain", asked | {"at": "2026-02-28T11:59:59Z"}))["value"] is True


def test_a_trial_becomes_active_and_periods_are_counted_from_its_end(api: Api, clock: Clock) -> None:
    one = begun(api, trial=None)
    clock.now = at("2026-02-14T12:00")
    found = shown(api, one)
    assert (found["status"], found["current_period_end"], found["version"]) == (
        "active",
        "2026-03-14T12:00:00.000Z",
        1,
    )


def test_a_tenant_has_a_trial_once(api: Api) -> None:
    done(act(api, begun(api, trial=True), "cancel", {"when": "now"}))
    refused = api("POST", PATH, {"tenant": "acme", "plan": "professional", "trial": True})
    assert (refused.status, "had its trial before" in refused.body["detail"]) == (409, True)
    assert begun(api, trial=None)["status"] == "active"


def test_a_plan_changes_now_or_where_the_period_ends(api: Api, clock: Clock) -> None:
    one = begun(api)
    changed = done(api("PATCH", f"{PATH}/{one['id']}", {"plan": "enterprise"}))
    assert (changed["plan"], changed["version"], changed["current_period_start"], changed["exceeded"]) == (
        "enterprise",
        2,
        one["current_period_start"],
        [],
    )
    assert tenant_of(api)["plan"] == "enterprise"

    later = done(api("PATCH", f"{PATH}/{one['id']}", {"plan": "basic", "when": "period_end"}))
    assert (later["plan"], later["change"]) == (
        "enterprise",
        {"plan": "basic", "billing_period": "monthly", "at": "2026-02-28T12:00:00.000Z"},
    )
    clock.now = at("2026-02-28T12:00")
    assert (shown(api, one)["plan"], tenant_of(api)["plan"], shown(api, one)["change"]) == ("basic", "basic", None)
    assert [one["id"] for one in api("GET", "/v1/tenants?plan=basic").body["items"]] == ["acme"]


def test_a_change_of_the_tenant_s_plan_is_one_of_its_subscription(api: Api, clock: Clock) -> None:
    one = begun(api)
    done(api("PATCH", f"{PATH}/{one['id']}", {"plan": "basic", "when": "period_end"}))

    assert done(api("PATCH", "/v1/tenants/acme", {"plan": "enterprise"}))["plan"] == "enterprise"

    assert (shown(api, one)["plan"], shown(api, one)["change"]) == ("enterprise", None)
    clock.now = at("2026-03-01")
    assert tenant_of(api)["plan"] == "enterprise"


def test_after_the_end_a_tenant_gets_the_plan_that_somebody_gives_it(api: Api, clock: Clock) -> None:
    one = begun(api)
    done(act(api, one, "cancel", {}))
    clock.now = at("2026-03-01")
    assert tenant_of(api)["plan"] == "basic"
    assert done(api("PATCH", "/v1/tenants/acme", {"plan": "professional"}))["plan"] == "professional"
    assert (tenant_of(api)["plan"], views(api, "report"), views(api, "doc")) == ("professional", True, False)
    assert shown(api, one)["ended_at"] == "2026-02-28T12:00:00.000Z"


def test_where_no_plan_follows_a_tenant_keeps_its_own(make_api: MakeApi, clock: Clock) -> None:
    api = make_api(tree=policy("plans: {basic: {}, professional: {}}\n"), clock=clock)
    api.tenant()
    done(act(api, begun(api), "cancel", {"when": "now"}))
    assert (tenant_of(api)["plan"], views(api, "doc")) == ("professional", False)


def test_a_payment_that_failed_and_was_not_made_good_expires_it(api: Api, clock: Clock) -> None:
    one = begun(api)
    failed = done(act(api, one, "status", {"status": "failed"}))
    assert (failed["status"], failed["grace_ends_at"]) == ("past_due", "2026-02-07T12:00:00.000Z")
    assert (views(api, "doc"), views(api, "invoice")) == (True, True)
    clock.now += DAY
    assert done(act(api, one, "status", {"status": "failed"}))["version"] == failed["version"]

    clock.now = START + 7 * DAY
    assert (shown(api, one)["status"], tenant_of(api)["plan"]) == ("expired", "basic")
    assert (views(api, "doc"), views(api, "invoice")) == (False, False)
    late = act(api, one, "status", {"status": "paid"})
    assert (late.status, "is expired; make a new one" in late.body["detail"]) == (409, True)
    assert begun(api)["status"] == "active"


def test_a_payment_makes_it_good(api: Api) -> None:
    one = begun(api)
    done(act(api, one, "status", {"status": "failed"}))
    paid = done(act(api, one, "status", {"status": "paid"}))
    assert (paid["status"], paid["past_due_since"], views(api, "invoice")) == ("active", None, False)


def test_a_pause_shuts_the_gate_and_keeps_the_plan(api: Api) -> None:
    one = begun(api)
    assert done(act(api, one, "pause"))["status"] == "paused"
    assert (views(api, "doc"), tenant_of(api)["plan"], flag(api, "analytics")) == (False, "professional", True)
    assert done(act(api, one, "resume"))["status"] == "active"
    assert views(api, "doc")


def test_a_cancellation_is_taken_back(api: Api, clock: Clock) -> None:
    one = begun(api)
    done(act(api, one, "cancel", {"when": "period_end"}))
    assert done(act(api, one, "resume"))["cancel_at"] is None
    clock.now = at("2026-04-01")
    assert shown(api, one)["status"] == "active"


def test_a_tenant_has_one_live_subscription(api: Api) -> None:
    one = begun(api)
    second = api("POST", PATH, {"tenant": "acme", "plan": "basic"})
    assert (second.status, one["id"] in second.body["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        pytest.param({"tenant": "nobody", "plan": "basic"}, 404, "there is no tenant 'nobody'", id="no such tenant"),
        pytest.param({"tenant": "acme", "plan": "gold"}, 400, "the plan 'gold' is not declared", id="no such plan"),
        pytest.param({"tenant": "acme"}, 400, "plan", id="no plan"),
        pytest.param(
            {"tenant": "acme", "plan": "basic", "billing_period": "weekly"}, 400, "monthly or yearly", id="period"
        ),
        pytest.param({"tenant": "acme", "plan": "basic", "time_zone": "Mars/Olympus"}, 400, "no time zone", id="zone"),
        pytest.param({"tenant": "acme", "plan": "basic", "trial": True}, 400, "has no trial", id="trial"),
        pytest.param({"tenant": "acme", "plan": "basic", "trial": "yes"}, 400, "trial", id="a word for a boolean"),
        pytest.param({"tenant": "acme", "plan": "basic", "status": "active"}, 400, "status", id="an unknown member"),
    ],
)
def test_what_cannot_be_begun_changes_nothing(api: Api, body: object, status: int, message: str) -> None:
    answer = api("POST", PATH, body)
    assert (answer.status, message in answer.body["detail"]) == (status, True), answer.body
    assert (api("GET", PATH).body["items"], tenant_of(api)["version"]) == ([], 1)


@pytest.mark.parametrize(
    ("method", "verb", "body", "message"),
    [
        pytest.param("PATCH", "", {}, "there is nothing to change", id="nothing"),
        pytest.param("PATCH", "", {"plan": "gold"}, "is not declared", id="no such plan"),
        pytest.param("PATCH", "", {"plan": "basic", "when": "later"}, "now or period_end", id="when"),
        pytest.param("POST", "/cancel", {"when": "never"}, "now or period_end", id="end when"),
        pytest.param("POST", "/status", {"status": "refunded"}, "paid or failed", id="payment"),
    ],
)
def test_what_cannot_be_changed_is_told(api: Api, method: str, verb: str, body: object, message: str) -> None:
    one = begun(api)
    answer = api(method, f"{PATH}/{one['id']}{verb}", body)
    assert (answer.status, message in answer.body["detail"]) == (400, True), answer.body
    assert shown(api, one)["version"] == 1


def test_who_has_read_an_older_version_changes_nothing(api: Api) -> None:
    one = begun(api)
    done(api("PATCH", f"{PATH}/{one['id']}", {"plan": "basic"}, If_Match='"1"'))
    stale = api("PATCH", f"{PATH}/{one['id']}", {"plan": "enterprise"}, If_Match='"1"')
    assert (stale.status, shown(api, one)["plan"]) == (412, "basic")


def test_a_request_that_is_asked_twice_subscribes_once(api: Api) -> None:
    body = {"tenant": "acme", "plan": "professional"}
    first, second = (api("POST", PATH, body, Idempotency_Key="k") for _ in range(2))
    assert (first.status, second.status, first.content) == (201, 201, second.content)
    assert second.headers["idempotency-replayed"] == "true"


def test_lists_have_what_stands_so_now(api: Api, clock: Clock) -> None:
    for name in ("b", "c", "d"):
        api.tenant(name)
    ends = begun(api)
    done(act(api, ends, "cancel", {}))
    due, live = begun(api, tenant="b"), begun(api, tenant="c")
    done(act(api, due, "status", {"status": "failed"}))
    begun(api, tenant="d", trial=True)

    def listed(query: str) -> list[str]:
        return [one["tenant"] for one in done(api("GET", f"{PATH}?{query}"))["items"]]

    assert (listed("status=active"), listed("status=past_due"), listed("status=trialing")) == (
        ["acme", "c"],
        ["b"],
        ["d"],
    )
    clock.now = at("2026-03-01")
    assert (listed("status=active"), listed("status=expired"), listed("status=canceled")) == (
        ["c", "d"],
        ["b"],
        ["acme"],
    )
    assert (listed("status=past_due"), listed("tenant=c"), listed("tenant=nobody")) == ([], ["c"], [])
    assert live["id"] in {one["id"] for one in api("GET", f"{PATH}?limit=2&cursor={due['id']}").body["items"]}
    assert api("GET", f"{PATH}?status=gone").status == 400


def test_what_was_done_is_in_the_audit_trail(api: Api) -> None:
    one = begun(api)
    done(api("PATCH", f"{PATH}/{one['id']}", {"billing_period": "yearly"}))
    done(act(api, one, "status", {"status": "failed"}))
    done(act(api, one, "status", {"status": "failed"}))
    done(act(api, one, "status", {"status": "paid"}))
    done(act(api, one, "cancel", {"when": "now"}))
    assert {resource for _, _, resource in events(api)} == {f"subscription:{one['id']}"}
    assert [action for action, _, _ in events(api)] == [
        "subscriptions.create",
        "subscriptions.change",
        "subscriptions.failed",
        "subscriptions.paid",
        "subscriptions.cancel",
    ]


def test_a_tenant_that_is_deleted_ends_its_subscription_and_a_purge_forgets_it(api: Api) -> None:
    one = begun(api)
    assert api("DELETE", "/v1/tenants/acme").status == 204
    assert shown(api, one)["status"] == "canceled"
    assert api("POST", PATH, {"tenant": "acme", "plan": "basic"}).status == 404
    assert api("DELETE", "/v1/tenants/acme?purge=true").status == 204
    assert api("GET", f"{PATH}/{one['id']}").status == 404


def test_a_bound_key_reads_its_own_and_changes_nothing(api: Api) -> None:
    api.tenant("globex")
    own, other = begun(api), begun(api, tenant="globex")
    bound = api.bound("acme", "admin:subscriptions")
    assert [one["id"] for one in bound("GET", PATH).body["items"]] == [own["id"]]
    assert bound("GET", f"{PATH}?tenant=globex").body["items"] == []
    assert (bound("GET", f"{PATH}/{own['id']}").status, bound("GET", f"{PATH}/{other['id']}").status) == (200, 404)
    for one in (own, other):
        assert act(bound, one, "cancel", {"when": "now"}).status == 403
    assert shown(api, own)["status"] == "active"


def test_the_billing_example_of_the_requirements(api: Api) -> None:
    client = Doorward(transport=InProcessTransport(api.application.door.handle), key=ADMIN_KEY)
    billing, subscriptions = BillingManager(client), SubscriptionManager(client)
    assert billing.get_subscription_by_tenant("acme") is None

    made = billing.create_subscription(tenant_id="acme", plan_id="professional", billing_period=BillingPeriod.MONTHLY)

    status = subscriptions.check_subscription_status("acme")
    assert status == billing.get_subscription_by_tenant("acme") == made
    assert made.status == SubscriptionStatus.ACTIVE
    assert billing.cancel_subscription(made.id)
    assert not billing.cancel_subscription(made.id)
    ended = subscriptions.check_subscription_status("acme")
    assert ended is not None
    assert ended.status == SubscriptionStatus.CANCELED


def test_it_takes_its_scope(api: Api) -> None:
    assert api.bound("acme", "admin:tenants")("GET", PATH).status == 403


@pytest.fixture
def today(make_api: MakeApi) -> Api:
    """One at the time that it is, for what is counted."""
    made = make_api(tree=policy())
    made.tenant()
    return made


def consume(api: Api, limit: str, amount: int) -> None:
    body = {"tenant": "acme", "limit": limit, "amount": amount, "id": f"{limit}-{amount}"}
    assert done(api("POST", "/v1/limits/consume", body))["allowed"]


def exceeded(api: Api, one: Any, plan: str, **more: object) -> Any:
    return done(api("PATCH", f"{PATH}/{one['id']}", {"plan": plan, **more}))["exceeded"]


def test_limits_that_the_new_plan_leaves_exceeded_are_named(
    make_api: MakeApi, database_address: DatabaseAddress
) -> None:
    today = make_api(database_address, policy())
    today.tenant()
    one = begun(today)
    consume(today, "max_agents", 12)
    consume(today, "max_workflows", 10)

    assert exceeded(today, one, "basic", when="period_end") == ["max_agents"]
    assert exceeded(today, one, "enterprise") == []
    assert exceeded(today, one, "basic") == ["max_agents"]
    assert shown(today, one)["plan"] == "basic"
    assert shown(today, one)["exceeded"] is None


def test_a_tenant_that_subscribes_anew_is_told_what_it_exceeds(today: Api) -> None:
    done(act(today, begun(today), "cancel", {}))
    consume(today, "max_agents", 12)
    assert done(act(today, done(today("GET", PATH))["items"][0], "cancel", {"when": "now"}))["exceeded"] is None
    assert begun(today, "basic")["exceeded"] == ["max_agents"]


def test_limits_of_its_own_and_what_is_reserved_count(today: Api) -> None:
    one = begun(today)
    consume(today, "max_agents", 4)
    held = {"tenant": "acme", "limit": "max_agents", "amount": 2, "id": "r1", "expires_in": 3600}
    assert done(today("POST", "/v1/limits/reservations", held))["allowed"]
    assert today("PUT", "/v1/tenants/acme/limits/storage_used", {"amount": 0}).status == 200
    assert exceeded(today, one, "basic", when="period_end") == ["max_agents"]
    assert today("PUT", "/v1/tenants/acme/limits/max_agents", {"amount": 6}).status == 200
    assert exceeded(today, one, "basic") == []


def test_a_limit_that_the_new_plan_does_not_name_is_nothing(make_api: MakeApi) -> None:
    files = {
        **policy(),
        PLANS: PLANS_CSV.encode() + b"p, professional, seats, total, 9\np, professional, pings, rate/second, 9\n",
    }
    api = make_api(tree=files)
    api.tenant()
    one = begun(api)
    consume(api, "seats", 1)
    consume(api, "pings", 1)
    assert exceeded(api, one, "basic") == ["seats"]


def test_an_override_of_a_limit_that_is_gone_from_the_policy_keeps_nobody_from_subscribing(make_api: MakeApi) -> None:
    files = metered_tree()
    plans = files["policies/plans.csv"]
    api = make_api(tree=files | {"policies/plans.csv": plans + b"p, basic, seats, total, 5\n"})
    api.tenant("acme")
    assert api("PUT", "/v1/tenants/acme/limits/seats", {"amount": 9}).status == 200
    (api.state.parent / "policy-0" / "policies" / "plans.csv").write_bytes(plans)
    assert api("POST", "/v1/policy/reload").status == 200

    made = api.made("/v1/subscriptions", {"tenant": "acme", "plan": "basic"})

    assert made["exceeded"] == []

"""The SDK against the application: what it counts is counted once, whatever becomes of the answers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from doorward_sdk import (
    Doorward,
    InProcessTransport,
    LimitExceeded,
    NotFound,
    Response,
    Unreachable,
    acting_as,
    configure,
    limited,
    metered,
)
from doorward_sdk.enterprise.billing import (
    BillingPeriod,
    SubscriptionManager,
    SubscriptionStatus,
    billing_manager,
    subscription_manager,
    usage_tracker,
)
from doorward_sdk.enterprise.multi_tenancy import TenantManager
from doorward_sdk.enterprise.usage import UsageTracker
from support.recorded_api import Api
from support.threads import together

Headers = Sequence[tuple[str, str]]


class Losing:
    """Carries requests to the application and loses the answers to the next few."""

    def __init__(self, api: Api) -> None:
        self._inner = InProcessTransport(api.application.door.handle)
        self.lost = 0

    def send(self, method: str, target: str, headers: Headers, body: bytes, timeout: float) -> Response:
        response = self._inner.send(method, target, headers, body, timeout)
        if self.lost:
            self.lost -= 1
            raise Unreachable("the answer was lost")
        return response


@pytest.fixture
def losing(api: Api) -> Losing:
    api.tenant("acme")
    api.user("ann", "acme", roles=["admin"])
    return Losing(api)


@pytest.fixture
def client(api: Api, losing: Losing) -> Doorward:
    return Doorward(transport=losing, key=api.key)


def used(client: Doorward, limit: str = "max_agents") -> int:
    return client.limit(limit, tenant="acme").used


def test_a_limit_is_taken_and_given_back(client: Doorward) -> None:
    first = client.consume("max_agents", 4, tenant="acme")
    refused = client.consume("max_agents", 2, tenant="acme")
    unknown = client.consume("nothing", tenant="acme")

    assert (first.allowed, first.used, first.remaining, first.per) == (True, 4, 1, "total")
    assert (refused.allowed, refused.allowed_by) == (False, "professional")
    assert (unknown.error is not None and unknown.error.status, unknown.in_doubt) == (404, False)
    assert client.give_back(first.id or "", "max_agents", 3, tenant="acme").amounts == {"max_agents": 3}
    assert used(client) == 1
    assert not client.give_back(first.id or "", tenant="acme")


def test_several_limits_are_taken_at_once(client: Doorward) -> None:
    taken = client.consume_all({"max_agents": 1, "api_calls": 10}, tenant="acme", id="b")
    refused = client.consume_all({"max_agents": 5, "api_calls": 10}, tenant="acme")
    assert [(one.name, one.used) for one in taken.limits] == [("max_agents", 1), ("api_calls", 10)]
    assert taken.limits[1].resets_at is not None
    assert [one.allowed for one in refused.limits] == [False, True]
    assert (used(client), used(client, "api_calls")) == (1, 10)


def test_what_a_caller_counts_is_checked_as_n_plus_one(client: Doorward) -> None:
    assert client.limit("max_agents", 4, tenant="acme")
    assert not client.limit("max_agents", 5, tenant="acme")


def test_everything_whose_answer_is_lost_is_done_once(client: Doorward, losing: Losing) -> None:
    losing.lost = 1
    taken = client.consume("max_agents", 2, tenant="acme")
    assert (taken.allowed, taken.repeated, used(client)) == (True, True, 2)
    losing.lost = 1
    assert client.give_back(taken.id or "", tenant="acme")
    losing.lost = 1
    kept = client.reserve("max_agents", 3, tenant="acme")
    assert (kept.allowed, kept.answer.repeated) == (True, True)
    losing.lost = 1
    committed = kept.commit(2)
    assert (committed.allowed, committed.repeated, used(client)) == (True, True, 2)
    other = client.reserve("max_agents", 3, tenant="acme")
    losing.lost = 1
    assert other.release()
    losing.lost = 1
    with acting_as("user:ann", tenant="acme"):
        guarded = client.guard(None, "create", "agents:*", consume={"max_agents": 1})
    assert (guarded.allowed, guarded.repeated, used(client)) == (True, True, 3)


def test_a_consume_that_is_in_doubt_is_settled_by_its_id(client: Doorward, losing: Losing) -> None:
    losing.lost = 2
    lost = client.consume("max_agents", tenant="acme")
    assert (lost.allowed, lost.in_doubt) == (False, True)
    again = client.consume("max_agents", tenant="acme", id=lost.id)
    assert (again.allowed, again.repeated, used(client)) == (True, True, 1)


def test_a_limited_call_whose_answer_was_lost_for_good_leaves_nothing_counted(client: Doorward, losing: Losing) -> None:
    @limited("max_agents", client=client, tenant="acme")
    def create() -> None:
        pytest.fail("ran")

    losing.lost = 2
    with pytest.raises(LimitExceeded):
        create()
    assert used(client) == 0


def test_reservations_hold_commit_and_release(client: Doorward) -> None:
    with client.reserve("max_agents", 4, tenant="acme", seconds=60) as kept:
        assert kept.expires_at is not None
        assert not client.consume("max_agents", 2, tenant="acme")
        assert kept.commit(1).used == 1
    with pytest.raises(ZeroDivisionError), client.reserve("max_agents", 4, tenant="acme"):
        _ = 1 / 0
    assert used(client) == 1
    with client.reserve("max_agents", 4, tenant="acme"):
        pass
    assert used(client) == 5
    full = client.reserve("max_agents", tenant="acme")
    assert not full
    with pytest.raises(LimitExceeded), full:
        pytest.fail("entered")


def test_guard_knows_everything(client: Doorward) -> None:
    with acting_as("user:ann", tenant="acme"):
        yes = client.guard(None, "create", "agents:*", flags=["core_agents"], consume={"max_agents": 1})
        off = client.guard(None, "create", "agents:*", flags=["analytics"], consume={"max_agents": 1})
        unknown = client.guard(None, "create", "agents:*", flags=["nothing"])
    no = client.guard("user:eve", "create", "agents:*", tenant="acme", consume={"max_agents": 1})

    assert (yes.allowed, yes.flags, yes.limits[0].used) == (True, {"core_agents": True}, 1)
    assert yes.revision
    assert (off.allowed, off.access.allowed, off.flags, off.limits) == (False, True, {"analytics": False}, ())
    assert "no such flag" in unknown.flag_errors["nothing"]
    assert (no.allowed, no.access.allowed, no.error) == (False, False, None)
    assert used(client) == 1


def test_a_client_that_changed_the_plan_is_answered_by_it(client: Doorward) -> None:
    assert not client.consume("max_agents", 6, tenant="acme")
    client.tenants.update("acme", plan="professional")
    assert client.consume("max_agents", 6, tenant="acme")


def test_usage_is_recorded_once_and_read(client: Doorward, losing: Losing) -> None:
    losing.lost = 1
    assert client.record_usage("api_calls", 10, tenant="acme", id="e-1")
    assert client.record_usage("api_calls", 10, tenant="acme", id="e-1")
    clash = client.record_usage("api_calls", 11, tenant="acme", id="e-1")
    unknown = client.record_usage("nothing", tenant="acme")

    assert (clash.error is not None and clash.error.status, clash.in_doubt) == (409, False)
    assert unknown.error is not None
    used_of = {item.name: item.used for item in client.usage.list(tenant="acme")}
    assert (used_of["api_calls"], used_of["max_agents"]) == (10, 0)
    months = client.usage.get("api_calls", tenant="acme", by="month")
    assert (months.total, months.series[-1].value, months.aggregation) == (10, 10, "sum")


def test_the_managers_of_the_requirements_count(client: Doorward) -> None:
    tracker, now = UsageTracker(client), datetime.now(UTC)
    tracker.record_usage("acme", "api_calls", 10)
    tracker.record_usage("acme", "agent_executions", 5)
    assert tracker.get_current_month_usage("acme", "agent_executions") == 5
    assert tracker.get_usage("acme", "api_calls", now - timedelta(hours=1), now + timedelta(hours=1)) == 10
    with pytest.raises(NotFound, match="nothing"):
        tracker.record_usage("acme", "nothing")
    limits = SubscriptionManager(client)
    assert limits.check_usage_limits("acme", "max_agents", 4)
    assert not limits.check_usage_limits("acme", "max_agents", 5)
    tenants = TenantManager(client)
    tenants.set_current_tenant(tenants.get_tenant("acme"))
    assert tenants.check_limit("max_agents", 4)
    client.tenants.set_limit("acme", "max_agents", 2)
    assert not tenants.check_limit("max_agents", 4)
    tenants.set_current_tenant(None)


def test_the_billing_example_of_the_requirements_runs(client: Doorward) -> None:
    client.tenants.create("Tenant", "tenant123.com", id="tenant123")
    configure(client)
    try:
        current_count = 19
        subscription = billing_manager.create_subscription(
            tenant_id="tenant123", plan_id="professional", billing_period=BillingPeriod.MONTHLY
        )

        usage_tracker.record_usage("tenant123", "api_calls", 10)
        usage_tracker.record_usage("tenant123", "agent_executions", 5)

        status = subscription_manager.check_subscription_status("tenant123")
        assert status
        assert status.status == SubscriptionStatus.ACTIVE
        assert subscription_manager.check_usage_limits("tenant123", "max_agents", current_count)
        assert not subscription_manager.check_usage_limits("tenant123", "max_agents", current_count + 1)
        assert subscription.plan_id == "professional"
        assert usage_tracker.get_current_month_usage("tenant123", "api_calls") == 10
    finally:
        configure(None)


def test_limited_calls_of_many_threads_are_as_many_as_there_is_room_for(client: Doorward) -> None:
    @limited("max_agents", client=client, tenant="acme")
    def create(number: int) -> int:
        if number % 3 == 0:
            raise ZeroDivisionError
        return number

    made = together(24, create)

    kept = [one for one in made if isinstance(one, int)]
    assert {type(one) for one in made} <= {int, ZeroDivisionError, LimitExceeded}
    assert used(client) == len(kept) <= 5


def test_metered_calls_are_counted(client: Doorward) -> None:
    @metered("agent_executions", 2, client=client)
    def execute() -> int:
        return 7

    with acting_as("user:ann", tenant="acme"):
        assert [execute() for _ in range(3)] == [7, 7, 7]
    assert client.usage.get("agent_executions", tenant="acme").total == 6

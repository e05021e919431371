"""What a tenant has at a time is the same whether anybody asked before, and at which times."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.callers import Caller
from doorward.domain.errors import NotFound
from doorward.domain.facts import TenantFacts
from doorward.domain.ledger.requests import Asked
from doorward.domain.limit_overrides import OwnLimit
from doorward.domain.plans import Per, Plan, PlanLimit
from doorward.domain.subscriptions import RecordedSubscription
from doorward.domain.tenants import TenantStatus
from doorward.services.facts import FactsView
from doorward.services.limits import Allowances
from doorward.services.ports import PolicySnapshot
from support.subscriptions import CATALOG, DAY, HOUR, a_subscription, at

NOW: Final = at("2026-03-10T09:30")
_AMOUNTS: Final = {"basic": 5, "professional": 20, "enterprise": None}


def plan(name: str) -> Plan:
    amount = _AMOUNTS[name]
    limits = (
        PlanLimit(limit="agents", per=Per.TOTAL, amount=amount),
        PlanLimit(limit="calls", per=Per.HOUR, amount=amount),
        PlanLimit(limit="calls", per=Per.DAY, amount=amount),
        PlanLimit(limit="reports", per=Per.BILLING_PERIOD, amount=amount),
    )
    return Plan(
        name=name,
        title=name,
        description=None,
        price_monthly=0,
        price_yearly=0,
        trial_days=0,
        grace_days=0,
        features=(),
        limits=limits,
    )


def policy() -> PolicySnapshot:
    made = SimpleNamespace(plans={name: plan(name) for name in _AMOUNTS}, catalog=CATALOG, tenants=frozenset())
    return cast("PolicySnapshot", made)


POLICIES: Final = (policy(), policy())


def tenant(subscription: RecordedSubscription | None, overrides: tuple[OwnLimit, ...]) -> TenantFacts:
    return TenantFacts("acme", "Acme", None, "basic", TenantStatus.ACTIVE, {}, overrides, subscription)


def told(
    allowances: Allowances, facts: TenantFacts, served: PolicySnapshot, now: int, when: int
) -> tuple[str | None, Sequence[Asked]]:
    view = cast("FactsView", SimpleNamespace(tenant=lambda _name: facts))
    found = allowances.of("acme", Caller("key", frozenset()), served, view, now)
    return found.plan and found.plan.name, [found.asked(name, 1, when) for name in found.names]


TIMES = st.integers(-40 * 24, 40 * 24).map(lambda hours: NOW + hours * HOUR) | st.integers(-HOUR, HOUR).map(
    lambda some: NOW + some
)
OVERRIDES = st.lists(
    st.builds(
        OwnLimit,
        st.builds(
            PlanLimit,
            limit=st.sampled_from(["agents", "calls"]),
            per=st.sampled_from([Per.TOTAL, Per.HOUR]),
            amount=st.just(7),
        ),
        st.sampled_from([0, NOW - DAY, NOW, NOW + HOUR, NOW + DAY]),
    ),
    max_size=2,
).map(tuple)
SUBSCRIPTIONS = st.sampled_from(
    [
        None,
        a_subscription(),
        a_subscription(cancel_at=NOW + 3 * HOUR),
        a_subscription(change_at=NOW + HOUR, next_plan="enterprise"),
        a_subscription(trial_ends_at=NOW + DAY),
    ]
)


@given(
    tenants=st.lists(st.tuples(SUBSCRIPTIONS, OVERRIDES), min_size=1, max_size=2),
    asked=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), TIMES, TIMES), min_size=2, max_size=8),
)
def test_what_was_asked_before_changes_no_answer(
    tenants: list[tuple[object, tuple[OwnLimit, ...]]], asked: list[tuple[int, int, int, int]]
) -> None:
    allowances = Allowances()
    facts = [tenant(one and RecordedSubscription(one), own) for one, own in tenants]  # type: ignore[arg-type]
    for which, served, now, when in asked:
        mine = facts[which % len(facts)]
        found = told(allowances, mine, POLICIES[served], now, when)
        assert found == told(Allowances(), mine, POLICIES[served], now, when)


def test_an_unknown_name_is_told_with_those_that_there_are() -> None:
    found = Allowances().recorded(tenant(None, ()), policy(), NOW)
    with pytest.raises(NotFound, match="there is no limit and no meter 'more'; there are agents, calls, reports"):
        found.asked("more", 1)

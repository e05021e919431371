"""What a tenant may have: its plan's limits, and overrides of its own."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.errors import BadRequest
from doorward.domain.limit_overrides import NewLimitOverride, OwnLimit, ends_after
from doorward.domain.limits import effective_limits
from doorward.domain.plans import MAX_AMOUNT, Per, Plan, PlanLimit, PlanRows, plans_of

NOW = 1_000_000
LIMITS = st.builds(
    PlanLimit,
    limit=st.sampled_from(["agents", "calls"]),
    per=st.sampled_from([Per.TOTAL, Per.HOUR]),
    amount=st.none() | st.integers(0, 9),
)
OVERRIDES = st.lists(
    st.builds(OwnLimit, LIMITS, st.sampled_from([0, NOW - 1, NOW, NOW + 1])),
    unique_by=lambda one: (one.limit.limit, one.limit.per),
)
PLANS = st.lists(LIMITS, unique_by=lambda one: (one.limit, one.per)).map(lambda limits: plan(*limits))


def plan(*limits: PlanLimit) -> Plan:
    return plans_of({"gold": PlanRows(limits=limits)}, {})["gold"]


def limit(name: str, amount: int | None, per: Per = Per.TOTAL) -> PlanLimit:
    return PlanLimit(limit=name, per=per, amount=amount)


def test_plan_alone_gives_its_limits_by_name() -> None:
    gold = plan(limit("agents", 5), limit("calls", 10, Per.HOUR), limit("calls", 100, Per.DAY))
    assert effective_limits(gold, (), NOW) == {
        "agents": (limit("agents", 5),),
        "calls": (limit("calls", 10, Per.HOUR), limit("calls", 100, Per.DAY)),
    }


def test_override_stands_in_the_place_of_the_same_name_and_per_alone() -> None:
    gold = plan(limit("calls", 10, Per.HOUR), limit("calls", 100, Per.DAY))
    own = [OwnLimit(limit("calls", 50, Per.HOUR), 0), OwnLimit(limit("agents", None), 0)]
    assert effective_limits(gold, own, NOW) == {
        "calls": (limit("calls", 50, Per.HOUR), limit("calls", 100, Per.DAY)),
        "agents": (limit("agents", None),),
    }


def test_tenant_whose_plan_is_gone_has_its_overrides() -> None:
    assert effective_limits(None, [OwnLimit(limit("agents", 3), 0)], NOW) == {"agents": (limit("agents", 3),)}
    assert effective_limits(None, (), NOW) == {}


@given(PLANS, OVERRIDES)
def test_each_amount_is_the_override_that_counts_or_else_the_plans(gold: Plan, own: list[OwnLimit]) -> None:
    found = effective_limits(gold, own, NOW)
    wanted = {(one.limit, one.per): one.amount for one in gold.limits}
    wanted |= {(one.limit.limit, one.limit.per): one.limit.amount for one in own if one.expires_at in {0, NOW + 1}}
    assert {(one.limit, one.per): one.amount for several in found.values() for one in several} == wanted
    assert all(one.limit == name for name, several in found.items() for one in several)


@given(PLANS, OVERRIDES, st.integers(NOW - 3, NOW + 3), st.integers(0, 5))
def test_nothing_changes_before_the_first_that_counts_ends(gold: Plan, own: list[OwnLimit], at: int, more: int) -> None:
    end = ends_after(own, at / 1_000_000)
    later = at + more
    if later / 1_000_000 < end:
        assert effective_limits(gold, own, later) == effective_limits(gold, own, at)


def test_what_never_ends_ends_never() -> None:
    assert ends_after([OwnLimit(limit("agents", 3), 0)], 1.0) == math.inf
    assert ends_after([OwnLimit(limit("agents", 3), 5_000_000), OwnLimit(limit("calls", 3), 3_000_000)], 1.0) == 3.0


@pytest.mark.parametrize("amount", [-1, 1.0, 0.5, True, False, None, "5", "Unlimited", "", MAX_AMOUNT + 1, [5], {}])
def test_amounts_that_no_limit_has_are_refused_by_name(amount: object) -> None:
    with pytest.raises(BadRequest, match=r"amount must be a whole number from 0 to \d+, or 'unlimited'"):
        NewLimitOverride.checked(amount=amount, per=None, reason=None, expires_at=0, now=NOW)


@pytest.mark.parametrize(("amount", "kept"), [(0, 0), (MAX_AMOUNT, MAX_AMOUNT), ("unlimited", None)])
def test_amounts_that_a_limit_may_have_are_kept(amount: object, kept: int | None) -> None:
    made = NewLimitOverride.checked(amount=amount, per="hour", reason="", expires_at=NOW + 1, now=NOW)
    assert (made.amount, made.per, made.reason) == (kept, Per.HOUR, None)


@pytest.mark.parametrize("per", ["week", "Hour", "", 5, True, ["hour"]])
def test_periods_that_nobody_counts_in_are_refused_by_name(per: object) -> None:
    with pytest.raises(BadRequest, match="per must be one of total, minute, hour"):
        NewLimitOverride.checked(amount=1, per=per, reason=None, expires_at=0, now=NOW)


def test_time_that_is_over_is_refused() -> None:
    with pytest.raises(BadRequest, match="expires_at is over"):
        NewLimitOverride.checked(amount=1, per=None, reason=None, expires_at=NOW, now=NOW)

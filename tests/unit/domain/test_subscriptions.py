"""How subscriptions stand at any time, and which plan and billing window that gives."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.catalog import Catalog, SubscriptionStatus
from doorward.domain.errors import BadRequest, Conflict, DoorwardError
from doorward.domain.facts import TenantFacts
from doorward.domain.periods import BillingPeriod, calendar_month
from doorward.domain.plans import Plan
from doorward.domain.subscription_changes import (
    Move,
    NewSubscription,
    When,
    cancel_at,
    change_of,
    checked_payment,
    checked_when,
    fail,
    pause,
    pay,
    resume,
)
from doorward.domain.subscriptions import (
    RecordedSubscription,
    Subscription,
    current_period,
    state_at,
    window_at,
)
from doorward.domain.tenants import TenantStatus
from support.subscriptions import CATALOG, DAY, HOUR, a_subscription, at, wall

ACTIVE, TRIALING, PAST_DUE = SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE
PAUSED, CANCELED, EXPIRED = SubscriptionStatus.PAUSED, SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED
MONTHLY, YEARLY = BillingPeriod.MONTHLY, BillingPeriod.YEARLY
NOW, PERIOD_END = When.NOW, When.PERIOD_END
START = at("2026-01-31T12:00")


def status_at(stored: Subscription, now: int, catalog: Catalog = CATALOG) -> SubscriptionStatus:
    return state_at(stored, now, catalog).subscription.status


def after(move: Move, stored: Subscription, now: int) -> Subscription:
    """What is stored after a change at a time."""
    return move(state_at(stored, now, CATALOG).subscription, now)


def tenant(stored: Subscription | None, plan: str = "own") -> TenantFacts:
    held = None if stored is None else RecordedSubscription(stored)
    return TenantFacts("acme", "Acme", None, plan, TenantStatus.ACTIVE, {}, subscription=held)


def a_plan(**fields: Any) -> Plan:
    plain = {"title": "", "description": None, "price_monthly": 0, "price_yearly": 0, "grace_days": 0}
    return Plan(**{**plain, "name": "professional", "trial_days": 14, "features": (), "limits": (), **fields})


def begun(now: int = START, *, had_trial: bool = False, plan: Plan | None = None, **fields: Any) -> Subscription:
    new = NewSubscription.checked(tenant="acme", plan="professional", **fields)
    return new.begun("s1", plan or a_plan(), now, had_trial=had_trial)


# --- laws

INSTANTS = st.integers(START - 400 * DAY, START + 1_200 * DAY)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"])
MOVES = st.one_of(
    st.builds(
        change_of,
        st.sampled_from(["basic", "professional", "enterprise", None]),
        st.sampled_from([MONTHLY, YEARLY, None]),
        st.sampled_from(When),
    ),
    st.builds(cancel_at, st.sampled_from(When)),
    st.sampled_from([resume, pause, pay, fail]),
)
CHANGES = st.lists(st.tuples(st.integers(0, 90 * DAY), MOVES), max_size=6)


@st.composite
def stored_ones(draw: st.DrawFn) -> Subscription:
    """A subscription after some changes at some times."""
    stored = begun(
        trial=draw(st.sampled_from([None, False])),
        time_zone=draw(ZONES),
        billing_period=draw(st.sampled_from(["monthly", "yearly"])),
    )
    now = START
    for later, move in draw(CHANGES):
        now += later
        try:
            stored = replace(after(move, stored, now), updated_at=now)
        except DoorwardError:
            continue
    return stored


@given(stored=stored_ones(), first=INSTANTS, second=INSTANTS)
def test_storing_what_time_has_done_changes_nothing_of_what_follows(
    stored: Subscription, first: int, second: int
) -> None:
    earlier, later = sorted((max(first, stored.updated_at), max(second, stored.updated_at)))
    settled = state_at(stored, earlier, CATALOG).subscription
    assert state_at(settled, later, CATALOG).subscription == state_at(stored, later, CATALOG).subscription


@given(stored=stored_ones(), instant=INSTANTS)
def test_a_standing_lasts_from_its_beginning_up_to_the_next(stored: Subscription, instant: int) -> None:
    standing = state_at(stored, instant, CATALOG)
    assert standing.since <= max(instant, 0) < standing.until
    assert state_at(stored, standing.until - 1, CATALOG) == standing
    assert state_at(stored, standing.since, CATALOG).subscription == standing.subscription


@given(stored=stored_ones(), instant=INSTANTS, asked=st.lists(INSTANTS, max_size=3))
def test_what_is_remembered_of_a_standing_is_what_would_be_computed(
    stored: Subscription, instant: int, asked: list[int]
) -> None:
    held = RecordedSubscription(stored)
    for one in asked:
        held.at(one, CATALOG)
        held.plan_state("own", one, CATALOG)
    for catalog in (CATALOG, replace(CATALOG, plans={}, after_end="basic")):
        assert held.at(instant, catalog) == state_at(stored, instant, catalog)
        fresh = RecordedSubscription(stored).plan_state("own", instant, catalog)
        assert held.plan_state("own", instant, catalog) == fresh


@given(stored=stored_ones(), instant=INSTANTS, now=INSTANTS)
def test_billing_windows_tile_time(stored: Subscription, instant: int, now: int) -> None:
    standing = state_at(stored, now, CATALOG).subscription
    start, end = window_at(standing, instant)
    assert start <= instant < end
    assert window_at(standing, start) == window_at(standing, end - 1) == (start, end)
    assert window_at(standing, end).start == end
    assert window_at(standing, start - 1).end == start


@given(stored=stored_ones(), move=MOVES, later=st.integers(0, 400 * DAY))
def test_a_change_at_any_instant_starts_no_window_before_it(stored: Subscription, move: Move, later: int) -> None:
    """Whoever counts by windows counts nothing twice: the window goes on, or another begins now."""
    now = stored.updated_at + later
    before = window_at(state_at(stored, now, CATALOG).subscription, now)
    try:
        changed = replace(after(move, stored, now), updated_at=now)
    except DoorwardError:
        return
    assert window_at(state_at(changed, now, CATALOG).subscription, now).start in {before.start, now}


# --- beginning


def test_a_subscription_is_paid_by_the_month_in_utc_from_now_on() -> None:
    stored = begun(plan=a_plan(trial_days=0))
    assert (stored.status, stored.billing_period, stored.time_zone, stored.anchor) == (ACTIVE, MONTHLY, "UTC", START)
    assert current_period(stored, START) == (START, at("2026-02-28T12:00"))


def test_a_trial_over_a_month_end_is_so_many_days_and_periods_are_counted_from_its_end() -> None:
    stored = begun(at("2026-01-25T09:30"))
    ends = at("2026-02-08T09:30")
    assert (stored.status, stored.trial_ends_at) == (TRIALING, ends)
    assert current_period(stored, at("2026-02-01")) == (at("2026-01-25T09:30"), ends)
    assert status_at(stored, ends - 1) is TRIALING
    assert status_at(stored, ends) is ACTIVE
    assert current_period(stored, ends) == (ends, at("2026-03-08T09:30"))


def test_a_trial_of_local_days_ends_at_the_time_of_day_it_began_at() -> None:
    stored = begun(at("2026-03-20T20:00", "Europe/Berlin"), time_zone="Europe/Berlin")
    assert wall(stored.trial_ends_at, "Europe/Berlin") == "2026-04-03 20:00"
    assert stored.trial_ends_at - stored.created_at == 14 * DAY - HOUR


@pytest.mark.parametrize(
    ("had_trial", "trial", "status"),
    [
        pytest.param(False, None, TRIALING, id="the first time"),
        pytest.param(True, None, ACTIVE, id="not again"),
        pytest.param(False, False, ACTIVE, id="not wanted"),
        pytest.param(False, True, TRIALING, id="wanted"),
    ],
)
def test_a_tenant_has_one_trial(had_trial: bool, trial: bool | None, status: SubscriptionStatus) -> None:
    assert begun(had_trial=had_trial, trial=trial).status is status


def test_a_trial_that_is_not_to_be_had_is_refused() -> None:
    with pytest.raises(BadRequest, match="'professional' has no trial"):
        begun(trial=True, plan=a_plan(trial_days=0))
    with pytest.raises(Conflict, match="'acme' had its trial before"):
        begun(trial=True, had_trial=True)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"billing_period": "weekly"}, "billing_period must be monthly or yearly", id="period"),
        pytest.param({"time_zone": "Mars/Olympus"}, "time_zone 'Mars/Olympus' is no time zone", id="zone"),
    ],
)
def test_what_cannot_be_is_told(fields: dict[str, str], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        begun(**fields)
    with pytest.raises(BadRequest, match="when must be now or period_end"):
        checked_when("later")
    with pytest.raises(BadRequest, match="status must be paid or failed"):
        checked_payment("refunded")


# --- changing


def test_another_plan_counts_at_once_in_the_same_period() -> None:
    stored = after(change_of("enterprise", None, NOW), a_subscription(), START + DAY)
    assert (stored.plan, stored.anchor) == ("enterprise", START)
    assert window_at(stored, START + DAY) == window_at(a_subscription(), START + DAY)


def test_another_length_of_periods_is_counted_from_the_change() -> None:
    stored = after(change_of(None, YEARLY, NOW), a_subscription(), at("2026-02-10"))
    assert current_period(stored, at("2026-02-10")) == (at("2026-02-10"), at("2027-02-10"))
    assert window_at(stored, at("2026-02-09")) == (START, at("2026-02-10"))


def test_a_change_at_the_end_of_the_period_waits_for_it() -> None:
    stored = after(change_of("basic", YEARLY, PERIOD_END), a_subscription(), START + DAY)
    end = at("2026-02-28T12:00")
    assert (stored.plan, stored.change_at, stored.next_plan, stored.next_billing_period) == (
        "professional",
        end,
        "basic",
        YEARLY,
    )
    assert state_at(stored, end - 1, CATALOG).subscription.plan == "professional"
    then = state_at(stored, end, CATALOG).subscription
    assert (then.plan, then.billing_period, then.anchor, then.change_at) == ("basic", YEARLY, end, 0)


def test_a_plan_that_changes_at_a_period_end_keeps_the_day_of_the_month() -> None:
    stored = after(change_of("basic", None, PERIOD_END), a_subscription(), START)
    then = state_at(stored, at("2026-03-01"), CATALOG).subscription
    assert current_period(then, at("2026-03-01")).end == at("2026-03-31T12:00")


def test_a_change_takes_the_place_of_one_that_is_pending() -> None:
    pending = after(change_of("basic", None, PERIOD_END), a_subscription(), START)
    other = after(change_of("enterprise", None, PERIOD_END), pending, START)
    assert (other.next_plan, other.change_at) == ("enterprise", pending.change_at)
    assert after(change_of("enterprise", None, NOW), pending, START).change_at == 0
    assert after(change_of("professional", None, PERIOD_END), pending, START) == a_subscription()


def test_a_change_to_what_is_there_already_changes_nothing() -> None:
    stored = a_subscription()
    assert after(change_of("professional", MONTHLY, NOW), stored, START) is stored


def test_a_plan_may_change_before_a_cancellation_and_its_period_may_not() -> None:
    pending = after(cancel_at(PERIOD_END), a_subscription(), START)
    assert after(change_of("basic", None, NOW), pending, START).cancel_at == pending.cancel_at
    for move in (change_of(None, YEARLY, NOW), change_of("basic", None, PERIOD_END)):
        with pytest.raises(Conflict, match="resume it first, then change it"):
            after(move, pending, START)


def test_a_trial_goes_on_under_another_plan() -> None:
    stored = after(change_of("enterprise", YEARLY, NOW), begun(), START + DAY)
    assert (stored.status, stored.plan, stored.anchor) == (TRIALING, "enterprise", begun().trial_ends_at)


# --- ending


def test_a_subscription_is_canceled_at_once() -> None:
    stored = after(cancel_at(NOW), a_subscription(), START + DAY)
    assert (stored.status, stored.ended_at) == (CANCELED, START + DAY)
    with pytest.raises(Conflict, match="the subscription is canceled; make a new one"):
        after(resume, stored, START + DAY)


def test_a_subscription_is_canceled_where_its_period_ends() -> None:
    pending = after(change_of("basic", None, PERIOD_END), a_subscription(), START)
    stored = after(cancel_at(PERIOD_END), pending, START + DAY)
    end = at("2026-02-28T12:00")
    assert (stored.status, stored.cancel_at, stored.next_plan) == (ACTIVE, end, None)
    then = state_at(stored, end + DAY, CATALOG).subscription
    assert (then.status, then.ended_at, then.cancel_at, then.plan) == (CANCELED, end, 0, "professional")
    assert after(cancel_at(PERIOD_END), stored, START + 2 * DAY) is stored


def test_a_trial_that_is_canceled_never_becomes_active() -> None:
    stored = after(cancel_at(PERIOD_END), begun(), START)
    assert stored.cancel_at == stored.trial_ends_at
    assert status_at(stored, stored.trial_ends_at) is CANCELED


def test_what_is_pending_is_taken_back() -> None:
    for move in (cancel_at(PERIOD_END), change_of("basic", YEARLY, PERIOD_END)):
        assert after(resume, after(move, a_subscription(), START), START + DAY) == a_subscription()
    with pytest.raises(Conflict, match="not paused, and nothing is pending"):
        after(resume, a_subscription(), START)


# --- paying


def test_a_payment_that_failed_makes_it_past_due_and_after_the_days_of_grace_it_is_expired() -> None:
    failed = at("2026-03-25T20:00", "Europe/Berlin")
    stored = after(fail, a_subscription(time_zone="Europe/Berlin"), failed)
    assert (stored.status, stored.past_due_since) == (PAST_DUE, failed)
    assert after(fail, stored, failed + DAY) is stored
    ends = at("2026-04-01T20:00", "Europe/Berlin")
    assert ends - failed == 7 * DAY - HOUR
    assert status_at(stored, ends - 1) is PAST_DUE
    assert status_at(stored, ends) is EXPIRED
    assert state_at(stored, ends + DAY, CATALOG).subscription.ended_at == ends


def test_a_plan_without_days_of_grace_or_without_an_entry_has_none() -> None:
    stored = after(fail, a_subscription(plan="enterprise"), START + DAY)
    assert status_at(stored, START + DAY) is EXPIRED
    assert status_at(after(fail, a_subscription(), START), START, Catalog()) is EXPIRED


def test_a_plan_without_days_of_grace_ends_what_is_past_due_when_it_comes() -> None:
    stored = after(fail, a_subscription(), START)
    changed = replace(after(change_of("enterprise", None, NOW), stored, START + DAY), updated_at=START + DAY)
    then = state_at(changed, START + DAY, CATALOG).subscription
    assert (then.status, then.ended_at) == (EXPIRED, START + DAY)


def test_a_payment_ends_what_was_past_due() -> None:
    stored = after(fail, a_subscription(), START)
    paid = after(pay, stored, START + DAY)
    assert (paid.status, paid.past_due_since, paid.anchor) == (ACTIVE, 0, START)
    assert after(pay, paid, START + DAY) is paid
    with pytest.raises(Conflict, match="the subscription is expired; make a new one"):
        after(pay, stored, START + 8 * DAY)


def test_a_payment_leaves_a_trial_alone_and_a_failed_one_ends_it() -> None:
    trial = begun()
    assert after(pay, trial, START + DAY) is trial
    failed = after(fail, trial, START + DAY)
    assert (failed.status, failed.anchor, failed.trial_ends_at) == (PAST_DUE, START + DAY, START + DAY)
    assert after(pay, failed, START + 2 * DAY).status is ACTIVE


# --- pausing


def test_a_pause_ends_where_somebody_ends_it_and_periods_go_on_meanwhile() -> None:
    stored = after(pause, a_subscription(), START + DAY)
    assert (stored.status, stored.paused_at) == (PAUSED, START + DAY)
    assert after(pause, stored, START + DAY) is stored
    resumed = after(resume, stored, START + 100 * DAY)
    assert (resumed.status, resumed.paused_at, resumed.anchor) == (ACTIVE, 0, START)


def test_a_trial_goes_on_in_a_pause() -> None:
    stored = after(pause, begun(), START + DAY)
    assert after(resume, stored, START + 2 * DAY).status is TRIALING
    assert after(resume, stored, START + 20 * DAY).status is ACTIVE


def test_a_pause_is_no_way_out_of_paying() -> None:
    with pytest.raises(Conflict, match="past due; it can be paused when it is paid"):
        after(pause, after(fail, a_subscription(), START), START)
    with pytest.raises(Conflict, match="paused, so that nothing is due"):
        after(fail, after(pause, a_subscription(), START), START)


def test_a_pause_ends_before_what_is_pending_is_taken_back() -> None:
    pending = after(cancel_at(PERIOD_END), a_subscription(), START)
    resumed = after(resume, after(pause, pending, START), START + DAY)
    assert resumed == pending
    assert after(resume, resumed, START + DAY) == a_subscription()


# --- what counts

ENDS = replace(CATALOG, after_end="basic")


@pytest.mark.parametrize(
    ("stored", "catalog", "plan"),
    [
        pytest.param(None, ENDS, "own", id="none"),
        pytest.param(a_subscription(), ENDS, "professional", id="active"),
        pytest.param(a_subscription(status=PAUSED), ENDS, "professional", id="paused"),
        pytest.param(a_subscription(change_at=START, next_plan="enterprise"), ENDS, "enterprise", id="changed by time"),
        pytest.param(a_subscription(cancel_at=START), ENDS, "basic", id="canceled by time"),
        pytest.param(a_subscription(cancel_at=START), CATALOG, "professional", id="canceled where no plan follows"),
        pytest.param(a_subscription(status=CANCELED, ended_at=START), ENDS, "own", id="canceled, and stored"),
    ],
)
def test_the_plan_of_a_live_subscription_counts(stored: Subscription | None, catalog: Catalog, plan: str) -> None:
    assert tenant(stored).effective_plan(START + DAY, catalog) == plan


def test_without_a_subscription_a_billing_period_is_the_calendar_month() -> None:
    assert tenant(None).billing_window(START, CATALOG) == calendar_month(START) == (at("2026-01-01"), at("2026-02-01"))


def test_a_billing_period_is_the_subscription_s_and_after_its_end_begins_there() -> None:
    assert tenant(a_subscription()).billing_window(START + DAY, CATALOG) == (START, at("2026-02-28T12:00"))
    ended = tenant(a_subscription(cancel_at=at("2026-02-28T12:00")))
    assert ended.billing_window(at("2026-02-28T13:00"), CATALOG) == (at("2026-02-28T12:00"), at("2026-03-01"))
    assert ended.billing_window(at("2026-03-02"), CATALOG) == (at("2026-03-01"), at("2026-04-01"))

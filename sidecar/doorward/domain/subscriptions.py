"""Subscriptions: what a tenant pays for, how it stands at any time, and which plan and billing period that gives.

Nothing runs when a trial or a period ends. What time does is a pure function of what is stored (`state_at`); whoever
changes a subscription stores first what time has done.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from doorward.domain.catalog import Catalog, SubscriptionStatus
from doorward.domain.periods import BillingPeriod, Period, calendar_month, days_after, period_at

FOREVER: Final = (1 << 63) - 1
ENDED: Final = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A tenant's subscription. Times are epoch microseconds, 0 for never; `version` grows with each change.

    It begins at `created_at`, with a trial up to `trial_ends_at` where it has one. Periods are counted from `anchor`.
    At `cancel_at` it is canceled; at `change_at` it goes on with `next_plan` and `next_billing_period`.
    """

    id: str
    tenant: str
    plan: str
    billing_period: BillingPeriod
    time_zone: str
    status: SubscriptionStatus
    anchor: int
    trial_ends_at: int
    past_due_since: int
    paused_at: int
    cancel_at: int
    change_at: int
    next_plan: str | None
    next_billing_period: BillingPeriod | None
    ended_at: int
    created_at: int
    updated_at: int
    version: int

    @property
    def is_live(self) -> bool:
        """Whether it has neither been canceled nor expired: a tenant has one such subscription at most."""
        return self.status not in ENDED

    def ended(self, status: SubscriptionStatus, at: int) -> "Subscription":
        """As it is after its end: nothing is pending any more."""
        return replace(self, status=status, ended_at=at, **NOTHING_PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFilter:
    """Which subscriptions a list has; None where it does not matter."""

    tenant: str | None = None
    status: SubscriptionStatus | None = None


NOTHING_PENDING: Final[dict[str, Any]] = {
    "cancel_at": 0,
    "change_at": 0,
    "next_plan": None,
    "next_billing_period": None,
}


class Standing(NamedTuple):
    """How a subscription stands from `since` up to `until`, as long as nobody changes it."""

    subscription: Subscription
    since: int
    until: int


def state_at(stored: Subscription, now: int, catalog: Catalog) -> Standing:
    """What time has made of a subscription as it is stored: trials, periods and days of grace that ended.

    Before the last change it stood otherwise, which nobody knows any more: such a time gets what is stored.
    """
    standing, since = stored, 0
    while True:
        until, then = _next(standing, since, catalog)
        if until > now:
            return Standing(standing, since, until)
        standing, since = then, until


def _next(standing: Subscription, since: int, catalog: Catalog) -> tuple[int, Subscription]:
    """When time changes something, and what it makes of it; of what comes at once, an end comes first."""
    if not standing.is_live:
        return FOREVER, standing
    events = []
    if standing.cancel_at:
        at = max(standing.cancel_at, since)
        events.append((at, 0, standing.ended(SubscriptionStatus.CANCELED, at)))
    if standing.status is SubscriptionStatus.PAST_DUE:
        at = max(grace_ends_at(standing, catalog), since, standing.updated_at)  # another plan may give fewer days
        events.append((at, 1, standing.ended(SubscriptionStatus.EXPIRED, at)))
    if standing.status is SubscriptionStatus.TRIALING:
        events.append((standing.trial_ends_at, 2, replace(standing, status=SubscriptionStatus.ACTIVE)))
    if standing.change_at:
        events.append((standing.change_at, 3, with_next(standing)))
    at, _, then = min(events, key=lambda event: event[:2], default=(FOREVER, 0, standing))
    return at, then


def grace_ends_at(standing: Subscription, catalog: Catalog) -> int:
    """Up to when a subscription that is past due is still one: some days of its plan, none where it says none."""
    entry = catalog.plans.get(standing.plan)
    return days_after(standing.past_due_since, entry.grace_days if entry else 0, standing.time_zone)


def with_next(standing: Subscription) -> Subscription:
    """As it goes on after a pending change. Another length of period is counted from there."""
    period = standing.next_billing_period or standing.billing_period
    return replace(
        standing,
        plan=standing.next_plan or standing.plan,
        billing_period=period,
        anchor=standing.anchor if period is standing.billing_period else standing.change_at,
        **NOTHING_PENDING,
    )


def current_period(standing: Subscription, now: int) -> Period:
    """The trial, or the billing period, that a subscription is in; it is cut off where the subscription ended."""
    if now < standing.trial_ends_at:
        found = Period(standing.created_at, standing.trial_ends_at)
    else:
        period = period_at(standing.anchor, standing.billing_period, standing.time_zone, now)
        found = Period(max(period.start, standing.trial_ends_at or standing.created_at), period.end)
    return Period(found.start, min(found.end, standing.ended_at)) if standing.ended_at else found


def plan_after(ended: Subscription, catalog: Catalog) -> str:
    """The plan that a tenant has after a subscription's end: `after_end`, else what it had."""
    return ended.plan if catalog.after_end is None else catalog.after_end


class PlanState(NamedTuple):
    """Which plan counts for a tenant, how its newest subscription stands, and whether it is subscribed by that."""

    plan: str
    subscription: SubscriptionStatus
    is_subscribed: bool
    until: int


class RecordedSubscription:
    """The newest subscription of one tenant, as decisions read it: how it stands is computed when that changes."""

    __slots__ = ("_known", "_told", "stored")

    def __init__(self, stored: Subscription) -> None:
        self.stored = stored
        self._known: tuple[Catalog, Standing] | None = None
        self._told: tuple[Catalog, int, PlanState] | None = None

    def at(self, now: int, catalog: Catalog) -> Standing:
        """How it stands at a time (epoch microseconds)."""
        known = self._known
        if known is not None and known[0] is catalog and known[1].since <= now < known[1].until:
            return known[1]
        standing = state_at(self.stored, now, catalog)
        self._known = (catalog, standing)
        return standing

    def plan_state(self, own: str, now: int, catalog: Catalog) -> PlanState:
        """Which plan counts at a time (epoch microseconds) for its tenant, whose own plan is `own`.

        It is that of a live subscription, else the tenant's own. The plan after an end is the tenant's own from when
        the end is stored; up to then it follows from the subscription.
        """
        told = self._told
        if told is not None and told[0] is catalog and told[1] <= now < told[2].until:
            return told[2]
        standing, since, until = self.at(now, catalog)
        plan = standing.plan if standing.is_live else own
        if self.stored.is_live and not standing.is_live:
            plan = plan_after(standing, catalog)
        state = PlanState(plan, standing.status, standing.status in catalog.counts_as_subscribed, until)
        self._told = (catalog, since, state)
        return state


def window_at(standing: Subscription, instant: int) -> Period:
    """The period of a subscription that an instant is in; before and after it, the calendar month in UTC.

    These windows tile time: a month is cut off where the subscription begins, and begins where it has ended.
    """
    if instant < standing.created_at:
        month = calendar_month(instant)
        return Period(month.start, min(month.end, standing.created_at))
    if standing.ended_at and instant >= standing.ended_at:
        month = calendar_month(instant)
        return Period(max(month.start, standing.ended_at), month.end)
    return current_period(standing, instant)

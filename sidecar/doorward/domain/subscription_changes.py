"""What people and payment systems do with subscriptions: begin, change, cancel, resume and pause one, say it was paid.

Each takes a subscription as it stands now (`state_at`), and gives it back as it is then; the same one where nothing
changes. None of them counts versions.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from doorward.domain.catalog import SubscriptionStatus
from doorward.domain.errors import BadRequest, Conflict
from doorward.domain.periods import UTC_NAME, BillingPeriod, check_zone, days_after
from doorward.domain.plans import Plan
from doorward.domain.subscriptions import NOTHING_PENDING, Subscription, current_period, with_next

Move = Callable[[Subscription, int], Subscription]
_Choice = TypeVar("_Choice", bound=StrEnum)


class When(StrEnum):
    """From when a change counts."""

    NOW = "now"
    PERIOD_END = "period_end"


class Payment(StrEnum):
    """What a payment system says became of a payment."""

    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A subscription to be begun. `trial` is None where it has one if there is one to be had."""

    tenant: str
    plan: str
    billing_period: BillingPeriod
    time_zone: str
    trial: bool | None

    @classmethod
    def checked(
        cls,
        *,
        tenant: str,
        plan: str,
        billing_period: str | None = None,
        time_zone: str | None = None,
        trial: bool | None = None,
    ) -> "NewSubscription":
        """Of what a caller sent. Raises BadRequest naming the member and the fix."""
        return cls(
            tenant=tenant,
            plan=plan,
            billing_period=BillingPeriod.MONTHLY if billing_period is None else checked_period(billing_period),
            time_zone=UTC_NAME if time_zone is None else check_zone("time_zone", time_zone),
            trial=trial,
        )

    def begun(self, subscription_id: str, plan: Plan, now: int, *, had_trial: bool) -> Subscription:
        """The subscription as it begins. Raises BadRequest or Conflict for a trial that is not to be had."""
        if self.trial and not plan.trial_days:
            raise BadRequest(f"the plan {plan.name!r} has no trial; leave trial out, or give the plan trial_days")
        if self.trial and had_trial:
            raise Conflict(f"the tenant {self.tenant!r} had its trial before; leave trial out to subscribe without one")
        days = plan.trial_days if self.trial is not False and not had_trial else 0
        anchor = days_after(now, days, self.time_zone)
        return Subscription(
            id=subscription_id,
            tenant=self.tenant,
            plan=self.plan,
            billing_period=self.billing_period,
            time_zone=self.time_zone,
            status=SubscriptionStatus.TRIALING if days else SubscriptionStatus.ACTIVE,
            anchor=anchor,
            trial_ends_at=anchor if days else 0,
            past_due_since=0,
            paused_at=0,
            cancel_at=0,
            change_at=0,
            next_plan=None,
            next_billing_period=None,
            ended_at=0,
            created_at=now,
            updated_at=now,
            version=1,
        )


def checked_period(value: str) -> BillingPeriod:
    """A length of periods. Raises BadRequest."""
    return _one_of("billing_period", value, BillingPeriod)


def checked_when(value: str) -> When:
    """From when something counts. Raises BadRequest."""
    return _one_of("when", value, When)


def checked_payment(value: str) -> Payment:
    """What became of a payment. Raises BadRequest."""
    return _one_of("status", value, Payment)


def _one_of(member: str, value: str, choices: type[_Choice]) -> _Choice:
    for one in choices:
        if one.value == value:
            return one
    raise BadRequest(f"{member} must be {' or '.join(choices)}")


def change_of(plan: str | None, period: BillingPeriod | None, when: When) -> Move:
    """Go on with another plan, another length of periods, or both; a change that is pending gives way to it.

    Now, or where the period (the trial) ends. With another length, periods are counted anew from there.
    """

    def change(standing: Subscription, now: int) -> Subscription:
        if plan is None and period is None:
            raise BadRequest("there is nothing to change; give plan, billing_period, or both")
        _require_live(standing)
        other = replace(
            standing,
            change_at=now if when is When.NOW else current_period(standing, now).end,
            next_plan=plan or standing.plan,
            next_billing_period=period or standing.billing_period,
        )
        recounts = other.next_billing_period is not standing.billing_period
        if standing.cancel_at and (recounts or when is When.PERIOD_END):
            raise Conflict(
                "the subscription is to be canceled at the end of its period; resume it first, then change it"
            )
        if other.next_plan == standing.plan and not recounts:
            return standing if not standing.change_at else replace(standing, **_NO_CHANGE)
        if when is When.PERIOD_END:
            return other
        changed = with_next(other)
        in_trial = now < standing.trial_ends_at
        return replace(changed, anchor=standing.anchor if in_trial else changed.anchor, cancel_at=standing.cancel_at)

    return change


def cancel_at(when: When) -> Move:
    """End it now, or where its period (its trial) ends; a change that is pending is dropped."""

    def cancel(standing: Subscription, now: int) -> Subscription:
        _require_live(standing)
        if when is When.NOW:
            return standing.ended(SubscriptionStatus.CANCELED, now)
        if standing.cancel_at:
            return standing
        return replace(standing, **{**NOTHING_PENDING, "cancel_at": current_period(standing, now).end})

    return cancel


def resume(standing: Subscription, now: int) -> Subscription:
    """End a pause; without one, take back what is pending. Raises Conflict where there is neither."""
    _require_live(standing)
    if standing.status is SubscriptionStatus.PAUSED:
        in_trial = now < standing.trial_ends_at
        status = SubscriptionStatus.TRIALING if in_trial else SubscriptionStatus.ACTIVE
        return replace(standing, status=status, paused_at=0)
    if standing.cancel_at or standing.change_at:
        return replace(standing, **NOTHING_PENDING)
    raise Conflict("the subscription is not paused, and nothing is pending that could be taken back")


def pause(standing: Subscription, now: int) -> Subscription:
    """Make it count as none until it is resumed; its plan stays, and its trial and periods go on."""
    _require_live(standing)
    match standing.status:
        case SubscriptionStatus.PAUSED:
            return standing
        case SubscriptionStatus.PAST_DUE:
            raise Conflict("the subscription is past due; it can be paused when it is paid, or canceled")
        case _:
            return replace(standing, status=SubscriptionStatus.PAUSED, paused_at=now)


def pay(standing: Subscription, _now: int) -> Subscription:
    """A payment came: it is not past due any more. A trial goes on, and so does a pause."""
    _require_live(standing)
    if standing.status is not SubscriptionStatus.PAST_DUE:
        return standing
    return replace(standing, status=SubscriptionStatus.ACTIVE, past_due_since=0)


def fail(standing: Subscription, now: int) -> Subscription:
    """A payment failed: it is past due from now, for the days of grace of its plan. A trial ends with that."""
    _require_live(standing)
    match standing.status:
        case SubscriptionStatus.PAST_DUE:
            return standing
        case SubscriptionStatus.PAUSED:
            raise Conflict("the subscription is paused, so that nothing is due; resume it first")
        case SubscriptionStatus.TRIALING:
            over = replace(standing, anchor=now, trial_ends_at=now)
            return replace(over, status=SubscriptionStatus.PAST_DUE, past_due_since=now)
        case _:
            return replace(standing, status=SubscriptionStatus.PAST_DUE, past_due_since=now)


def _require_live(standing: Subscription) -> None:
    if not standing.is_live:
        raise Conflict(f"the subscription is {standing.status}; make a new one for the tenant")


_NO_CHANGE: Final[dict[str, Any]] = {"change_at": 0, "next_plan": None, "next_billing_period": None}

"""Subscriptions as a caller gets them. Nothing here knows the wire. Times are aware and in UTC; None means never."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class SubscriptionChange:
    """What a subscription goes on with, and from when."""

    plan: str
    billing_period: str
    at: datetime


@dataclass(frozen=True)
class Subscription:
    """A subscription, as it stood when it was read.

    Attributes:
        id: its id.
        tenant: whose it is.
        plan: the plan that the tenant has by it.
        billing_period: `monthly` or `yearly`.
        time_zone: where its periods are counted; a name of the IANA database.
        status: `trialing`, `active`, `past_due`, `paused`, `canceled` or `expired`.
        current_period_start: when the trial, or the period that is paid for, began; None after the end.
        current_period_end: when it ends.
        trial_ends_at: when its trial ends, or did.
        past_due_since: when a payment failed.
        grace_ends_at: when it expires, unless somebody pays.
        paused_at: when it was paused.
        cancel_at: when it will be canceled.
        change: what it goes on with at the end of the period.
        ended_at: when it was canceled, or expired.
        version: grows with each change; what `if_match` names.
        exceeded: the limits of the plan that the tenant exceeds already, told to who subscribes it or changes the plan.
    """

    id: str
    tenant: str
    plan: str
    billing_period: str
    time_zone: str
    status: str
    current_period_start: datetime | None
    current_period_end: datetime | None
    trial_ends_at: datetime | None
    past_due_since: datetime | None
    grace_ends_at: datetime | None
    paused_at: datetime | None
    cancel_at: datetime | None
    change: SubscriptionChange | None
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    exceeded: tuple[str, ...] | None

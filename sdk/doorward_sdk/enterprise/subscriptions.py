"""Subscriptions as the requirements name them; the managers of `enterprise.billing` begin, find and end them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - hosts read the types of the dataclasses at run time
from enum import Enum
from typing import TYPE_CHECKING, Optional

from doorward_sdk.errors import NotFound

if TYPE_CHECKING:
    from doorward_sdk.billing import recorded as recorded_subscriptions
    from doorward_sdk.billing.subscriptions import Subscriptions


class BillingPeriod(str, Enum):  # noqa: UP042 - StrEnum came with 3.11
    """How often a subscription is paid for."""

    MONTHLY = "monthly"
    YEARLY = "yearly"


class SubscriptionStatus(str, Enum):  # noqa: UP042
    """How a subscription stands."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass
class Subscription:
    """A subscription, as it stood when it was read; times are aware and in UTC. The plan's id is its name."""

    id: str
    tenant_id: str
    plan_id: str
    billing_period: BillingPeriod
    status: SubscriptionStatus
    created_at: datetime
    updated_at: datetime


def newest_subscription(subscriptions: Subscriptions, tenant_id: str) -> Optional[Subscription]:
    """The live subscription of a tenant, else the one that began last; None where it has had none."""
    try:
        return subscription_of(subscriptions.of_tenant(tenant_id))
    except NotFound:
        return None


def subscription_of(told: recorded_subscriptions.Subscription) -> Subscription:
    """A subscription as managers give it."""
    return Subscription(
        id=told.id,
        tenant_id=told.tenant,
        plan_id=told.plan,
        billing_period=BillingPeriod(told.billing_period),
        status=SubscriptionStatus(told.status),
        created_at=told.created_at,
        updated_at=told.updated_at,
    )

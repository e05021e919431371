"""The types of the wire for subscriptions."""

from typing import Annotated, Final

from msgspec import Meta, Struct

from doorward.domain.catalog import SubscriptionStatus
from doorward.domain.periods import BillingPeriod
from doorward.domain.subscription_changes import Payment, When

_PERIOD: Final = Meta(extra_json_schema={"enum": [*BillingPeriod]})
_STATUS: Final = Meta(extra_json_schema={"enum": [*SubscriptionStatus]})
_ZONE: Final = Meta(description="a name of the IANA time zone database; UTC where it is left out")
_WHEN: Final = Meta(description="`now`, or at the end of the period or trial", extra_json_schema={"enum": [*When]})
_PAYMENT: Final = Meta(description="what became of a payment", extra_json_schema={"enum": [*Payment]})
_PLAN: Final = Meta(description="a plan that the policy declares")
_TENANT: Final = Meta(description="the id of a recorded tenant")
_TRIAL: Final = Meta(description="a trial, where the plan has one and the tenant had none; `false`: without one")
_EXCEEDED: Final = Meta(description="the limits of the plan that the tenant exceeds already; null where nobody asked")


class NewSubscriptionBody(Struct, forbid_unknown_fields=True):
    """A subscription to be begun."""

    tenant: Annotated[str, _TENANT]
    plan: Annotated[str, _PLAN]
    billing_period: Annotated[str, _PERIOD] | None = None
    time_zone: Annotated[str, _ZONE] | None = None
    trial: Annotated[bool, _TRIAL] | None = None


class SubscriptionChanges(Struct, forbid_unknown_fields=True):
    """Another plan, another length of periods, or both."""

    plan: Annotated[str, _PLAN] | None = None
    billing_period: Annotated[str, _PERIOD] | None = None
    when: Annotated[str, _WHEN] | None = None


class CancelBody(Struct, forbid_unknown_fields=True):
    """When a subscription ends: at the end of its period where nothing is said."""

    when: Annotated[str, _WHEN] | None = None


class PaymentBody(Struct, forbid_unknown_fields=True):
    """What a payment system says."""

    status: Annotated[str, _PAYMENT]


class PendingChange(Struct):
    """What a subscription goes on with, and from when."""

    plan: str
    billing_period: Annotated[str, _PERIOD]
    at: str


class SubscriptionItem(Struct):
    """A subscription as it stands now. The current period is a trial, or the one that is paid for; null after the end.

    `exceeded` is told to who began it, or changed its plan.
    """

    id: str
    tenant: str
    plan: str
    billing_period: Annotated[str, _PERIOD]
    time_zone: str
    status: Annotated[str, _STATUS]
    current_period_start: str | None
    current_period_end: str | None
    trial_ends_at: str | None
    past_due_since: str | None
    grace_ends_at: str | None
    paused_at: str | None
    cancel_at: str | None
    change: PendingChange | None
    ended_at: str | None
    created_at: str
    updated_at: str
    version: int
    exceeded: Annotated[list[str] | None, _EXCEEDED]


class SubscriptionList(Struct):
    """Some subscriptions, by id."""

    items: list[SubscriptionItem]
    next: str | None

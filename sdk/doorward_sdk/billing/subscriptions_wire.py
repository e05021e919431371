"""Subscriptions from the wire. Each function raises MalformedAnswer for anything else."""

from __future__ import annotations

from doorward_sdk.billing.recorded import Subscription, SubscriptionChange
from doorward_sdk.wire.members import (
    members_of,
    number_in,
    object_or_none_in,
    text_in,
    texts_in,
    time_in,
    time_or_none_in,
)


def subscription_of(value: object) -> Subscription:
    """A subscription."""
    told = members_of(value)
    return Subscription(
        id=text_in(told, "id"),
        tenant=text_in(told, "tenant"),
        plan=text_in(told, "plan"),
        billing_period=text_in(told, "billing_period"),
        time_zone=text_in(told, "time_zone"),
        status=text_in(told, "status"),
        current_period_start=time_or_none_in(told, "current_period_start"),
        current_period_end=time_or_none_in(told, "current_period_end"),
        trial_ends_at=time_or_none_in(told, "trial_ends_at"),
        past_due_since=time_or_none_in(told, "past_due_since"),
        grace_ends_at=time_or_none_in(told, "grace_ends_at"),
        paused_at=time_or_none_in(told, "paused_at"),
        cancel_at=time_or_none_in(told, "cancel_at"),
        change=object_or_none_in(told, "change", _change),
        ended_at=time_or_none_in(told, "ended_at"),
        created_at=time_in(told, "created_at"),
        updated_at=time_in(told, "updated_at"),
        version=number_in(told, "version"),
        exceeded=None if told.get("exceeded") is None else texts_in(told, "exceeded"),
    )


def _change(value: object) -> SubscriptionChange:
    told = members_of(value)
    return SubscriptionChange(text_in(told, "plan"), text_in(told, "billing_period"), time_in(told, "at"))

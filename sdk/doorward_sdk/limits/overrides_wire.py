"""Limits of tenants from the wire. Each function raises MalformedAnswer for anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import MalformedAnswer
from doorward_sdk.limits.overrides import LimitOverride, TenantLimit, TenantLimits
from doorward_sdk.wire.members import (
    list_in,
    members_of,
    number_in,
    text_in,
    text_or_none_in,
    time_in,
    time_or_none_in,
)

if TYPE_CHECKING:
    from doorward_sdk.limits.overrides import Amount
    from doorward_sdk.wire.members import Members

UNLIMITED = "unlimited"


def amount_in(told: Members, name: str) -> Amount:
    """A whole number, or `unlimited`."""
    value = told.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if value != UNLIMITED:
        raise MalformedAnswer(f"the answer has no amount {name!r}")
    return UNLIMITED


def limit_override_of(value: object) -> LimitOverride:
    """A tenant's own amount."""
    told = members_of(value)
    return LimitOverride(
        tenant=text_in(told, "tenant"),
        limit=text_in(told, "limit"),
        per=text_in(told, "per"),
        amount=amount_in(told, "amount"),
        reason=text_or_none_in(told, "reason"),
        expires_at=time_or_none_in(told, "expires_at"),
        state=text_in(told, "state"),
        created_at=time_in(told, "created_at"),
        updated_at=time_in(told, "updated_at"),
        created_by=text_in(told, "created_by"),
        version=number_in(told, "version"),
    )


def tenant_limits_of(value: object) -> TenantLimits:
    """All that a tenant may have."""
    told = members_of(value)
    return TenantLimits(
        plan=text_in(told, "plan"),
        items=tuple(_limit_of(one) for one in list_in(told, "items")),
        overrides=tuple(limit_override_of(one) for one in list_in(told, "overrides")),
    )


def _limit_of(value: object) -> TenantLimit:
    told = members_of(value)
    return TenantLimit(
        limit=text_in(told, "limit"),
        per=text_in(told, "per"),
        amount=amount_in(told, "amount"),
        source=text_in(told, "source"),
        plan_amount=None if told.get("plan_amount") is None else amount_in(told, "plan_amount"),
        reason=text_or_none_in(told, "reason"),
        expires_at=time_or_none_in(told, "expires_at"),
    )

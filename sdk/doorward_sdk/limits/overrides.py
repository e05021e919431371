"""What tenants may have, by their plans and by overrides of their own. Nothing here knows the wire.

Times are aware and in UTC; None means never. An amount is a whole number, or `unlimited`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from datetime import datetime

Amount = Union[int, str]


@dataclass(frozen=True)
class LimitOverride:
    """A tenant's own amount of a limit.

    Attributes:
        tenant: the tenant's id.
        limit: the limit's name.
        per: what it is counted in: `total`, `hour` and so on.
        amount: how much the tenant may have.
        reason: why, if somebody said.
        expires_at: from when on it counts for nothing.
        state: `active`, or `expired`.
        created_by: who set it.
        version: grows with each change; what `if_match` names.
    """

    tenant: str
    limit: str
    per: str
    amount: Amount
    reason: str | None
    expires_at: datetime | None
    state: str
    created_at: datetime
    updated_at: datetime
    created_by: str
    version: int


@dataclass(frozen=True)
class TenantLimit:
    """What a tenant may have of a limit.

    Attributes:
        limit: the limit's name.
        per: what it is counted in: `total`, `hour` and so on.
        amount: how much the tenant may have.
        source: where that comes from: `plan` or `override`.
        plan_amount: what its plan says of it; None where that says nothing.
        reason: why it is an override, if somebody said.
        expires_at: from when on the override counts for nothing.
    """

    limit: str
    per: str
    amount: Amount
    source: str
    plan_amount: Amount | None
    reason: str | None
    expires_at: datetime | None


@dataclass(frozen=True)
class TenantLimits:
    """All that a tenant may have.

    Attributes:
        plan: the name of its plan.
        items: what it may have now.
        overrides: amounts of its own, those that ended too.
    """

    plan: str
    items: tuple[TenantLimit, ...]
    overrides: tuple[LimitOverride, ...]

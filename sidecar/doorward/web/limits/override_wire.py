"""The types of the wire for what tenants may have: limits and overrides of them."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from doorward.domain.limit_overrides import LimitOverrideState
from doorward.domain.names import MAX_TEXT
from doorward.domain.plans import MAX_AMOUNT, UNLIMITED, Per

_AMOUNT: Final = Meta(
    description=f"a whole number, or {UNLIMITED}",
    extra_json_schema={"oneOf": [{"type": "integer", "minimum": 0, "maximum": MAX_AMOUNT}, {"const": UNLIMITED}]},
)
_PER: Final = Meta(description="what it is counted in", extra_json_schema={"enum": [*Per]})
_STATE: Final = Meta(extra_json_schema={"enum": [*LimitOverrideState]})
_SOURCE: Final = Meta(description="where the amount comes from", extra_json_schema={"enum": ["plan", "override"]})
_TIME: Final = Meta(description="RFC 3339", extra_json_schema={"format": "date-time"})
_TEXT: Final = Meta(extra_json_schema={"maxLength": MAX_TEXT})
GivenAmount = Annotated[Any, _AMOUNT]
"""Checked by the domain, which names the member and the fix."""


class LimitOverrideBody(Struct, forbid_unknown_fields=True):
    """An amount that a tenant has of a limit, until a time if one is given.

    `per` is the one that the tenant's plan or the meter has where it is left out, else `total`.
    """

    amount: GivenAmount
    per: Annotated[str, _PER] | None = None
    reason: Annotated[str, _TEXT] | None = None
    expires_at: Annotated[str, _TIME] | None = None


class LimitOverrideItem(Struct):
    """A tenant's own amount of a limit; it counts while its `state` is `active`."""

    tenant: str
    limit: str
    per: Annotated[str, _PER]
    amount: int | str
    reason: str | None
    expires_at: str | None
    state: Annotated[str, _STATE]
    created_at: str
    updated_at: str
    created_by: str
    version: int


class TenantLimitItem(Struct):
    """What a tenant may have of a limit, and where that comes from; `plan_amount` is what its plan says of it."""

    limit: str
    per: Annotated[str, _PER]
    amount: int | str
    source: Annotated[str, _SOURCE]
    plan_amount: int | str | None
    reason: str | None
    expires_at: str | None


class TenantLimitList(Struct):
    """All that a tenant may have, and all its overrides, those that ended too."""

    plan: str
    items: list[TenantLimitItem]
    overrides: list[LimitOverrideItem]
    next: None = None

"""The types of the wire for limits."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from doorward.domain.names import MAX_NAME
from doorward.domain.plans import MAX_AMOUNT, Per

_TENANT: Final = Meta(description="the tenant's id; may be left out by a key that is bound to one")
_LIMIT: Final = Meta(description="the name of a limit or a meter", extra_json_schema={"maxLength": MAX_NAME})
_AMOUNT: Final = Meta(description="how much", extra_json_schema={"minimum": 1, "maximum": MAX_AMOUNT})
_REAL: Final = Meta(extra_json_schema={"minimum": 0, "maximum": MAX_AMOUNT})
_ID: Final = Meta(
    description="of the caller's choosing, one for each request: the same one again is done once",
    extra_json_schema={"minLength": 1, "maxLength": 256},
)
_SECONDS: Final = Meta(description="seconds", extra_json_schema={"minimum": 1, "maximum": 86400})
_AUDIT: Final = Meta(description="write an audit event, in the same transaction")
_PER: Final = Meta(extra_json_schema={"enum": [*Per]})
_TIME: Final = Meta(extra_json_schema={"format": "date-time"})
Tenant = Annotated[str, _TENANT]
Id = Annotated[str, _ID]
Unlimited = Literal["unlimited"]


class LimitItem(Struct, forbid_unknown_fields=True):
    """One limit, and how much of it."""

    limit: Annotated[str, _LIMIT]
    amount: Annotated[int, _AMOUNT] = 1


class CheckBody(Struct, forbid_unknown_fields=True):
    """Is there room for `amount` more? `current` is what is used, where the caller counts."""

    limit: Annotated[str, _LIMIT]
    tenant: Tenant = ""
    current: Annotated[int, Meta(extra_json_schema={"minimum": 0, "maximum": MAX_AMOUNT})] | None = None
    amount: Annotated[int, _AMOUNT] = 1


class ConsumeBody(Struct, forbid_unknown_fields=True):
    """Take this much of a limit, or of several at once: all of it, or nothing."""

    tenant: Tenant = ""
    limit: Annotated[str, _LIMIT] | None = None
    amount: Annotated[int, _AMOUNT] | None = None
    items: Annotated[list[LimitItem], Meta(extra_json_schema={"minItems": 1, "maxItems": 20})] | None = None
    id: Id | None = None
    audit: Annotated[bool, _AUDIT] = False


class ReserveBody(Struct, forbid_unknown_fields=True):
    """Keep room for this much, for some seconds."""

    tenant: Tenant = ""
    limit: Annotated[str, _LIMIT] | None = None
    amount: Annotated[int, _AMOUNT] | None = None
    items: Annotated[list[LimitItem], Meta(extra_json_schema={"minItems": 1, "maxItems": 20})] | None = None
    id: Id | None = None
    expires_in: Annotated[int, _SECONDS] = 60
    audit: Annotated[bool, _AUDIT] = False


class CommitBody(Struct, forbid_unknown_fields=True):
    """What was really used of a reservation: `amount` where it is of one limit, `amounts` by limit; all if left out."""

    tenant: Tenant = ""
    amount: Annotated[int, _REAL] | None = None
    amounts: dict[str, Annotated[int, _REAL]] | None = None
    audit: Annotated[bool, _AUDIT] = False


class ReleaseBody(Struct, forbid_unknown_fields=True):
    """Give a reservation up."""

    tenant: Tenant = ""
    audit: Annotated[bool, _AUDIT] = False


class ReturnBody(Struct, forbid_unknown_fields=True):
    """Give back what was consumed under `id`, once: all of it, or `amount` of a limit."""

    id: Id
    tenant: Tenant = ""
    limit: Annotated[str, _LIMIT] | None = None
    amount: Annotated[int, _AMOUNT] | None = None
    audit: Annotated[bool, _AUDIT] = False


class LimitAnswer(Struct):
    """How a limit stands, by that of its amounts which leaves the least.

    `over` says that a soft limit is passed, `allowed_by` which plan is the cheapest that has room for what was refused,
    `repeated` that the id was done before, `counted` (false) that nothing could be counted and the limit lets pass.
    """

    allowed: bool
    name: str
    limit: int | Unlimited
    used: int
    held: int
    remaining: int | Unlimited
    per: Annotated[str, _PER]
    resets_at: Annotated[str, _TIME] | None
    id: str | UnsetType = UNSET
    over: bool | UnsetType = UNSET
    allowed_by: str | UnsetType | None = UNSET
    retry_at: Annotated[str, _TIME] | UnsetType | None = UNSET
    reason: str | UnsetType = UNSET
    repeated: bool | UnsetType = UNSET
    counted: bool | UnsetType = UNSET


class LimitsAnswer(Struct):
    """How several limits stand that were asked for at once."""

    allowed: bool
    limits: list[LimitAnswer]
    id: str | UnsetType = UNSET
    repeated: bool | UnsetType = UNSET
    counted: bool | UnsetType = UNSET


class ReservationAnswer(Struct):
    """Whether room is kept, and up to when."""

    allowed: bool
    id: str
    expires_at: Annotated[str, _TIME] | None
    limits: list[LimitAnswer]
    repeated: bool | UnsetType = UNSET


class GivenBack(Struct):
    """What was given up or back, by limit."""

    id: str
    amounts: dict[str, int]
    repeated: bool | UnsetType = UNSET

"""The types of the wire for guard: access, flags and limits in one request."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

from doorward.services.limits.counting import MAX_ITEMS
from doorward.web.access.wire import Evaluation, EvaluationAnswer
from doorward.web.limits.wire import Id, LimitAnswer, LimitItem

MAX_FLAGS: Final = 50
"""Flags of a request: it must not hold up the others for long."""
_FLAGS: Final = Meta(
    description="keys of boolean flags that must be true; features of plans are flags",
    extra_json_schema={"maxItems": MAX_FLAGS},
)
_CONSUME: Final = Meta(
    description="what to take of limits where the rest is allowed: all of it, or nothing",
    extra_json_schema={"maxItems": MAX_ITEMS},
)
_TENANT: Final = Meta(description="the tenant of all of it, as `access.context.tenant` names it")


class GuardBody(Struct, forbid_unknown_fields=True):
    """May it be done, with these features, and is there room for it?"""

    access: Evaluation
    flags: Annotated[list[str], _FLAGS] | None = None
    consume: Annotated[list[LimitItem], _CONSUME] | None = None
    tenant: Annotated[str, _TENANT] | None = None
    id: Id | None = None


class GuardAnswer(Struct):
    """The answer to all of it. What stands behind a no was not asked: `flags` and `limits` are empty then.

    `flag_errors` says of a flag without a value why that is so; `id` and `repeated` are those of what was consumed.
    """

    allowed: bool
    access: EvaluationAnswer
    flags: dict[str, bool]
    limits: list[LimitAnswer]
    flag_errors: dict[str, str] | UnsetType = UNSET
    id: str | UnsetType = UNSET
    repeated: bool | UnsetType = UNSET

"""The types of the wire for plans."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from doorward.domain.names import MAX_NAME, MAX_TEXT, NAME_PATTERN
from doorward.domain.plans import MAX_AMOUNT, MAX_DAYS, MAX_PRICE, UNLIMITED, Per

# The domain checks names, texts and numbers; here they are only described.
_NAME: Final = Meta(extra_json_schema={"pattern": NAME_PATTERN, "maxLength": MAX_NAME})
_TEXT: Final = Meta(description="one line of printable text", extra_json_schema={"maxLength": MAX_TEXT})
_PRICE: Final = Meta(
    description="in minor units: 4900 is 49.00", extra_json_schema={"minimum": 0, "maximum": MAX_PRICE}
)
_DAYS: Final = Meta(extra_json_schema={"minimum": 0, "maximum": MAX_DAYS})
_PER: Final = Meta(description="what it is counted in", extra_json_schema={"enum": [*Per]})
_AMOUNT: Final = {"oneOf": [{"type": "integer", "minimum": 0, "maximum": MAX_AMOUNT}, {"const": UNLIMITED}]}
_COUNTED: Final = {
    "type": "object",
    "properties": {"per": {"enum": [*Per]}, "amount": _AMOUNT},
    "required": ["amount"],
    "additionalProperties": False,
}
_LIMITS: Final = Meta(
    description="by name: an amount, or one with what it is counted in, or several of those",
    extra_json_schema={
        "propertyNames": {"pattern": NAME_PATTERN, "maxLength": MAX_NAME},
        "additionalProperties": {
            "anyOf": [_AMOUNT, _COUNTED, {"type": "array", "minItems": 1, "items": {"anyOf": [_AMOUNT, _COUNTED]}}]
        },
        "examples": [{"max_agents": 5, "api_calls": {"per": "hour", "amount": 1000}}],
    },
)


class NewPlanBody(Struct, forbid_unknown_fields=True):
    """A plan to be declared, with the amounts that it gives and the features that it has."""

    name: Annotated[str, _NAME]
    description: Annotated[str, _TEXT]
    price_monthly: Annotated[int, _PRICE]
    price_yearly: Annotated[int, _PRICE]
    features: list[Annotated[str, _NAME]] = []
    limits: Annotated[dict[str, Any], _LIMITS] = {}
    title: Annotated[str, _TEXT] = ""
    trial_days: Annotated[int, _DAYS] = 0
    grace_days: Annotated[int, _DAYS] = 0
    reason: Annotated[str, _TEXT] = ""


class PlanLimitItem(Struct):
    """How much of a limit a plan gives."""

    limit: str
    per: Annotated[str, _PER]
    amount: int | str


class PlanItem(Struct):
    """A plan. `title` is what people call it; prices are in minor units of the `currency`.

    `features` are all that it has, inherited ones too; a limit that is not among `limits` is 0. `place` is the file and
    line that name it.
    """

    name: str
    title: str
    description: str | None
    currency: str
    price_monthly: Annotated[int, _PRICE]
    price_yearly: Annotated[int, _PRICE]
    trial_days: int
    grace_days: int
    features: list[str]
    limits: list[PlanLimitItem]
    place: str


class PlanList(Struct):
    """Some plans, by name, and the currency of all prices."""

    currency: str
    items: list[PlanItem]
    next: str | None

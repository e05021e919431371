"""The types of the wire for usage."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from doorward.domain.catalog import Aggregation
from doorward.domain.names import MAX_NAME
from doorward.domain.plans import Per
from doorward.domain.usage import MAX_EVENT_TEXT
from doorward.web.limits.wire import Unlimited

_ID: Final = Meta(
    description="one of its source: the same one again is counted once",
    extra_json_schema={"minLength": 1, "maxLength": MAX_EVENT_TEXT},
)
_SOURCE: Final = Meta(description="who tells", extra_json_schema={"minLength": 1, "maxLength": MAX_EVENT_TEXT})
_TYPE: Final = Meta(
    description="the name of a meter or a limit", extra_json_schema={"minLength": 1, "maxLength": MAX_NAME}
)
_SUBJECT: Final = Meta(description="the tenant's id; may be left out by a key that is bound to one")
_TIME: Final = Meta(description="RFC 3339; now where it is left out", extra_json_schema={"format": "date-time"})
_WHEN: Final = Meta(extra_json_schema={"format": "date-time"})
_PER: Final = Meta(extra_json_schema={"enum": [*Per]})
_AGGREGATION: Final = Meta(extra_json_schema={"enum": [*Aggregation]})
_OF_TENANT: Final = Meta(description="of one tenant alone")
_VERSION: Final = Meta(extra_json_schema={"const": "1.0"})
_DATA: Final = Meta(
    description="`value`: how much (1 where it is left out), or what a meter of unique values tells apart;"
    " `corrects`: the id of an event of this source that a `value` less than 0 takes back",
    extra_json_schema={"properties": {"value": {"type": ["integer", "string"]}, "corrects": {"type": "string"}}},
)


class CloudEvent(Struct):
    """What was used, as a CloudEvent 1.0 in JSON; more attributes are carried and not looked at."""

    specversion: Annotated[str, _VERSION]
    id: Annotated[str, _ID]
    source: Annotated[str, _SOURCE]
    type: Annotated[str, _TYPE]
    subject: Annotated[str, _SUBJECT] | None = None
    time: Annotated[str, _TIME] | None = None
    data: Annotated[dict[str, Any], _DATA] | None = None


class Accepted(Struct):
    """How many events were counted now, and how many before under the same source and id."""

    accepted: int
    repeated: int


class UsageItem(Struct):
    """How a limit or a meter stands; `percent` is null where it is unlimited or 0."""

    name: str
    aggregation: Annotated[str, _AGGREGATION]
    unit: str | None
    used: int
    held: int
    limit: int | Unlimited
    remaining: int | Unlimited
    per: Annotated[str, _PER]
    resets_at: Annotated[str, _WHEN] | None
    percent: int | None


class UsageList(Struct):
    """How everything stands that a tenant uses, by name and period."""

    tenant: str
    plan: str | None
    items: list[UsageItem]
    next: str | None


class UsageStretch(Struct):
    """What was used from `start` up to `end`; of a gauge, where it stood then."""

    start: Annotated[str, _WHEN]
    end: Annotated[str, _WHEN]
    value: int


class UsageOfMeter(Struct):
    """What was used of a meter from `start` up to `end` (null: open)."""

    tenant: str
    name: str
    aggregation: Annotated[str, _AGGREGATION]
    unit: str | None
    start: Annotated[str, _WHEN] | None
    end: Annotated[str, _WHEN] | None
    total: int
    by: str | None
    time_zone: str
    series: list[UsageStretch]


class ReconcileBody(Struct, forbid_unknown_fields=True):
    """Check what is kept of usage: of all tenants or of one, some ledgers at a time, from `cursor` on."""

    tenant: Annotated[str, _OF_TENANT] | None = None
    repair: Annotated[bool, Meta(description="mend what is wrong")] = False
    cursor: Annotated[str, Meta(description="`next` of the answer before")] | None = None


class UsageDifference(Struct):
    """Something that is kept and is not what the events say; `per` and `starts_at` say of which period."""

    tenant: str
    name: str
    what: str
    per: str | None
    starts_at: Annotated[str, _WHEN] | None
    kept: int
    right: int
    repaired: bool


class Reconciled(Struct):
    """How many ledgers were checked, what was wrong, and where to go on (null: that was all)."""

    checked: int
    differences: list[UsageDifference]
    next: str | None


class ThresholdItem(Struct):
    """A share of a limit that was reached: how much of `limit` was `used` then."""

    id: str
    tenant: str
    name: str
    per: Annotated[str, _PER]
    period_start: Annotated[str, _WHEN] | None
    percent: int
    used: int
    limit: int
    passed_at: Annotated[str, _WHEN]
    delivered_at: Annotated[str, _WHEN] | None
    tries: int


class ThresholdList(Struct):
    """Some shares of limits that were reached, the oldest first."""

    items: list[ThresholdItem]
    next: str | None

"""What a caller gets of usage: how a tenant's limits stand, and what it used when. Nothing here knows the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from doorward_sdk.records.recorded import Limit


@dataclass(frozen=True)
class UsageItem:
    """How one limit or meter of a tenant stands.

    Attributes:
        name: the limit's or the meter's.
        aggregation: what reports make together: `sum`, `count`, `max`, `latest` or `unique`.
        unit: what is counted.
        used: how much is used.
        held: how much reservations keep.
        limit: how much the tenant may have, a number or `unlimited`.
        remaining: how much is left, a number or `unlimited`.
        per: `total`, `minute`, `hour`, `day`, `month`, `billing_period` or `rate/second`.
        resets_at: when `used` begins anew; None for a total.
        percent: how much of the limit is used; None where it has no bound, or is 0.
    """

    name: str
    aggregation: str
    unit: str | None
    used: int
    held: int
    limit: Limit
    remaining: Limit
    per: str
    resets_at: datetime | None
    percent: int | None


@dataclass(frozen=True)
class UsagePlace:
    """What was used from a time until before another."""

    start: datetime
    end: datetime
    value: int


@dataclass(frozen=True)
class MeterUsage:
    """What a tenant used of a meter.

    Attributes:
        total: from `start` until before `end`, None for no bound; as the meter aggregates.
        series: the same by hours, days or months, where that was asked for.
        time_zone: in which days and months begin.
    """

    tenant: str
    name: str
    aggregation: str
    unit: str | None
    start: datetime | None
    end: datetime | None
    total: int
    by: str | None
    time_zone: str
    series: tuple[UsagePlace, ...]

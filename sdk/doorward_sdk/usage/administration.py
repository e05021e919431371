"""What tenants use: `client.usage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.questions import check_name
from doorward_sdk.limits.counting import asked_tenant
from doorward_sdk.records.keys import time_text
from doorward_sdk.usage.answers import MeterUsage, UsageItem, UsagePlace
from doorward_sdk.wire.api import target_of
from doorward_sdk.wire.members import (
    limit_in,
    list_in,
    members_of,
    number_in,
    number_or_none_in,
    path_of,
    text_in,
    text_or_none_in,
    time_in,
    time_or_none_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from doorward_sdk.wire.api import Api

_USAGE = "/v1/usage"


class Usage:
    """What tenants use; needs the scope `usage:read`. `client.record_usage` and `client.consume` count.

    Where no tenant is given it is that of `acting_as`, else the one that the key is bound to. Every method raises
    RequestFailed where no answer comes, and NotFound where the tenant or the meter is not there.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self, *, tenant: str | None = None) -> Iterator[UsageItem]:
        """How every limit and meter of a tenant stands."""
        return self._api.items(_USAGE, _item_of, _query(tenant))

    def get(
        self,
        meter: str,
        *,
        tenant: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        by: str | None = None,
    ) -> MeterUsage:
        """What was used of a meter from `start` until before `end`.

        Args:
            meter: its name.
            tenant: the tenant's id.
            start: from when on, naive times are UTC; None: since ever.
            end: until before when; None: until now.
            by: `hour`, `day` or `month`, for a series; without `start` that of the last day, month or year.
        """
        check_name(meter, "meter")
        given = {
            **_query(tenant),
            "start": None if start is None else time_text(start),
            "end": None if end is None else time_text(end),
            "by": by,
        }
        return _meter_usage_of(self._api.get(target_of(path_of(_USAGE, meter), given)))


def _query(tenant: str | None) -> dict[str, str | None]:
    return {name: str(value) for name, value in asked_tenant(tenant).items()}


def _item_of(value: object) -> UsageItem:
    told = members_of(value)
    return UsageItem(
        name=text_in(told, "name"),
        aggregation=text_in(told, "aggregation"),
        unit=text_or_none_in(told, "unit"),
        used=number_in(told, "used"),
        held=number_in(told, "held"),
        limit=limit_in(told, "limit"),
        remaining=limit_in(told, "remaining"),
        per=text_in(told, "per"),
        resets_at=time_or_none_in(told, "resets_at"),
        percent=number_or_none_in(told, "percent"),
    )


def _meter_usage_of(value: object) -> MeterUsage:
    told = members_of(value)
    return MeterUsage(
        tenant=text_in(told, "tenant"),
        name=text_in(told, "name"),
        aggregation=text_in(told, "aggregation"),
        unit=text_or_none_in(told, "unit"),
        start=time_or_none_in(told, "start"),
        end=time_or_none_in(told, "end"),
        total=number_in(told, "total"),
        by=text_or_none_in(told, "by"),
        time_zone=text_in(told, "time_zone"),
        series=tuple(map(_place_of, list_in(told, "series"))),
    )


def _place_of(value: object) -> UsagePlace:
    told = members_of(value)
    return UsagePlace(time_in(told, "start"), time_in(told, "end"), number_in(told, "value"))

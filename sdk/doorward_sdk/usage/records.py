"""Usage, recorded as CloudEvents: an outage is a denied answer, never an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.questions import check_name
from doorward_sdk.limits.answers import UsageAnswer
from doorward_sdk.limits.counting import NotCounted, asked_tenant, checked_amount, checked_id, send_counted
from doorward_sdk.records.keys import time_text

if TYPE_CHECKING:
    from datetime import datetime

    from doorward_sdk.wire.api import Api

SOURCE = "doorward-sdk"
_EVENTS = "/v1/usage/events"
_CLOUD_EVENT = (("Content-Type", "application/cloudevents+json"),)


def record_usage(  # noqa: PLR0913, PLR0917 - the parts of an event
    api: Api, meter: str, value: int, tenant: str | None, event_id: str | None, time: datetime | None
) -> UsageAnswer:
    """Record that something was used, whatever the limits say."""
    check_name(meter, "meter")
    given = checked_id(event_id)
    event: dict[str, object] = {
        "specversion": "1.0",
        "id": given,
        "source": SOURCE,
        "type": meter,
        "data": {"value": checked_amount("value", value, 0)},
    }
    for subject in asked_tenant(tenant).values():
        event["subject"] = subject
    if time is not None:
        event["time"] = time_text(time)
    try:
        return send_counted(api, _EVENTS, event, lambda _response, _lost: _recorded(given), content_type=_CLOUD_EVENT)
    except NotCounted as lost:
        return UsageAnswer(allowed=False, id=given, in_doubt=lost.in_doubt, error=lost.error)


def _recorded(event_id: str) -> UsageAnswer:
    return UsageAnswer(allowed=True, id=event_id)

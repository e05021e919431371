"""Endpoints of what is recorded of usage."""

from typing import Final

from doorward.domain.callers import Scope
from doorward.services.usage import By
from doorward.web.endpoints import Endpoint, Parameter
from doorward.web.record_rows import MISSING, PAGES, changing
from doorward.web.record_rows import reading as read
from doorward.web.usage.checking import UsageCheckingEndpoints
from doorward.web.usage.reading import UsageReadingEndpoints
from doorward.web.usage.wire import ReconcileBody, Reconciled, ThresholdList, UsageList, UsageOfMeter

_TENANT: Final = {"tenant": Parameter("The tenant; may be left out by a key that is bound to one")}
_TIME: Final = {"format": "date-time"}
_SERIES: Final = _TENANT | {
    "start": Parameter("From when on (RFC 3339); from the beginning where it is left out", _TIME),
    "end": Parameter("Up to when (RFC 3339); open where it is left out", _TIME),
    "by": Parameter("A series too: hours of UTC, days or months where the tenant is", {"enum": [*By]}),
}


def usage_rows(reading: UsageReadingEndpoints, checking: UsageCheckingEndpoints) -> list[Endpoint]:
    """What usage comes to, and whether that is right."""
    return [
        changing(
            Scope.USAGE_WRITE,
            ("POST", "/v1/usage/reconcile"),
            "usage_reconcile",
            "Compare what is kept of usage with its events, some ledgers at a time, and mend it",
            checking.reconcile,
            {200: Reconciled},
            body=ReconcileBody,
            patient=True,
            once=False,
            from_policy=True,
        ),
        read(
            Scope.USAGE_READ,
            "/v1/usage/thresholds",
            "usage_thresholds",
            "Which shares of its limits a tenant reached: 80 and 100 percent",
            checking.thresholds,
            ThresholdList,
            _TENANT | PAGES,
        ),
        Endpoint(
            method="GET",
            path="/v1/usage",
            name="usage_standings",
            summary="How all limits and meters of a tenant stand",
            handler=reading.standings,
            scope=Scope.USAGE_READ,
            answers={200: UsageList, **MISSING},
            parameters=_TENANT,
            recorded=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="GET",
            path="/v1/usage/{meter}",
            name="usage_of_meter",
            summary="What was used of a meter between two times",
            handler=reading.of_meter,
            scope=Scope.USAGE_READ,
            answers={200: UsageOfMeter, **MISSING},
            parameters=_SERIES,
            recorded=True,
            from_policy=True,
            from_facts=True,
        ),
    ]

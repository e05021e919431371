"""Which endpoints take usage events."""

from typing import Final

from doorward.domain.callers import Scope
from doorward.web.endpoints import Answers, Endpoint
from doorward.web.usage.cloud_events import BATCH, STRUCTURED
from doorward.web.usage.events import UsageIntakeEndpoints
from doorward.web.usage.wire import Accepted, CloudEvent
from doorward.web.wire import ProblemDetails

_REFUSED: Final[Answers] = {404: ProblemDetails, 409: ProblemDetails}
_MEDIA: Final = {STRUCTURED: CloudEvent, BATCH: list[CloudEvent]}


def intake_endpoints(usage: UsageIntakeEndpoints) -> list[Endpoint]:
    """The endpoints of usage that must not block."""
    return [
        Endpoint(
            method="POST",
            path="/v1/usage/events",
            name="usage_record",
            summary="Count what was used: one CloudEvent or many, all of them or none; answered when it is on disk",
            handler=usage.record,
            scope=Scope.USAGE_WRITE,
            body=CloudEvent,
            media=_MEDIA,
            answers={202: Accepted, **_REFUSED},
            hot=True,
            patient=True,
            from_policy=True,
            from_facts=True,
        ),
        Endpoint(
            method="POST",
            path="/api/v1/events",
            name="usage_record_openmeter",
            summary="The same, where clients of OpenMeter send events",
            handler=usage.record_silently,
            scope=Scope.USAGE_WRITE,
            body=CloudEvent,
            media=_MEDIA,
            answers={204: None, **_REFUSED},
            hot=True,
            patient=True,
            from_policy=True,
            from_facts=True,
        ),
    ]

"""The use cases of usage, over the ledger and a policy."""

import time

from doorward.bootstrap.recorded import RecordedState
from doorward.domain.catalog import Aggregation
from doorward.domain.errors import PolicyUnavailable
from doorward.domain.plans import Per
from doorward.services.limits import Allowances
from doorward.services.policy import PolicyService
from doorward.services.ports import Clock
from doorward.services.recording import Recorder
from doorward.services.usage import Thresholds, UsageChecking, UsageIntake, UsageReading
from doorward.web.endpoints import Endpoint
from doorward.web.usage.checking import UsageCheckingEndpoints
from doorward.web.usage.event_routes import intake_endpoints
from doorward.web.usage.events import UsageIntakeEndpoints
from doorward.web.usage.reading import UsageReadingEndpoints
from doorward.web.usage.reading_routes import usage_rows


def usage_services(
    recorded: RecordedState, recorder: Recorder, allowances: Allowances, policy: PolicyService, clock: Clock
) -> list[Endpoint]:
    """The endpoints of usage."""
    recorded.keeps(lambda: _kept_for_long(policy), lambda: _has_billed(policy))
    intake = UsageIntake(recorded.ledger, allowances, clock)
    reading = UsageReading(recorded.usage_source, allowances, clock)
    checking = UsageChecking(recorder, lambda name: _aggregation_of(policy, name), time.monotonic)
    return [
        *intake_endpoints(UsageIntakeEndpoints(intake, policy, recorded.facts)),
        *usage_rows(
            UsageReadingEndpoints(reading, policy, recorded.facts),
            UsageCheckingEndpoints(checking, Thresholds(recorded.records)),
        ),
    ]


def _kept_for_long(policy: PolicyService) -> frozenset[str]:
    """What of usage may be given back, or stands, however long ago it was counted: totals and gauges."""
    if policy.served_revision is None:
        raise PolicyUnavailable("no policy is loaded, so nobody knows what usage may be forgotten")
    current = policy.current
    names = {one.limit for plan in current.plans.values() for one in plan.limits if one.per is Per.TOTAL}
    names |= current.catalog.limits.keys()
    for name, meter in current.catalog.meters.items():
        if meter.per in {None, Per.TOTAL} or meter.aggregation is Aggregation.LATEST:
            names.add(name)
    return frozenset(names)


def _has_billed(policy: PolicyService) -> bool:
    return any(one.per is Per.BILLING_PERIOD for plan in policy.current.plans.values() for one in plan.limits)


def _aggregation_of(policy: PolicyService, name: str) -> Aggregation:
    meter = policy.current.catalog.meters.get(name)
    return Aggregation.SUM if meter is None else meter.aggregation

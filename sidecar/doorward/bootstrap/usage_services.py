"""The use cases of usage, over the ledger and a policy."""

import time

from doorward.bootstrap.recorded import RecordedState
from doorward.services.limits import Allowances
from doorward.services.policy import PolicyService
from doorward.services.usage import UsageIntake, UsageReading
from doorward.web.endpoints import Endpoint
from doorward.web.record_routes.usage import usage_rows
from doorward.web.usage import UsageIntakeEndpoints
from doorward.web.usage_reading import UsageReadingEndpoints
from doorward.web.usage_routes import intake_endpoints


def usage_services(recorded: RecordedState, allowances: Allowances, policy: PolicyService) -> list[Endpoint]:
    """The endpoints of usage."""
    intake = UsageIntake(recorded.ledger, allowances, time.time)
    reading = UsageReading(recorded.usage_source, allowances, time.time)
    return [
        *intake_endpoints(UsageIntakeEndpoints(intake, policy, recorded.facts)),
        *usage_rows(UsageReadingEndpoints(reading, policy, recorded.facts)),
    ]

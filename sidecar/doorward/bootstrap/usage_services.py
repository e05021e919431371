"""The use cases of usage, over the ledger and a policy."""

import time

from doorward.bootstrap.recorded import RecordedState
from doorward.services.limits import Allowances
from doorward.services.policy import PolicyService
from doorward.services.usage import UsageIntake
from doorward.web.usage import UsageIntakeEndpoints


def usage_intake(recorded: RecordedState, allowances: Allowances, policy: PolicyService) -> UsageIntakeEndpoints:
    """The endpoints that take usage events."""
    return UsageIntakeEndpoints(UsageIntake(recorded.ledger, allowances, time.time), policy, recorded.facts)

"""Usage over HTTP: events come in, and what they come to is read."""

from collections.abc import Callable
from typing import Final

import msgspec

from doorward.domain.callers import Caller
from doorward.domain.errors import DoorwardError
from doorward.domain.ledger.answers import Counted
from doorward.services.facts import Facts
from doorward.services.policy import PolicyService
from doorward.services.ports.usage import Outcome
from doorward.services.usage import UsageIntake
from doorward.web.http import Headers, Request, Response
from doorward.web.later import Later
from doorward.web.usage.cloud_events import read_events
from doorward.web.usage.wire import Accepted
from doorward.web.versions import Versions

_encode: Final = msgspec.json.Encoder().encode


class UsageIntakeEndpoints:
    """/v1/usage/events, and the same where clients of OpenMeter send events."""

    def __init__(self, intake: UsageIntake, policy: PolicyService, facts: Facts) -> None:
        self._intake = intake
        self._policy = policy
        self._facts = facts
        self._headers_for = Versions(facts).headers

    def record(self, request: Request, caller: Caller) -> Later:
        """Count events; told how many of them were known."""

        def answer(headers: Headers, repeated: int, count: int) -> Response:
            return Response(202, headers, _encode(Accepted(accepted=count - repeated, repeated=repeated)))

        return self._record(request, caller, answer)

    def record_silently(self, request: Request, caller: Caller) -> Later:
        """Count events; answered without a body."""

        def answer(headers: Headers, _repeated: int, _count: int) -> Response:
            return Response(204, [one for one in headers if one[0] != "content-type"], b"")

        return self._record(request, caller, answer)

    def _record(self, request: Request, caller: Caller, answer: Callable[[Headers, int, int], Response]) -> Later:
        events = read_events(request)
        policy = self._policy.current
        headers = self._headers_for(policy)
        facts = self._facts.reading if request.may_block else self._facts.memory
        later = Later()

        def done(outcome: Outcome) -> None:
            def made() -> Response:
                if isinstance(outcome, DoorwardError):
                    raise outcome
                repeated = sum(isinstance(one, Counted) and one.again for one in outcome)
                return answer(headers, repeated, len(outcome))

            later.make(made)

        self._intake.record(caller, events, policy, facts, done)
        return later

"""POST /v1/enforce: Casbin's own enforce() over HTTP, for models of any shape."""

from doorward.domain.access import Decision
from doorward.domain.callers import Caller
from doorward.services.enforce import EnforceService
from doorward.services.policy import PolicyService
from doorward.web.access.wire import EnforceAnswer, ErrorContext, to_enforce_request
from doorward.web.http import Request, Response, json_response
from doorward.web.metrics import Meter
from doorward.web.strict_json import decode_object


class EnforceEndpoints:
    """The hot endpoint of questions by position."""

    def __init__(self, enforce: EnforceService, policy: PolicyService, meter: Meter) -> None:
        self._enforce = enforce
        self._policy = policy
        self._meter = meter

    def enforce(self, request: Request, caller: Caller) -> Response:
        """POST /v1/enforce."""
        policy = self._policy.current
        asked = to_enforce_request(decode_object(request.body))
        decision = self._enforce.decide(asked.request, asked.sections, caller, policy, request.address)
        self._meter.decision("error" if decision.error else "allow" if decision.allowed else "deny")
        return json_response(200, _answer(decision), [("doorward-revision", policy.revision)])


def _answer(decision: Decision) -> EnforceAnswer:
    answer = EnforceAnswer(allowed=decision.allowed, rule=decision.rule)
    if decision.absent:
        answer.absent = list(decision.absent)
    if decision.error is not None:
        error = decision.error
        answer.error = ErrorContext(status=error.status, message=error.message, retryable=error.retryable)
    return answer

"""AuthZEN Access Evaluation and Evaluations: bytes to a decision and back."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from doorward.domain.access import AccessRequest, Decision, DecisionError
from doorward.domain.callers import Caller, Scope
from doorward.domain.errors import BadRequest, DoorwardError
from doorward.services.access import AccessService
from doorward.services.facts import Facts, FactsView
from doorward.services.policy import PolicyService
from doorward.services.ports import PolicySnapshot
from doorward.web.access.telling import evaluation_answer
from doorward.web.access.wire import (
    MEMBERS,
    Evaluation,
    Evaluations,
    member_of,
    to_access_request,
    to_evaluation,
    to_evaluations,
    to_item,
    to_options,
    weight,
)
from doorward.web.fast_json import decode_plain_evaluation
from doorward.web.http import Request, Response, status_of
from doorward.web.metrics import Meter
from doorward.web.strict_json import decode_object
from doorward.web.versions import Versions

_ALLOWED: Final = b'{"decision":true}'
_DENIED: Final = b'{"decision":false}'
MAX_EXPLAINED: Final = 20
MAX_BATCH_WEIGHT: Final = 1_000_000
"""Items of a batch times the members and elements they share."""
_SEMANTICS: Final[dict[str | None, bool | None]] = {
    None: None,
    "execute_all": None,
    "deny_on_first_deny": False,
    "permit_on_first_permit": True,
}
_encode: Final = msgspec.json.Encoder().encode


class _Asking(NamedTuple):
    """Who asks, from where, and what is answered from."""

    caller: Caller
    policy: PolicySnapshot
    facts: FactsView
    address: str


_Answered = tuple[Decision, bytes]


class AccessEndpoints:
    """The two hot endpoints of access."""

    def __init__(self, access: AccessService, policy: PolicyService, facts: Facts, meter: Meter) -> None:
        self._access = access
        self._policy = policy
        self._facts = facts
        self._meter = meter
        self._headers_for = Versions(facts).headers

    def evaluation(self, request: Request, caller: Caller) -> Response:
        """POST /access/v1/evaluation."""
        asking = self._asking(request, caller)
        headers = self._headers_for(asking.policy)
        one = decode_plain_evaluation(request.body) or to_evaluation(decode_object(request.body))
        decision, body = self._one(one, asking)
        self._count(decision)
        return Response(200, headers, body)

    def evaluations(self, request: Request, caller: Caller) -> Response:
        """POST /access/v1/evaluations: a batch, or one evaluation where `evaluations` is absent or empty."""
        asking = self._asking(request, caller)
        headers = self._headers_for(asking.policy)
        value = decode_object(request.body)
        options = to_options(value.get("options"))
        semantic = options.evaluations_semantic
        if semantic not in _SEMANTICS:
            known = ", ".join(name for name in _SEMANTICS if name)
            raise BadRequest(f"options.evaluations_semantic is {semantic!r}; there are {known}")
        if value.get("evaluations") in (None, []):
            decision, body = self._one(to_evaluation(value), asking)
            self._count(decision)
            return Response(200, headers, body)
        self._access.require_answers(asking.policy)  # what no item can help is told once
        answers = self._batch(to_evaluations(value), _SEMANTICS[semantic], asking)
        for decision, _ in answers:  # at the end: a batch that misses facts is asked again as a whole
            self._count(decision)
        return Response(200, headers, b'{"evaluations":[' + b",".join(body for _, body in answers) + b"]}")

    def _asking(self, request: Request, caller: Caller) -> _Asking:
        facts = self._facts.reading if request.may_block else self._facts.memory
        return _Asking(caller, self._policy.current, facts, request.address)

    def _batch(
        self,
        batch: Evaluations,
        stop: bool | None,  # noqa: FBT001 - a decision
        asking: _Asking,
    ) -> list[_Answered]:
        """The answers of a batch; `stop` is the decision after which nothing more is asked."""
        shared = {name: member for name in MEMBERS if (member := getattr(batch, name)) is not None}
        if len(batch.evaluations) * weight(shared) > MAX_BATCH_WEIGHT:
            raise BadRequest("the members at the top are too large for so many evaluations; send fewer at a time")
        defaults = {name: member_of(name, member) for name, member in shared.items()}
        if sum(1 for item in batch.evaluations if _asks_why(item, batch.context)) > MAX_EXPLAINED:
            raise BadRequest(f"at most {MAX_EXPLAINED} evaluations of a request can be explained; ask for fewer")
        answers: list[_Answered] = []
        for item in batch.evaluations:
            answer = self._item(item, defaults, asking)
            answers.append(answer)
            if stop is not None and answer[0].allowed is stop:
                break
        return answers

    def _item(self, item: object, defaults: Mapping[str, Any], asking: _Asking) -> _Answered:
        """One item of a batch: what is wrong with it is answered in its place."""
        try:
            return self._one(to_item(item, defaults), asking)
        except DoorwardError as error:
            decision = Decision(False, error=DecisionError(status_of(error), str(error)))
            return decision, _encode(evaluation_answer(decision, None))

    def _one(self, one: Evaluation, asking: _Asking) -> _Answered:
        asked = to_access_request(one)
        if asked.context is not None and asked.context.get("explain") is True:
            return self._explained(asked, asking)
        decision = self._access.decide(asked, asking.caller, asking.policy, asking.address, asking.facts)
        if decision.error is not None:
            return decision, _encode(evaluation_answer(decision, None))
        return decision, _ALLOWED if decision.allowed else _DENIED

    def _explained(self, asked: AccessRequest, asking: _Asking) -> _Answered:
        asking.caller.require(Scope.EXPLAIN)
        explanation = self._access.explain(asked, asking.caller, asking.policy, asking.address, asking.facts)
        return explanation.decision, _encode(evaluation_answer(explanation.decision, explanation))

    def _count(self, decision: Decision) -> None:
        self._meter.decision("error" if decision.error else "allow" if decision.allowed else "deny")


def _asks_why(item: object, shared: Mapping[str, Any] | None) -> bool:
    context = (item.get("context") if isinstance(item, dict) else None) or shared
    return isinstance(context, dict) and context.get("explain") is True

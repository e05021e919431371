"""POST /v1/guard: access, flags and limits in one round trip, up to the first no."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from doorward.domain.access import AccessRequest, check_id
from doorward.domain.callers import Caller, Scope
from doorward.domain.errors import BadRequest
from doorward.services.facts import Facts, FactsView
from doorward.services.guard import Guarded, GuardService
from doorward.services.limits import Allowances, LimitService
from doorward.services.limits.counting import check_items, check_request_id
from doorward.services.policy import PolicyService
from doorward.services.ports import Clock, PolicySnapshot
from doorward.web.access.telling import evaluation_answer
from doorward.web.access.wire import EvaluationAnswer, to_access_request
from doorward.web.fast_json import decode_plain_object
from doorward.web.http import Headers, Request, Response
from doorward.web.later import Later
from doorward.web.limits.guard_wire import MAX_FLAGS, GuardAnswer, GuardBody
from doorward.web.limits.taking import Took, take
from doorward.web.metrics import Meter
from doorward.web.recorded import actor_of
from doorward.web.strict_json import decode_object
from doorward.web.versions import Versions
from doorward.web.wire import to_body

_encode: Final = msgspec.json.Encoder().encode
_NOTHING_TAKEN: Final = Took(True, [], [])


class GuardEndpoints:
    """Asks access, then flags, and takes of limits where both say yes."""

    def __init__(  # noqa: PLR0913, PLR0917 - what is asked
        self,
        guard: GuardService,
        limits: LimitService,
        allowances: Allowances,
        policy: PolicyService,
        facts: Facts,
        meter: Meter,
        clock: Clock,
    ) -> None:
        self._guard = guard
        self._limits = limits
        self._allowances = allowances
        self._policy = policy
        self._facts = facts
        self._meter = meter
        self._clock = clock
        self._headers_for = Versions(facts).headers

    def guard(self, request: Request, caller: Caller) -> Response | Later:
        """POST /v1/guard."""
        body = _body(request)
        flags, items = _flags(body, caller), _items(body, caller)
        policy = self._policy.current
        headers = self._headers_for(policy)
        facts = self._facts.reading if request.may_block else self._facts.memory
        asked = self._guard.ask(_access(body), flags, caller, policy, request.address, facts)
        if not items or not asked.allowed:
            self._count(asked, policy)
            return _told(asked, headers, None)(_NOTHING_TAKEN)
        return self._take(request, caller, body.id, items, asked, policy, facts, headers)

    def _take(  # noqa: PLR0913, PLR0917 - what is asked, by whom
        self,
        request: Request,
        caller: Caller,
        given_id: str | None,
        items: Sequence[tuple[str, int]],
        asked: Guarded,
        policy: PolicySnapshot,
        facts: FactsView,
        headers: Headers,
    ) -> Response | Later:
        if asked.tenant is None:
            raise BadRequest("tenant is missing; name the one whose limits are to be consumed")
        allowance = self._allowances.of(asked.tenant, caller, policy, facts, self._limits.now())
        consume_id = self._limits.new_id() if given_id is None else given_id
        told = _told(asked, headers, consume_id)
        answer = take(self._limits, actor_of(request, caller), allowance, consume_id, items, told)
        self._count(asked, policy)  # at the end: what misses facts is asked again as a whole
        return answer

    def _count(self, asked: Guarded, policy: PolicySnapshot) -> None:
        decision = asked.decision
        self._meter.decision("error" if decision.error else "allow" if decision.allowed else "deny")
        for one in asked.flags:
            if policy.flags.find(one.key) is not None:
                self._meter.flag((one.key, one.variant or "", one.reason), self._clock())


def _body(request: Request) -> GuardBody:
    found: dict[str, Any] | None = decode_plain_object(request.body)
    return to_body(decode_object(request.body) if found is None else found, GuardBody)


def _access(body: GuardBody) -> AccessRequest:
    """The question, in the tenant that stands beside it. Raises BadRequest where it names another."""
    one, tenant = body.access, body.tenant
    if tenant is not None:
        check_id("tenant", tenant)
        context = one.context or {}
        inside = context.get("tenant")
        if inside is not None and inside != tenant:
            raise BadRequest(f"access.context.tenant is {inside!r}, but tenant is {tenant!r}; name one tenant")
        one.context = {**context, "tenant": tenant}
    return to_access_request(one)


def _flags(body: GuardBody, caller: Caller) -> Sequence[str]:
    if not body.flags:
        return ()
    caller.require(Scope.FLAGS_READ)
    if len(body.flags) > MAX_FLAGS:
        raise BadRequest(f"flags names {len(body.flags)} flags; name {MAX_FLAGS} at most")
    return tuple(dict.fromkeys(body.flags))


def _items(body: GuardBody, caller: Caller) -> Sequence[tuple[str, int]]:
    if body.id is not None:
        check_request_id(body.id)
    if not body.consume:
        return ()
    caller.require(Scope.LIMITS_CONSUME)
    items = [(one.limit, one.amount) for one in body.consume]
    check_items("consume", items)
    return items


def _told(asked: Guarded, headers: Headers, consume_id: str | None) -> Callable[[Took], Response]:
    """Makes the answer when it is known what was taken."""

    def told(took: Took) -> Response:
        decision = asked.decision
        access = EvaluationAnswer(decision.allowed)
        if decision.error is not None or asked.explanation is not None:
            access = evaluation_answer(decision, asked.explanation)
        errors = {one.key: one.detail or one.error.value for one in asked.flags if one.error is not None}
        answer = GuardAnswer(
            allowed=asked.allowed and took.allowed,
            access=access,
            flags={one.key: one.value is True for one in asked.flags},
            limits=took.limits,
            flag_errors=errors or UNSET,
            id=consume_id or UNSET,
            repeated=True if took.again else UNSET,
        )
        return Response(200, [*headers, *took.headers], _encode(answer))

    return told

"""Limits over HTTP: check, consume, return, reserve."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Struct

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, StoreUnavailable
from doorward.domain.ledger.answers import Counted, Taken, Told, tightest
from doorward.services.facts import Facts
from doorward.services.limits import Allowance, Allowances, LimitLooking, LimitService
from doorward.services.limits.counting import check_amount
from doorward.services.policy import PolicyService
from doorward.web.fast_json import decode_plain_object
from doorward.web.http import Headers, Request, Response
from doorward.web.later import Later
from doorward.web.limits.taking import Took, answering, refused, take
from doorward.web.limits.telling import SUSPENDED, limit_answer, nothing_of, rate_headers, uncounted
from doorward.web.limits.wire import (
    CheckBody,
    CommitBody,
    ConsumeBody,
    GivenBack,
    LimitAnswer,
    LimitsAnswer,
    ReleaseBody,
    ReservationAnswer,
    ReserveBody,
    ReturnBody,
)
from doorward.web.recorded import actor_of, idempotency_key
from doorward.web.strict_json import decode_object
from doorward.web.times import time_of
from doorward.web.versions import Versions
from doorward.web.wire import to_body

_SECOND: Final = 1_000_000
_encode: Final = msgspec.json.Encoder().encode
_Body = TypeVar("_Body", bound=Struct)


class LimitEndpoints:
    """/v1/limits and below."""

    def __init__(
        self,
        limits: LimitService,
        looking: LimitLooking,
        allowances: Allowances,
        policy: PolicyService,
        facts: Facts,
    ) -> None:
        self._limits = limits
        self._looking = looking
        self._allowances = allowances
        self._policy = policy
        self._facts = facts
        self._headers_for = Versions(facts).headers

    def check(self, request: Request, caller: Caller) -> Response:
        """Is there room? Nothing is counted."""
        body = _body(request, CheckBody)
        headers, allowance = self._allowance(request, caller, body.tenant)
        asked = allowance.asked(body.limit, check_amount("amount", body.amount))
        if body.current is not None:
            check_amount("current", body.current, least=0)
        if allowance.is_suspended:
            told = nothing_of(asked)
            return _answer(headers, [told], limit_answer(told, allowance, reason=SUSPENDED), allowance.now)
        try:
            standings = self._looking.standings(
                allowance.tenant, asked, allowance.now, current=body.current, may_block=request.may_block
            )
        except StoreUnavailable:
            if not allowance.lets_pass(body.limit):
                raise
            return _answer(headers, [], uncounted(asked), allowance.now)
        told = Told(asked, tightest(standings), tuple(standings))
        return _answer(headers, [told], limit_answer(told, allowance, is_refused=True), allowance.now)

    def consume(self, request: Request, caller: Caller) -> Response | Later:
        """Take it, or be refused."""
        body = _body(request, ConsumeBody)
        headers, allowance = self._allowance(request, caller, body.tenant)
        items = _items(body.limit, body.amount, body.items)
        consume_id = self._limits.new_id() if body.id is None else body.id
        several = body.items is not None

        def told(took: Took) -> Response:
            repeated = True if took.again else UNSET
            answer: LimitAnswer | LimitsAnswer
            if several:
                answer = LimitsAnswer(took.allowed, took.limits, consume_id, repeated)
            else:
                answer = took.limits[0]
                answer.id, answer.repeated = consume_id, repeated
            return Response(200, [*headers, *took.headers], _encode(answer))

        actor = actor_of(request, caller)
        return take(self._limits, actor, allowance, consume_id, items, told, audit=body.audit)

    def reserve(self, request: Request, caller: Caller) -> Response | Later:
        """Keep room."""
        body = _body(request, ReserveBody)
        headers, allowance = self._allowance(request, caller, body.tenant)
        items = _items(body.limit, body.amount, body.items)
        reserve_id = self._limits.new_id() if body.id is None else body.id

        def answer(taken: Taken) -> Response:
            ends = allowance.now + body.expires_in * _SECOND
            told = ReservationAnswer(
                allowed=taken.allowed,
                id=reserve_id,
                expires_at=time_of(ends) if taken.allowed and not taken.again else None,
                limits=[limit_answer(one, allowance, is_refused=not taken.allowed) for one in taken.limits],
                repeated=True if taken.again else UNSET,
            )
            return _answer(headers, taken.limits, told, allowance.now)

        if allowance.is_suspended:
            limits, rates = refused(allowance, items)
            told = ReservationAnswer(allowed=False, id=reserve_id, expires_at=None, limits=limits)
            return Response(200, [*headers, *rates], _encode(told))
        later = Later()
        actor, done = actor_of(request, caller), answering(later, answer)
        self._limits.reserve(actor, allowance, reserve_id, items, body.expires_in, done, audit=body.audit)
        return later

    def commit(self, request: Request, caller: Caller) -> Later:
        """Consume what was reserved."""
        body = _body(request, CommitBody)
        headers, allowance = self._allowance(request, caller, body.tenant)
        reserve_id = request.parameters["reservation"]
        if body.amount is not None and body.amounts is not None:
            raise BadRequest("give amount, or amounts by limit, not both")

        def answer(taken: Taken) -> Response:
            limits = [limit_answer(one, allowance) for one in taken.limits]
            repeated = True if taken.again else UNSET
            told = ReservationAnswer(True, reserve_id, None, limits, repeated)
            return _answer(_replayed(headers, taken), taken.limits, told, allowance.now)

        later, key = Later(), idempotency_key(request)
        actor, done = actor_of(request, caller), answering(later, answer)
        amounts = body.amounts or {}
        self._limits.commit(actor, allowance, reserve_id, amounts, done, only=body.amount, audit=body.audit, key=key)
        return later

    def release(self, request: Request, caller: Caller) -> Later:
        """Give a reservation up."""
        body = _body(request, ReleaseBody)
        headers, allowance = self._allowance(request, caller, body.tenant)
        reserve_id, later = request.parameters["reservation"], Later()

        def answer(counted: Counted) -> Response:
            return _given_back(headers, reserve_id, counted)

        done = answering(later, answer)
        actor, key = actor_of(request, caller), idempotency_key(request)
        self._limits.release(actor, allowance, reserve_id, done, audit=body.audit, key=key)
        return later

    def give_back(self, request: Request, caller: Caller) -> Later:
        """Give back what was consumed."""
        body = _body(request, ReturnBody)
        headers, allowance = self._allowance(request, caller, body.tenant)
        later = Later()

        def answer(counted: Counted) -> Response:
            return _given_back(headers, body.id, counted)

        actor, done = actor_of(request, caller), answering(later, answer)
        key = idempotency_key(request)
        self._limits.give_back(actor, allowance, body.id, body.limit, body.amount, done, audit=body.audit, key=key)
        return later

    def _allowance(self, request: Request, caller: Caller, tenant: str) -> tuple[Headers, Allowance]:
        policy = self._policy.current
        headers = self._headers_for(policy)
        facts = self._facts.reading if request.may_block else self._facts.memory
        return headers, self._allowances.of(tenant, caller, policy, facts, self._limits.now())


def _body(request: Request, kind: type[_Body]) -> _Body:
    found: dict[str, Any] | None = decode_plain_object(request.body)
    return to_body(decode_object(request.body) if found is None else found, kind)


def _items(limit: str | None, amount: int | None, items: Sequence[Any] | None) -> list[tuple[str, int]]:
    """The limits that a request is about, by name and amount. Raises BadRequest."""
    if items is None:
        if limit is None:
            raise BadRequest("limit is missing; name one, or give items of {limit, amount}")
        return [(limit, 1 if amount is None else amount)]
    if limit is not None or amount is not None:
        raise BadRequest("give limit and amount, or items, not both")
    return [(one.limit, one.amount) for one in items]


def _given_back(headers: Headers, request_id: str, counted: Counted) -> Response:
    repeated = True if counted.again else UNSET
    return Response(200, _replayed(headers, counted), _encode(GivenBack(request_id, dict(counted.amounts), repeated)))


def _replayed(headers: Headers, answer: Taken | Counted) -> Headers:
    return [*headers, ("idempotency-replayed", "true")] if answer.again else headers


def _answer(headers: Headers, limits: Sequence[Told], told: Struct, now: int) -> Response:
    return Response(200, [*headers, *rate_headers(limits, now)], _encode(told))

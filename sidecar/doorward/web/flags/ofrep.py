"""OFREP, the OpenFeature Remote Evaluation Protocol: one flag, or all of them, for a context."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from doorward.domain.callers import Caller
from doorward.domain.errors import BadRequest, DoorwardError, InvalidContext
from doorward.domain.facts import FactsMissing
from doorward.domain.flags import DecidedBy, FlagAnswer, FlagError
from doorward.services.facts import Facts
from doorward.services.flag_questions import Asked
from doorward.services.flags import FlagService
from doorward.services.policy import PolicyService
from doorward.services.ports import Clock, PolicySnapshot
from doorward.web.flags.batches import Batches, kind_of
from doorward.web.flags.bodies import FlagBodies
from doorward.web.flags.wire import FlagFailure, FlagsFailure, FlagSuccess
from doorward.web.http import JSON, Headers, Request, Response, TooLarge, problem_of, status_of
from doorward.web.metrics import FlagKind, Meter
from doorward.web.repeated import AllFlags, Repeated
from doorward.web.versions import Versions

MOST_AT_ONCE: Final = 500
"""Flags that are all answered where the request stands: more of them would hold up others."""
_FAILED: Final = "an unexpected error; the log has it"
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')
_OVERRIDE: Final = DecidedBy.OVERRIDE
_encode: Final = msgspec.json.Encoder().encode


class OfrepEndpoints:
    """POST /ofrep/v1/evaluate/flags and below. `origins` are those of browsers that may ask."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of an answer
        self,
        flags: FlagService,
        policy: PolicyService,
        facts: Facts,
        meter: Meter,
        clock: Clock,
        origins: Sequence[str] = (),
    ) -> None:
        self._bodies = FlagBodies(flags, facts, clock)
        self._policy = policy
        self._facts = facts
        self._meter = meter
        self._clock = clock
        self._origins = frozenset(origins)
        self._headers_for = Versions(facts).headers
        self._made: tuple[PolicySnapshot | None, dict[FlagKind, bytes]] = (None, {})
        self._batches: Batches | None = None
        self._repeated = Repeated()

    def one(self, request: Request, caller: Caller) -> Response:
        """The value of one flag."""
        policy, facts = self._policy.current, self._facts.applied  # before anything is read
        headers = self._headers_for(policy)
        question = self._bodies.question(request, caller, policy, facts)
        answer = question.evaluate(request.parameters["flag"])
        error = answer.error
        if error is FlagError.FLAG_NOT_FOUND:
            return self._shared(request, Response(404, headers, _failure(answer)))
        kind = kind_of(answer)
        self._meter.flag(kind, question.now)
        status = 200 if error is None else 400
        return self._shared(request, Response(status, headers, self._written(answer, kind, policy)))

    def all(self, request: Request, caller: Caller) -> Response:
        """The values of all flags; nothing where the client has them already."""
        policy, facts = self._policy.current, self._facts.applied  # before anything is read
        headers = self._headers_for(policy)
        key = (caller.tenant, request.body)
        answer = self._repeated.find(key, policy, facts, self._clock())
        if answer is None:
            if len(policy.flags.keys) > MOST_AT_ONCE and not request.may_block:
                raise FactsMissing
            answer = self._all(self._bodies.question(request, caller, policy, facts))
            self._repeated.keep(key, policy, facts, answer)
        self._meter.flags(answer.counted)
        headers = [*headers, ("etag", answer.tag)]
        if _is_known(answer.tag, request.header("if-none-match")):
            kept = [(name, value) for name, value in headers if name != "content-type"]
            return self._shared(request, Response(304, kept, b""))
        return self._shared(request, Response(200, headers, answer.body))

    def _all(self, question: Asked) -> AllFlags:
        batches, policy = self._batches, question.policy
        if batches is None or batches.policy is not policy:
            batches = self._batches = Batches(policy, lambda answer: self._written(answer, kind_of(answer), policy))
        return batches.answer(question)

    def refusal(self, request: Request, error: Exception) -> Response:
        """What is wrong with a request, in OFREP's way."""
        details, headers, status = _FAILED, [], 500
        if isinstance(error, DoorwardError):
            status = status_of(error)
            details = str(error) if status != HTTPStatus.INTERNAL_SERVER_ERROR else _FAILED
            headers = [one for one in problem_of(error).headers if one[0] != "content-type"]
        key = request.parameters.get("flag")
        told = FlagsFailure(_code(error), details) if key is None else FlagFailure(key, _code(error), details)
        return self._shared(request, Response(status, [("content-type", JSON), *headers], _encode(told)))

    def preflight(self, request: Request, _caller: Caller) -> Response:
        """What a browser asks before a page of another origin may ask."""
        allowed: Headers = []
        if request.header("origin") in self._origins:
            allowed = [
                ("access-control-allow-methods", "POST"),
                ("access-control-allow-headers", "Content-Type, Authorization, X-API-Key, If-None-Match"),
                ("access-control-max-age", "600"),
            ]
        return self._shared(request, Response(204, allowed, b""))

    def _written(self, answer: FlagAnswer, kind: FlagKind, policy: PolicySnapshot) -> bytes:
        """The answer of a declared flag as JSON. What a policy answers again and again is written once."""
        if answer.error is not None:
            return _failure(answer)
        if answer.decided_by is _OVERRIDE:  # a value of the tenant's own
            return _success(answer)
        known, made = self._made
        if known is not policy:
            made = {}
            self._made = (policy, made)
        text = made.get(kind)
        if text is None:
            text = made[kind] = _success(answer)
        return text

    def _shared(self, request: Request, response: Response) -> Response:
        """An answer with what lets a page of an allowed origin read it."""
        if not self._origins:
            return response
        origin = request.header("origin")
        headers = [*response.headers, ("vary", "Origin")]
        if origin in self._origins and origin is not None:
            headers += [
                ("access-control-allow-origin", origin),
                ("access-control-expose-headers", "ETag, Retry-After"),
            ]
        response.headers = headers
        return response


def _success(answer: FlagAnswer) -> bytes:
    return _encode(FlagSuccess(answer.key, answer.value, answer.variant or "", answer.reason.value))


def _failure(answer: FlagAnswer) -> bytes:
    code = FlagError.GENERAL if answer.error is None else answer.error
    return _encode(FlagFailure(answer.key, code.value, answer.detail or ""))


def _code(error: Exception) -> str:
    if isinstance(error, InvalidContext):
        return "INVALID_CONTEXT"
    return "PARSE_ERROR" if isinstance(error, BadRequest | TooLarge) else FlagError.GENERAL.value


def _is_known(tag: str, header: str | None) -> bool:
    """Whether If-None-Match names a tag, weakly compared (RFC 9110, 13.1.2), or any."""
    if header is None:
        return False
    return header.strip() == "*" or tag in _TAG.findall(header)

"""The table of endpoints: routes, front door and /openapi.json are all made from it."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from doorward.domain.callers import Caller, Scope
from doorward.domain.errors import BadRequest, DoorwardError, NotPermitted
from doorward.domain.facts import FactsMissing
from doorward.services.authentication import Authenticator
from doorward.services.facts import Facts, facts_version
from doorward.web.http import (
    FACTS,
    JSON,
    MAX_BODY_BYTES,
    REPLAYED,
    REVISION,
    Request,
    Response,
    TooLarge,
    problem,
    problem_of,
    request_id,
)
from doorward.web.later import Finished, Later, Made
from doorward.web.metrics import Meter

_log = logging.getLogger("doorward.web")
Handler = Callable[[Request, Caller], Response | Later]
Refusal = Callable[[Request, Exception], Response]
Answers = Mapping[int, type | tuple[type, ...] | str | None]
"""The type of an answer (or one of several, or a media type, or None for no body) by status."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may stand behind the question mark under a name: what it is, and its JSON Schema beside `string`."""

    about: str
    shape: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method on one path.

    `scope` is what the key must hold; None opens it to this machine and asks any key of others.
    A `signed` endpoint judges by itself who calls; it takes any body, and needs no key.
    `parameters` are those that may stand behind the question mark, with what they are. A key for an `unbound`
    endpoint is bound to no tenant. What is answered `from_policy` heeds Doorward-Min-Revision, what is answered
    `from_facts` Doorward-Min-Facts.
    A `hot` endpoint never blocks, so the front door answers it on the thread that brings it; a `patient` one
    may wait for git, for other writers or for a password to be hashed, and has threads of its own. What is
    `recorded` is read and written in the database; the answer to a change is kept under its Idempotency-Key
    where it is done `once`; a `versioned` one has an ETag, and a change of it heeds If-Match.
    `refusal` tells of errors where that is not done by problems. A body may be of the `media` types beside
    JSON, each with the type that it holds.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    scope: Scope | None
    answers: Answers
    body: type | tuple[type, ...] | None = None
    hot: bool = False
    signed: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    unbound: bool = False
    from_policy: bool = False
    from_facts: bool = False
    patient: bool = False
    recorded: bool = False
    versioned: bool = False
    once: bool = False
    refusal: Refusal | None = None
    media: Mapping[str, object] = field(default_factory=dict)


class Gate:
    """What every request passes: authentication, scope, content type, errors, request id, metrics."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a request is held against
        self,
        authenticator: Authenticator,
        meter: Meter,
        wait_for: Callable[[str], None],
        revision: Callable[[], str | None] = lambda: None,
        facts: Facts | None = None,
        has_revision: Callable[[str], bool] = lambda _revision: False,
    ) -> None:
        """`wait_for` returns when a revision is served; it may block, so hot requests never ask for one.

        `revision` says which one is served now; `facts` are those that Doorward-Min-Facts is about. Where
        `has_revision`, `wait_for` would return at once.
        """
        self._facts = facts
        self._has_revision = has_revision
        self._revision = revision
        self._authenticator = authenticator
        self._meter = meter
        self._wait_for = wait_for

    def may_wait(self, min_revision: str | None, min_facts: str | None) -> bool:
        """Whether a policy, or facts, that new may have to be waited for. What is no revision or version may, too."""
        if min_revision is not None and not self._has_revision(min_revision):
            return True
        return min_facts is not None and (self._facts is None or not self._facts.has(min_facts))

    def answer(self, endpoint: Endpoint, request: Request) -> Response | Finished:
        """Answer one request; what is not there yet is Finished when it is.

        Raises:
            FactsMissing: it has to be asked again where it may block; nothing is counted. Nothing else is raised.
        """
        started = time.perf_counter()
        try:
            response = self._handled(endpoint, request)
        except FactsMissing:
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence: logged, and answered
            response = _refused(endpoint, request, error)
        if isinstance(response, Later):
            return self._finished(endpoint, request, response, started)
        return self._sealed(endpoint, request, response, started)

    def _finished(self, endpoint: Endpoint, request: Request, later: Later, started: float) -> Finished:
        def seal(made: Made) -> Response:
            try:
                found = made()
            except Exception as error:  # noqa: BLE001 - the last line of defence: logged, and answered
                found = _refused(endpoint, request, error)
            return self._sealed(endpoint, request, found, started)

        return Finished(later, seal)

    def _sealed(self, endpoint: Endpoint, request: Request, response: Response, started: float) -> Response:
        """An answer with what every answer has, counted."""
        status = response.status
        if status >= _BAD_REQUEST and endpoint.from_policy and status not in _NOT_LET_IN:
            self._name_revision(response)
        self._meter.request(endpoint.name, status, time.perf_counter() - started)
        return response if request.header("x-request-id") is None else with_request_id(request, response)

    def _name_revision(self, response: Response) -> None:
        """Say which policy a refusal was answered from, where it does not yet."""
        revision = self._revision()
        if revision is not None:
            _add_header(response, REVISION, revision)

    def _handled(self, endpoint: Endpoint, request: Request) -> Response | Later:
        if endpoint.signed:
            return endpoint.handler(request, _NOBODY)
        facts = self._facts
        wanted = 0 if request.min_facts is None else facts_version(request.min_facts)
        if wanted and facts is not None:
            facts.look_for(wanted)  # the key may be that new, or revoked by then
        caller = self._let_in(endpoint, request)
        for value in request.parameters.values():
            if "\x00" in value:
                raise BadRequest("the path holds the NUL character (%00); remove it")
        if endpoint.body is not None:
            if len(request.body) > MAX_BODY_BYTES:
                raise TooLarge
            given = request.header("content-type")
            if given != JSON:
                _check_content_type(given, tuple(endpoint.media))
        if request.min_revision is not None and endpoint.from_policy:
            self._wait_for(request.min_revision)
        if wanted and endpoint.from_facts and facts is not None:
            facts.wait_for(wanted)
            caller = self._let_in(endpoint, request)  # what was waited for may concern the key
        if endpoint.hot:  # it names them by itself
            return endpoint.handler(request, caller)
        return self._with_versions(endpoint, request, caller)

    def _with_versions(self, endpoint: Endpoint, request: Request, caller: Caller) -> Response | Later:
        """An answer that names the policy, and the facts, that it is as new as at least, if it does not name its own.

        They are taken before it is made. An answer that is given again came from what was there then, and a change that
        waits for review (202) is in no policy.
        """
        revision = self._revision() if endpoint.from_policy else None
        version = self._facts.version if endpoint.from_facts and self._facts is not None else None
        response = endpoint.handler(request, caller)
        if isinstance(response, Later) or response.status == HTTPStatus.ACCEPTED:
            return response
        if any(name == REPLAYED for name, _ in response.headers):
            return response
        if revision is not None:
            _add_header(response, REVISION, revision)
        if version is not None:
            _add_header(response, FACTS, str(version))
        return response

    def _let_in(self, endpoint: Endpoint, request: Request) -> Caller:
        """Who calls, if that is somebody who may call this endpoint."""
        scope = endpoint.scope
        authorization, api_key = request.header("authorization"), request.header("x-api-key")
        if scope is None and request.is_local and authorization is None and api_key is None:
            caller = _NOBODY
        else:
            caller = self._authenticator.caller(authorization, api_key)
        if scope is not None and scope not in caller.scopes:
            raise NotPermitted(f"this key lacks the scope {scope.value!r}; use a key that has it")
        if endpoint.unbound and caller.tenant is not None:
            raise NotPermitted("this key is bound to a tenant, and policy is everybody's; use a key bound to none")
        return caller


def _add_header(response: Response, name: str, value: str) -> None:
    """Add a header that an answer does not have yet."""
    if all(known != name for known, _ in response.headers):
        response.headers = [*response.headers, (name, value)]


_BAD_REQUEST: Final = int(HTTPStatus.BAD_REQUEST)  # to compare with it takes a tenth of the time
_NOT_LET_IN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_NOBODY = Caller("nobody", frozenset())


def _refused(endpoint: Endpoint, request: Request, error: Exception) -> Response:
    """The answer that tells of an error; one of our own is logged."""
    response = refuse(endpoint, request, error)
    if response.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s %s failed", endpoint.method, endpoint.path, exc_info=error)
    return response


def refuse(endpoint: Endpoint | None, request: Request, error: Exception) -> Response:
    """The answer that tells of an error, in the way of the endpoint."""
    if endpoint is not None and endpoint.refusal is not None:
        return endpoint.refusal(request, error)
    if isinstance(error, DoorwardError):
        return problem_of(error)
    return problem(500, "internal", "Doorward failed", "an unexpected error; the log has it")


def with_request_id(request: Request, response: Response) -> Response:
    """Echo the caller's X-Request-ID."""
    given = request_id(request)
    if given is not None:
        response.headers = [*response.headers, ("x-request-id", given)]
    return response


def _check_content_type(given: str | None, media: Sequence[str] = ()) -> None:
    kind, *parameters = (part.strip().lower() for part in (given or "").split(";"))
    if kind != JSON and kind not in media:
        wanted = " or ".join([JSON, *media])
        raise BadRequest(f"the Content-Type is {given or 'missing'}; send {wanted}")
    for parameter in parameters:
        if parameter.startswith("charset=") and parameter.removeprefix("charset=").strip('"') != "utf-8":
            raise BadRequest(f"the charset is {parameter.removeprefix('charset=')}; send utf-8")

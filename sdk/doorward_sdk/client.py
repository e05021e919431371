"""The client: questions in, answers out. An outage is a denied answer, never an exception."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING
from uuid import uuid4

from doorward_sdk.answers import denied_by_failure
from doorward_sdk.errors import ConfigurationError, RequestFailed
from doorward_sdk.location import Locator, check_key
from doorward_sdk.problems import raise_for_problem
from doorward_sdk.questions import Question
from doorward_sdk.strict_json import encode
from doorward_sdk.transport.to_sidecar import SidecarTransport, bearer
from doorward_sdk.wire import NO_SUBJECT, decision_of, decisions_of, evaluation_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from doorward_sdk.answers import Decision
    from doorward_sdk.entities import EntityLike
    from doorward_sdk.transport.seam import Response, Transport
    from doorward_sdk.wire import Body

DEFAULT_TIMEOUT_SECONDS = 0.25
MOST_QUESTIONS_A_REQUEST = 500
_EVALUATION = "/access/v1/evaluation"
_EVALUATIONS = "/access/v1/evaluations"
_JSON = (("Content-Type", "application/json"),)
_NOT_REPEATABLE = frozenset({"POST", "PATCH"})


class Doorward:
    """A client of one Doorward sidecar. It may be shared by threads, and used on after a fork.

    Nothing is read or connected until the first question, so the sidecar may start later than the host.

    Args:
        url: `http://`, `https://`, `unix:/path` or `host:port`. None: `DOORWARD_URL`, else the sidecar that
            runs on the state folder (`DOORWARD_STATE`, else `.doorward`).
        key: the API key. None: `DOORWARD_KEY`, else the admin key of the state folder, for its sidecar only.
        timeout: seconds for one request: connecting, sending and the whole answer.
        transport: carries the requests instead; then nothing but a `key` given here is sent along, and
            closing the transport is its maker's business.

    Raises:
        ConfigurationError: an address, a key or the time limit cannot be used.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
        transport: Transport | None = None,
    ) -> None:
        self._timeout = _checked_timeout(timeout)
        self._key_headers: tuple[tuple[str, str], ...] = ()
        self._own: SidecarTransport | None = None
        self._transport: Transport
        if transport is None:
            self._transport = self._own = SidecarTransport(Locator(url, key, os.environ))
            return
        if url is not None:
            raise ConfigurationError("give url or transport, not both: a transport knows where it leads")
        self._transport = transport
        self._key_headers = bearer(None if key is None else check_key(key))

    def check(  # noqa: PLR0913 - the parts of a question
        self,
        subject: EntityLike | None,
        action: str,
        resource: EntityLike,
        *,
        tenant: str | None = None,
        context: Mapping[str, object] | None = None,
        roles: Iterable[str] = (),
        explain: bool = False,
    ) -> Decision:
        """May `subject` do `action` on `resource`? The arguments are those of Question.

        Raises:
            CallError: the question itself is malformed.
        """
        question = Question(subject, action, resource, tenant=tenant, context=context, roles=roles, explain=explain)
        body = evaluation_body(question)
        if body is None:
            return NO_SUBJECT
        try:
            return decision_of(self._post(_EVALUATION, encode(body)))
        except RequestFailed as failure:
            return denied_by_failure(failure)

    def check_many(self, questions: Iterable[Question]) -> list[Decision]:
        """One answer for each question, in their order; one request for every 500 of them.

        Raises:
            CallError: a question is malformed; none was asked.
        """
        bodies = [evaluation_body(question) for question in questions]
        payloads = [(encode({"evaluations": batch}), len(batch)) for batch in _batches(bodies)]
        answers = (answer for payload, count in payloads for answer in self._ask_batch(payload, count))
        return [NO_SUBJECT if body is None else next(answers) for body in bodies]

    def request(self, method: str, path: str, body: object = None, *, timeout: float | None = None) -> Response:
        """Send a request to the administrative API.

        A POST or PATCH carries an `Idempotency-Key` of its own, so that the sidecar can tell the second
        attempt after a broken connection from a second request.

        Args:
            method: `GET`, `POST` and so on.
            path: path and query, starting with `/`.
            body: a JSON value; None sends no body.
            timeout: seconds, instead of the client's.

        Raises:
            Unreachable: no sidecar answered (DeadlineExceeded: not in time).
            NotPermitted: the key is missing, unknown, or lacks a scope.
            ProblemResponse: the sidecar refused the request for another reason.
            MalformedAnswer: what answered is no sidecar.
            CallError: the request cannot be sent.
        """
        headers = self._key_headers
        if body is not None:
            headers += _JSON
        if method in _NOT_REPEATABLE:
            headers += (("Idempotency-Key", f'"{uuid4()}"'),)
        payload = b"" if body is None else encode(body)
        limit = self._timeout if timeout is None else _checked_timeout(timeout)
        response = self._transport.send(method, path, headers, payload, limit)
        raise_for_problem(response)
        return response

    def close(self) -> None:
        """Close the client's connections; it cannot be used after this."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Doorward:  # noqa: PYI034 - typing.Self came with 3.11
        """The client itself, closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _ask_batch(self, payload: bytes, count: int) -> list[Decision]:
        try:
            return decisions_of(self._post(_EVALUATIONS, payload), count)
        except RequestFailed as failure:
            return [denied_by_failure(failure)] * count

    def _post(self, path: str, payload: bytes) -> Response:
        response = self._transport.send("POST", path, self._key_headers + _JSON, payload, self._timeout)
        raise_for_problem(response)
        return response


def _batches(bodies: Sequence[Body | None]) -> Iterator[list[Body]]:
    asked = [body for body in bodies if body is not None]
    for start in range(0, len(asked), MOST_QUESTIONS_A_REQUEST):
        yield asked[start : start + MOST_QUESTIONS_A_REQUEST]


def _checked_timeout(seconds: object) -> float:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < math.inf:
        raise ConfigurationError(f"timeout {seconds!r}: give seconds, more than 0")
    return seconds

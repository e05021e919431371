"""The client: questions in, answers out. An outage is a denied answer, never an exception."""

from __future__ import annotations

import math
import os
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

from doorward_sdk.answers import denied_by_failure
from doorward_sdk.declared_wire import all_items, change_of, made_of, path_of, role_of, rule_of
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
    from doorward_sdk.declared import PendingChange, PolicyChange, Role, Rule
    from doorward_sdk.entities import EntityLike
    from doorward_sdk.transport.seam import Response, Transport
    from doorward_sdk.wire import Body

DEFAULT_TIMEOUT_SECONDS = 0.25
MOST_QUESTIONS_A_REQUEST = 500
_EVALUATION = "/access/v1/evaluation"
_EVALUATIONS = "/access/v1/evaluations"
_JSON = (("Content-Type", "application/json"),)
_RULES = "/v1/rules"
_ROLES = "/v1/roles"
_CHANGE_SECONDS = 30.0
_REMEMBERED_SECONDS = 5.0
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
        self._min_revision: tuple[str, float] | None = None
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
        headers = self._key_headers + self._revision_headers()
        if body is not None:
            headers += _JSON
        if method in _NOT_REPEATABLE:
            headers += (("Idempotency-Key", f'"{uuid4()}"'),)
        payload = b"" if body is None else encode(body)
        limit = self._timeout if timeout is None else _checked_timeout(timeout)
        response = self._transport.send(method, path, headers, payload, limit)
        raise_for_problem(response)
        return response

    def rules(self) -> list[Rule]:
        """Every access rule of the policy, in file order. Raises as `request`."""
        return all_items(lambda target: self.request("GET", target), _RULES, rule_of)

    def rule(self, name: str) -> Rule:
        """One access rule. Raises NotFound, and as `request`."""
        return rule_of(self.request("GET", path_of(_RULES, name)).json())

    def create_access_rule(  # noqa: PLR0913 - the parts of a rule
        self,
        name: str,
        description: str,
        resource: str,
        action: str,
        conditions: Mapping[str, object],
        *,
        reason: str = "",
    ) -> Rule | PendingChange:
        """Declare an access rule, in a commit; it is served when this returns, unless changes are reviewed there.

        Args:
            name: its name.
            description: what it is for.
            resource: a type of resources, like `agents`.
            action: an action, or `*`.
            conditions: `min_role`, the least role (needed), and `subscription_required`.
            reason: why, for the commit.

        Raises:
            Conflict: there is such a rule, or the policy cannot be written to.
            PolicyRefused: the policy would not load with it.
            RequestFailed: as `request`.
        """
        body = {
            "name": name,
            "description": description,
            "resource": resource,
            "action": action,
            "conditions": dict(conditions),
            "reason": reason,
        }
        return made_of(self._change("POST", _RULES, body), rule_of)

    def delete_rule(self, name: str, *, reason: str = "") -> PolicyChange | PendingChange:
        """Take an access rule away, with its gates and description. Raises NotFound, and as `create_access_rule`."""
        query = f"?{urlencode({'reason': reason})}" if reason else ""
        return made_of(self._change("DELETE", path_of(_RULES, name) + query), change_of)

    def roles(self) -> list[Role]:
        """Every role that the policy names, by name. Raises as `request`."""
        return all_items(lambda target: self.request("GET", target), _ROLES, role_of)

    def role(self, name: str) -> Role:
        """One role. Raises NotFound, and as `request`."""
        return role_of(self.request("GET", path_of(_ROLES, name)).json())

    def create_role(
        self, name: str, description: str = "", permissions: Iterable[str] = (), *, reason: str = ""
    ) -> Role | PendingChange:
        """Declare a role with permissions like `view_agents`. Raises as `create_access_rule`."""
        body = {"name": name, "description": description, "permissions": list(permissions), "reason": reason}
        return made_of(self._change("POST", _ROLES, body), role_of)

    @property
    def changed_revision(self) -> str | None:
        """The policy revision that this client's last change is served with, for some seconds; else None."""
        wanted = self._min_revision
        return wanted[0] if wanted is not None and monotonic() < wanted[1] else None

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

    def _change(self, method: str, target: str, body: object = None) -> Response:
        """Change the policy; for some seconds questions are answered from this revision or a later one."""
        response = self.request(method, target, body, timeout=max(self._timeout, _CHANGE_SECONDS))
        revision = response.headers.get("doorward-revision")
        if revision is not None:
            self._min_revision = (revision, monotonic() + _REMEMBERED_SECONDS)
        return response

    def _revision_headers(self) -> tuple[tuple[str, str], ...]:
        wanted = self._min_revision
        if wanted is None:
            return ()
        revision, until = wanted
        if monotonic() < until:
            return (("Doorward-Min-Revision", revision),)
        self._min_revision = None
        return ()

    def _ask_batch(self, payload: bytes, count: int) -> list[Decision]:
        try:
            return decisions_of(self._post(_EVALUATIONS, payload), count)
        except RequestFailed as failure:
            return [denied_by_failure(failure)] * count

    def _post(self, path: str, payload: bytes) -> Response:
        headers = self._key_headers + _JSON
        if self._min_revision is not None:
            headers += self._revision_headers()
        response = self._transport.send("POST", path, headers, payload, self._timeout)
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

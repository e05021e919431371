"""Requests to the administrative API: sent once more where an answer was lost, and read back where one changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

from doorward_sdk.errors import DeadlineExceeded, MalformedAnswer, Unreachable
from doorward_sdk.transport.deadline import Deadline
from doorward_sdk.wire.members import list_in, members_of, text_or_none_in
from doorward_sdk.wire.own_changes import OwnChanges
from doorward_sdk.wire.problems import raise_for_problem
from doorward_sdk.wire.strict_json import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from doorward_sdk.transport.seam import Response, Transport

    Headers = tuple[tuple[str, str], ...]

JSON_BODY = (("Content-Type", "application/json"),)
READ_SECONDS = 10.0
CHANGE_SECONDS = 30.0
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_Item = TypeVar("_Item")


class Api:
    """The administrative API behind one transport.

    Attributes:
        timeout: seconds that the client allows for one request.
        own_changes: what its changes are served with.
    """

    def __init__(self, transport: Transport, key_headers: Headers, timeout: float) -> None:
        self.transport = transport
        self.key_headers = key_headers
        self.timeout = timeout
        self.own_changes = OwnChanges()

    def send(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        seconds: float,
        headers: Headers = (),
        key: str | None = None,
    ) -> Response:
        """One request; what changes something carries an `Idempotency-Key` and is sent again if its answer is lost.

        `key` is that of an earlier request which this one repeats.

        Raises:
            RequestFailed: no answer came that says yes.
        """
        sent = self.key_headers + self.own_changes.headers() + headers
        if body is not None:
            sent += JSON_BODY
        payload = b"" if body is None else encode(body)
        if method in _CHANGING:
            response = self._sent_twice_if_lost(method, target, (*sent, _key_header(key)), payload, seconds)
        else:
            response = self.transport.send(method, target, sent, payload, seconds)
        raise_for_problem(response)
        return response

    def get(self, target: str) -> object:
        """The JSON of one thing."""
        return self.send("GET", target, seconds=max(self.timeout, READ_SECONDS)).json()

    def ask(self, target: str, body: object) -> object:
        """The JSON that answers a question which changes nothing, within the client's time limit."""
        return self.asked(target, body).json()

    def asked(self, target: str, body: object) -> Response:
        """The answer to a question which changes nothing, within the client's time limit."""
        headers = self.key_headers + self.own_changes.headers() + JSON_BODY
        response = self.transport.send("POST", target, headers, encode(body), self.timeout)
        raise_for_problem(response)
        return response

    def change(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        if_match: int | None = None,
        seconds: float = CHANGE_SECONDS,
        key: str | None = None,
    ) -> Response:
        """Change something that is recorded; for some seconds answers are asked for that know of it.

        Raises:
            PreconditionFailed: the thing is not the version `if_match`.
        """
        headers = () if if_match is None else (("If-Match", f'"{if_match:d}"'),)
        response = self.send(method, target, body, seconds=max(self.timeout, seconds), headers=headers, key=key)
        self.own_changes.remember(response.headers)
        return response

    def change_policy(self, method: str, target: str, body: object = None) -> Response:
        """Change the policy; for some seconds answers are asked for that know of it."""
        response = self.change(method, target, body)
        self.own_changes.remember_policy(response.headers)
        return response

    def items(
        self, collection: str, read: Callable[[object], _Item], wanted: Mapping[str, str | None] | None = None
    ) -> Iterator[_Item]:
        """Every item of a list, a page at a time as they are asked for.

        Raises:
            MalformedAnswer: a page is none, or leads to itself.
        """
        query = {name: value for name, value in (wanted or {}).items() if value is not None}
        while True:
            page = members_of(self.get(target_of(collection, query)))
            listed, following = list_in(page, "items"), text_or_none_in(page, "next")
            yield from [read(one) for one in listed]
            if following is None:
                return
            if following == query.get("cursor"):
                raise MalformedAnswer("the answer leads to no next page")
            query["cursor"] = following

    def _sent_twice_if_lost(
        self, method: str, target: str, headers: Headers, payload: bytes, seconds: float
    ) -> Response:
        """The key tells the sidecar that the second request is the first one again, should it know of it."""
        deadline = Deadline(seconds)
        try:
            return self.transport.send(method, target, headers, payload, seconds)
        except DeadlineExceeded:
            raise
        except Unreachable:
            return self.transport.send(method, target, headers, payload, deadline.remaining())


def target_of(path: str, query: Mapping[str, str | None]) -> str:
    """A path with those parameters of a query that have a value."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _key_header(key: str | None) -> tuple[str, str]:
    return ("Idempotency-Key", f'"{key or uuid4()}"')

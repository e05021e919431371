"""Requests that count something: under an id, so that one whose answer was lost is sent again and counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, TypeVar
from uuid import uuid4

from doorward_sdk.access.answers import error_of
from doorward_sdk.access.questions import check_name
from doorward_sdk.acting import who_is_acting
from doorward_sdk.errors import (
    Conflict,
    MalformedAnswer,
    MalformedQuestion,
    ProblemResponse,
    RequestFailed,
    StoreUnavailable,
    Unreachable,
)
from doorward_sdk.transport.deadline import Deadline
from doorward_sdk.wire.api import JSON_BODY
from doorward_sdk.wire.problems import raise_for_problem
from doorward_sdk.wire.strict_json import encode

if TYPE_CHECKING:
    from doorward_sdk.transport.seam import Response
    from doorward_sdk.wire.api import Api

    Headers = tuple[tuple[str, str], ...]

MOST = (1 << 63) - 1
_MOST_ID = 256
_LEAST_TAKING_PART = 500
_OWN_UNAVAILABLE = 503
_Answer = TypeVar("_Answer")


class NotCounted(Exception):  # noqa: N818 - reads as what happened
    """No usable answer came.

    Attributes:
        error: why.
        in_doubt: whether it may have been done all the same.
        was_done: whether the sidecar says that the sending whose answer was lost was carried out.
    """

    def __init__(self, failure: RequestFailed, *, lost: bool, done_words: str | None) -> None:
        super().__init__(failure)
        self.error = error_of(failure)
        self.in_doubt = lost or _may_be_done(failure)
        told = failure.detail if isinstance(failure, Conflict) else None
        self.was_done = lost and told is not None and done_words is not None and done_words in told


def send_counted(  # noqa: PLR0913 - the parts of a request
    api: Api,
    target: str,
    body: object,
    read: Callable[[Response, bool], _Answer],
    *,
    content_type: Headers = JSON_BODY,
    done_words: str | None = None,
) -> _Answer:
    """Send a request that is done once however often it comes, within the client's time limit; what `read` makes of it.

    The first sending has half of the time. If no answer came by then, or the connection broke, it is sent once more;
    `read` is told whether the first may have been carried out. What has no id of its own is known by an
    Idempotency-Key; `done_words` are those by which a sidecar that heeds none says of the second that the first was.

    Raises:
        NotCounted: no answer came that says yes.
    """
    headers, payload = api.key_headers + api.own_changes.headers() + content_type, encode(body)
    if done_words is not None:
        headers += (("Idempotency-Key", str(uuid4())),)
    deadline, lost = Deadline(api.timeout), False
    try:
        try:
            response = api.transport.send("POST", target, headers, payload, api.timeout / 2)
        except Unreachable as failure:
            lost = failure.sent
            response = api.transport.send("POST", target, headers, payload, deadline.remaining())
        raise_for_problem(response)
        return read(response, lost)
    except RequestFailed as failure:
        raise NotCounted(failure, lost=lost, done_words=done_words) from failure


def _may_be_done(failure: RequestFailed) -> bool:
    """Whether a request that failed may have been carried out."""
    if isinstance(failure, Unreachable):
        return failure.sent
    if isinstance(failure, ProblemResponse):
        is_own_refusal = failure.status == _OWN_UNAVAILABLE and failure.type != "about:blank"
        return isinstance(failure, StoreUnavailable) or (failure.status >= _LEAST_TAKING_PART and not is_own_refusal)
    return isinstance(failure, MalformedAnswer)


def asked_tenant(tenant: str | None) -> dict[str, object]:
    """The member that names the tenant: that which is given, else that of `acting_as`, else none."""
    if tenant is not None:
        check_name(tenant, "tenant")
        return {"tenant": tenant}
    acting = who_is_acting()
    return {} if acting is None or acting.tenant is None else {"tenant": acting.tenant}


def checked_id(given: object) -> str:
    """The id of a request; one is made where none is given. Raises MalformedQuestion."""
    if given is None:
        return str(uuid4())
    if not isinstance(given, str) or not 1 <= len(given) <= _MOST_ID or not given.isprintable():
        raise MalformedQuestion(f"id: give 1 to {_MOST_ID} printable characters, others for each request")
    return given


def checked_amount(part: str, value: object, least: int = 1) -> int:
    """An amount. Raises MalformedQuestion."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST:
        raise MalformedQuestion(f"{part} must be a whole number from {least} to 2**63 - 1, not {value!r}")
    return value

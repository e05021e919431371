"""What an endpoint takes and gives, whichever server carried it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import msgspec

from doorward.domain.errors import (
    BadRequest,
    Busy,
    ChangeNotServed,
    Conflict,
    DoorwardError,
    EmailTaken,
    EncryptionFailed,
    FactsNotServed,
    InvalidContext,
    KeyReused,
    LoginRefused,
    NotFound,
    NotPermitted,
    NotSupported,
    PasswordRefused,
    PolicyInvalid,
    PolicyUnavailable,
    PreconditionFailed,
    Problem,
    RevisionNotServed,
    SourceUnreadable,
    StateUnusable,
    StoreUnavailable,
    Unauthenticated,
)

Headers = list[tuple[str, str]]
JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"
PROBLEM_BASE: Final = "https://doorward.dev/problems/"
MAX_BODY_BYTES: Final = 1 << 20
MIN_REVISION: Final = "doorward-min-revision"
MIN_FACTS: Final = "doorward-min-facts"
REVISION: Final = "doorward-revision"
REPLAYED: Final = "idempotency-replayed"
FACTS: Final = "doorward-facts"
FACTS_AGE: Final = "doorward-facts-age"
_LONGEST_REQUEST_ID: Final = 128
_NO_PARAMETERS: Final[Mapping[str, str]] = {}


class Request:
    """One HTTP request.

    `header` looks a header up by its lower-case name; `address` is the client's, or empty;
    `is_local` says that the client is on this machine (loopback or a Unix socket); `parameters` are the
    names in the path; `min_revision` is the policy that the answer must be as new as, `min_facts` the facts.
    `may_block` says that whoever answers may wait, for the database say; else nobody may.
    """

    __slots__ = (
        "address",
        "body",
        "header",
        "is_local",
        "may_block",
        "min_facts",
        "min_revision",
        "parameters",
        "query",
    )

    def __init__(  # noqa: PLR0913 - the parts of a request
        self,
        header: Callable[[str], str | None],
        body: bytes,
        address: str,
        *,
        is_local: bool,
        query: str = "",
        parameters: Mapping[str, str] = _NO_PARAMETERS,
        min_revision: str | None = None,
        min_facts: str | None = None,
        may_block: bool = False,
    ) -> None:
        self.header = header
        self.body = body
        self.address = address
        self.is_local = is_local
        self.query = query
        self.parameters = parameters
        self.min_revision = min_revision
        self.min_facts = min_facts
        self.may_block = may_block


class Response:
    """One HTTP response."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class TooLarge(DoorwardError):  # noqa: N818 - reads as what happened
    """The body is larger than MAX_BODY_BYTES."""

    def __init__(self) -> None:
        super().__init__(f"the body is larger than {MAX_BODY_BYTES} bytes; send less at a time")


_PROBLEMS: Final[dict[type[DoorwardError], tuple[int, str, str]]] = {
    BadRequest: (400, "bad-request", "The request is malformed"),
    InvalidContext: (400, "bad-request", "The request is malformed"),
    Unauthenticated: (401, "unauthenticated", "A key is needed"),
    NotPermitted: (403, "not-permitted", "The key does not permit this"),
    NotFound: (404, "not-found", "There is no such thing"),
    Conflict: (409, "conflict", "What is there stands in the way"),
    EmailTaken: (409, "email_unavailable", "The e-mail address is not available"),
    PasswordRefused: (422, "password-refused", "The password is not accepted"),
    LoginRefused: (403, "login-refused", "The login was refused"),
    PreconditionFailed: (412, "precondition-failed", "It is another by now"),
    KeyReused: (422, "idempotency-key-reused", "The Idempotency-Key was used for another request"),
    TooLarge: (413, "too-large", "The body is too large"),
    PolicyInvalid: (422, "policy-invalid", "The policy would not load"),
    NotSupported: (501, "not-supported", "The policy cannot answer this kind of question"),
    StateUnusable: (503, "state-unusable", "The state directory needs an operator"),
    Busy: (503, "busy", "Others are at it"),
    SourceUnreadable: (503, "source-unreadable", "The policy's source does not answer"),
    StoreUnavailable: (503, "store-unavailable", "The database cannot be used"),
    FactsNotServed: (503, "facts-not-served", "The facts are not that new here"),
    EncryptionFailed: (503, "encryption-failed", "A sealed value cannot be opened"),
    RevisionNotServed: (503, "revision-not-served", "The policy is not that new here"),
    ChangeNotServed: (503, "change-not-served", "The change is committed, and not served here"),
    PolicyUnavailable: (503, "no-policy", "No policy is loaded"),
}


def json_response(status: int, value: object, headers: Headers | None = None) -> Response:
    """A JSON answer; `value` is a wire struct or plain data."""
    return Response(status, [("content-type", JSON), *(headers or [])], msgspec.json.encode(value))


def iso_time(seconds: float) -> str:
    """Epoch seconds as the wire shows them: UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def problem(  # noqa: PLR0913, PLR0917 - the members of a problem
    status: int, name: str, title: str, detail: str, headers: Headers | None = None, faults: Sequence[Problem] = ()
) -> Response:
    """An RFC 9457 problem of type `https://doorward.dev/problems/NAME`; `faults` are those of policy files."""
    body: dict[str, object] = {"type": PROBLEM_BASE + name, "title": title, "status": status, "detail": detail}
    if faults:
        body["faults"] = [{"path": one.path, "line": one.line, "message": one.message} for one in faults]
    return Response(status, [("content-type", PROBLEM_JSON), *(headers or [])], msgspec.json.encode(body))


def problem_of(error: DoorwardError) -> Response:
    """The problem that tells a caller of an error."""
    status, name, title = _PROBLEMS.get(type(error), (500, "internal", "Doorward failed"))
    if isinstance(error, PolicyInvalid):
        return problem(status, name, title, f"the policy would not load: {error.problems[0]}", faults=error.problems)
    extra = None
    if status == HTTPStatus.UNAUTHORIZED:
        extra = [("www-authenticate", 'Bearer realm="doorward"')]
    elif isinstance(error, Busy | RevisionNotServed | SourceUnreadable | StoreUnavailable | FactsNotServed):
        extra = [("retry-after", "1")]
    response = problem(status, name, title, str(error), extra)
    if isinstance(error, PasswordRefused):
        return _with_member(response, "reasons", list(error.reasons))
    if isinstance(error, LoginRefused):
        return _with_member(response, "code_needed", error.code_needed)
    return response


def _with_member(response: Response, name: str, value: object) -> Response:
    """A problem with one more member (RFC 9457, 3.2)."""
    body = msgspec.json.decode(response.body) | {name: value}
    return Response(response.status, response.headers, msgspec.json.encode(body))


def status_of(error: DoorwardError) -> int:
    """The HTTP status of an error."""
    return _PROBLEMS.get(type(error), (500, "", ""))[0]


def request_id(request: Request) -> str | None:
    """The caller's X-Request-ID where it may be echoed: at most 128 visible ASCII characters."""
    given = request.header("x-request-id")
    if given and len(given) <= _LONGEST_REQUEST_ID and given.isascii() and given.isprintable():
        return given
    return None

"""What an endpoint takes and gives, whichever server carried it."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import msgspec

from doorward.domain.errors import (
    BadRequest,
    DoorwardError,
    NotPermitted,
    NotSupported,
    PolicyUnavailable,
    Unauthenticated,
)

Headers = list[tuple[str, str]]
JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"
PROBLEM_BASE: Final = "https://doorward.dev/problems/"
MAX_BODY_BYTES: Final = 1 << 20
_LONGEST_REQUEST_ID: Final = 128


class Request:
    """One HTTP request.

    `header` looks a header up by its lower-case name; `address` is the client's, or empty;
    `is_local` says that the client is on this machine (loopback or a Unix socket).
    """

    __slots__ = ("address", "body", "header", "is_local", "query")

    def __init__(
        self, header: Callable[[str], str | None], body: bytes, address: str, *, is_local: bool, query: str = ""
    ) -> None:
        self.header = header
        self.body = body
        self.address = address
        self.is_local = is_local
        self.query = query


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
    Unauthenticated: (401, "unauthenticated", "A key is needed"),
    NotPermitted: (403, "not-permitted", "The key does not permit this"),
    TooLarge: (413, "too-large", "The body is too large"),
    NotSupported: (501, "not-supported", "The policy cannot answer this kind of question"),
    PolicyUnavailable: (503, "no-policy", "No policy is loaded"),
}


def json_response(status: int, value: object, headers: Headers | None = None) -> Response:
    """A JSON answer; `value` is a wire struct or plain data."""
    return Response(status, [("content-type", JSON), *(headers or [])], msgspec.json.encode(value))


def iso_time(seconds: float) -> str:
    """Epoch seconds as the wire shows them: UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def problem(status: int, name: str, title: str, detail: str, headers: Headers | None = None) -> Response:
    """An RFC 9457 problem of type `https://doorward.dev/problems/NAME`."""
    body = {"type": PROBLEM_BASE + name, "title": title, "status": status, "detail": detail}
    return Response(status, [("content-type", PROBLEM_JSON), *(headers or [])], msgspec.json.encode(body))


def problem_of(error: DoorwardError) -> Response:
    """The problem that tells a caller of an error."""
    status, name, title = _PROBLEMS.get(type(error), (500, "internal", "Doorward failed"))
    extra = [("www-authenticate", 'Bearer realm="doorward"')] if status == HTTPStatus.UNAUTHORIZED else None
    return problem(status, name, title, str(error), extra)


def status_of(error: DoorwardError) -> int:
    """The HTTP status of an error."""
    return _PROBLEMS.get(type(error), (500, "", ""))[0]


def request_id(request: Request) -> str | None:
    """The caller's X-Request-ID where it may be echoed: at most 128 visible ASCII characters."""
    given = request.header("x-request-id")
    if given and len(given) <= _LONGEST_REQUEST_ID and given.isascii() and given.isprintable():
        return given
    return None

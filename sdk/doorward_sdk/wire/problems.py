"""RFC 9457 problems to exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import (
    Conflict,
    EmailUnavailable,
    LoginRefused,
    MalformedAnswer,
    NotFound,
    NotPermitted,
    PasswordRefused,
    PolicyRefused,
    PreconditionFailed,
    ProblemResponse,
    StoreUnavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward_sdk.access.answers import AnswerError
    from doorward_sdk.errors import RequestFailed
    from doorward_sdk.transport.seam import Response

_MOST_CHARACTERS = 1000
_BASE = "https://doorward.dev/problems/"
_FAILURES = {
    401: NotPermitted,
    403: NotPermitted,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    422: PolicyRefused,
}
_FAILURES_BY_TYPE = {
    f"{_BASE}email_unavailable": EmailUnavailable,
    f"{_BASE}idempotency-key-reused": ProblemResponse,
    f"{_BASE}login-refused": LoginRefused,
    f"{_BASE}password-refused": PasswordRefused,
    f"{_BASE}store-unavailable": StoreUnavailable,
}


def raise_for_problem(response: Response) -> None:
    """Do nothing for a status of 200 to 299.

    Raises:
        ProblemResponse: the leaf of it that the problem's type names, else the one of its status; redirects
            are not followed, so they end here too.
    """
    if 200 <= response.status < 300:  # noqa: PLR2004 - the class of success
        return
    raise _failure(response.status, _members(response))


def failure_of(error: AnswerError) -> RequestFailed:
    """What is raised for a denied answer's error where nobody takes a no for an answer."""
    if error.status is None:
        return Unreachable(error.message)
    detail = error.message.removeprefix(f"the sidecar answered {error.status} ")  # it is said of every problem
    return _FAILURES.get(error.status, ProblemResponse)(error.status, None, detail)


def _failure(status: int, told: Mapping[str, object]) -> ProblemResponse:
    named = _text(told.get("type")) or "about:blank"
    leaf = _FAILURES_BY_TYPE.get(named) or _FAILURES.get(status, ProblemResponse)
    failure = leaf(status, _text(told.get("title")), _text(told.get("detail")), named)
    if isinstance(failure, PolicyRefused):
        failure.faults = _faults(told.get("faults"))
    elif isinstance(failure, PasswordRefused):
        failure.reasons = _reasons(told.get("reasons"))
    elif isinstance(failure, LoginRefused):
        failure.code_needed = told.get("code_needed") is True
    return failure


def _faults(value: object) -> tuple[str, ...]:
    told = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return tuple(f"{one.get('path')}:{one.get('line')}: {one.get('message')}"[:_MOST_CHARACTERS] for one in told)


def _reasons(value: object) -> tuple[str, ...]:
    told = value if isinstance(value, list) else []
    return tuple(one[:_MOST_CHARACTERS] for one in told if isinstance(one, str))


def _members(response: Response) -> dict[str, object]:
    try:
        told = response.json()
    except MalformedAnswer:
        return {}  # a proxy's error page; the status says enough
    return told if isinstance(told, dict) else {}


def _text(value: object) -> str | None:
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else None

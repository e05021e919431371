"""RFC 9457 problems to exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import (
    Conflict,
    MalformedAnswer,
    NotFound,
    NotPermitted,
    PolicyRefused,
    ProblemResponse,
)

if TYPE_CHECKING:
    from doorward_sdk.transport.seam import Response

_MOST_CHARACTERS = 1000
_FAILURES = {401: NotPermitted, 403: NotPermitted, 404: NotFound, 409: Conflict, 422: PolicyRefused}


def raise_for_problem(response: Response) -> None:
    """Do nothing for a status of 200 to 299.

    Raises:
        NotPermitted: the status is 401 or 403.
        NotFound, Conflict, PolicyRefused: it is 404, 409 or 422.
        ProblemResponse: it is any other; redirects are not followed, so they end here too.
    """
    if 200 <= response.status < 300:  # noqa: PLR2004 - the class of success
        return
    told = _members(response)
    failure = _FAILURES.get(response.status, ProblemResponse)(
        response.status, _text(told.get("title")), _text(told.get("detail")), _text(told.get("type")) or "about:blank"
    )
    if isinstance(failure, PolicyRefused):
        failure.faults = _faults(told.get("faults"))
    raise failure


def _faults(value: object) -> tuple[str, ...]:
    told = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return tuple(f"{one.get('path')}:{one.get('line')}: {one.get('message')}"[:_MOST_CHARACTERS] for one in told)


def _members(response: Response) -> dict[str, object]:
    try:
        told = response.json()
    except MalformedAnswer:
        return {}  # a proxy's error page; the status says enough
    return told if isinstance(told, dict) else {}


def _text(value: object) -> str | None:
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else None

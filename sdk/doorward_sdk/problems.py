"""RFC 9457 problems to exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import MalformedAnswer, NotPermitted, ProblemResponse

if TYPE_CHECKING:
    from doorward_sdk.transport.seam import Response

_MOST_CHARACTERS = 1000
_KEY_REFUSED = frozenset({401, 403})


def raise_for_problem(response: Response) -> None:
    """Do nothing for a status of 200 to 299.

    Raises:
        NotPermitted: the status is 401 or 403.
        ProblemResponse: it is any other; redirects are not followed, so they end here too.
    """
    if 200 <= response.status < 300:  # noqa: PLR2004 - the class of success
        return
    told = _members(response)
    failure = NotPermitted if response.status in _KEY_REFUSED else ProblemResponse
    raise failure(
        response.status, _text(told.get("title")), _text(told.get("detail")), _text(told.get("type")) or "about:blank"
    )


def _members(response: Response) -> dict[str, object]:
    try:
        told = response.json()
    except MalformedAnswer:
        return {}  # a proxy's error page; the status says enough
    return told if isinstance(told, dict) else {}


def _text(value: object) -> str | None:
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else None

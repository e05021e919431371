"""Requests that do not travel: they call an application in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from doorward_sdk.transport.seam import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    Handle = Callable[[str, str, list[tuple[str, str]], bytes], tuple[int, list[tuple[str, str]], bytes]]


class InProcessTransport:
    """Calls `handle(method, target, headers, body) -> (status, headers, body)` for every request.

    The time limit does not hold here, since a call cannot be cut off, and what `handle` raises passes through.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def send(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        timeout: float,  # noqa: ARG002 - the seam's parameter
    ) -> Response:
        """Call the application."""
        status, answer_headers, answer_body = self._handle(method, target, list(headers), body)
        joined: dict[str, str] = {}
        for name, value in answer_headers:
            key = name.lower()
            joined[key] = f"{joined[key]}, {value}" if key in joined else value
        return Response(status, joined, answer_body)

"""Requests to wherever the sidecar is now, with the key that belongs to that place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.errors import ClientClosed, Unreachable
from doorward_sdk.transport.deadline import Deadline
from doorward_sdk.transport.over_http import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward_sdk.location import Location, Locator
    from doorward_sdk.transport.seam import Response

_UNAUTHORIZED = 401


class _Line:
    """A transport to one location; its key is sent on no other."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self.transport = HttpTransport(str(location.address))
        self._key_header = bearer(location.key)

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, timeout: float
    ) -> Response:
        return self.transport.send(method, target, (*headers, *self._key_header), body, timeout)


class SidecarTransport:
    """Looks for the sidecar at the first request, and again after an outage or a refused key.

    A request whose sidecar turns out to have moved is sent to the new place, once.
    """

    def __init__(self, locator: Locator) -> None:
        self._locator = locator
        self._line: _Line | None = None
        self._lines: dict[Location, _Line] = {}
        self._closed = False

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, timeout: float
    ) -> Response:
        """Send a request to the sidecar, within `timeout` seconds."""
        if self._closed:
            raise ClientClosed("this Doorward was closed; make a new one")
        deadline = Deadline(timeout)
        line = self._line or self._look(None)
        try:
            response = line.send(method, target, headers, body, timeout)
        except Unreachable as failure:
            try:
                moved = self._look(line)
                if moved is line:
                    raise
                return moved.send(method, target, headers, body, deadline.remaining())
            except Unreachable as again:
                again.sent = again.sent or failure.sent
                raise
        if response.status == _UNAUTHORIZED:
            moved = self._look(line)
            if moved is not line:
                return moved.send(method, target, headers, body, deadline.remaining())
        return response

    def close(self) -> None:
        """Close the connections; no request can be sent after this."""
        self._closed = True
        if self._line is not None:
            self._line.transport.close()

    def _look(self, known: _Line | None) -> _Line:
        """The line to where the sidecar is now; `known` itself when that has not changed."""
        try:
            location = self._locator.locate()
        except Unreachable as failure:
            failure.sent = False
            raise
        if known is not None and location == known.location:
            return known
        # Threads that get here together share one line: setdefault is atomic, and needs no lock to fork with.
        line = self._lines.get(location) or self._lines.setdefault(location, _Line(location))
        self._line = line
        for left in [other for other in tuple(self._lines) if other != location]:
            # Dropped, not closed: other threads may be in the middle of a request on it.
            self._lines.pop(left, None)
        return line


def bearer(key: str | None) -> tuple[tuple[str, str], ...]:
    """The header that presents a key."""
    return () if key is None else (("Authorization", f"Bearer {key}"),)

"""The one seam between what is said and how it travels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from doorward_sdk.errors import MalformedAnswer
from doorward_sdk.wire.strict_json import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Response(NamedTuple):
    """An answer as it arrived.

    Attributes:
        status: the HTTP status.
        headers: values by lower-case name; repeated headers are joined with a comma.
        body: the bytes of the body.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body as JSON.

        Raises:
            MalformedAnswer: it is not declared as JSON, or is not.
        """
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise MalformedAnswer(f"the answer is {media_type or 'of no declared type'}, not application/json")
        return decode(self.body)


class Transport(Protocol):
    """Carries one request to a sidecar and its answer back. It must be usable by many threads at once."""

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, timeout: float
    ) -> Response:
        """Send a request and return the whole answer, whatever its status.

        Args:
            method: `GET`, `POST` and so on.
            target: path and query, starting with `/`.
            headers: names and values.
            body: the bytes to send; empty for none.
            timeout: seconds for everything together.

        Raises:
            Unreachable: no answer came.
            DeadlineExceeded: the answer was not complete in time.
            MalformedAnswer: the answer cannot be understood.
        """
        ...

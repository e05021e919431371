"""A transport that remembers what it was given and answers what it was told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from doorward_sdk import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Answer = Response | Exception


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a JSON body."""
    return Response(status, {"content-type": "application/json", **(headers or {})}, json.dumps(content).encode())


ALLOWED = json_response({"decision": True}, headers={"doorward-revision": "git:abc"})
DENIED = json_response({"decision": False})


class RecordingTransport:
    """Answers each request by `answer`, which may be an exception to raise or a function of the body."""

    def __init__(self, answer: Answer | Callable[[Any], Answer] = ALLOWED) -> None:
        self._answer = answer
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.timeouts: list[float] = []

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, timeout: float
    ) -> Response:
        self.requests.append((method, target, dict(headers), body))
        self.timeouts.append(timeout)
        answer = self._answer
        if not isinstance(answer, (Response, Exception)):
            answer = answer(json.loads(body))
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def body(self) -> Any:
        """The JSON of the last request."""
        return json.loads(self.requests[-1][3])


def yes_to_all(body: Any) -> Response:
    """Allow an evaluation, or each of several."""
    count = len(body["evaluations"]) if "evaluations" in body else None
    return json_response({"decision": True} if count is None else {"evaluations": [{"decision": True}] * count})

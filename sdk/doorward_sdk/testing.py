"""For the tests of applications: answers without a sidecar, and a whole sidecar in this process.

The only module that may import `doorward`, and only inside a function.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from doorward_sdk.client import Doorward
from doorward_sdk.flag_values import EVALUATE
from doorward_sdk.transport.in_process import InProcessTransport
from doorward_sdk.transport.seam import Response

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Triple = tuple[str, str, str]

__all__ = ["StaticAnswers", "in_process"]


@contextmanager
def in_process(policy: str | Path) -> Iterator[Doorward]:
    """A client of a sidecar that runs inside this process on a policy tree; needs the package `doorward`."""
    handle = import_module("doorward.bootstrap").in_process(Path(policy))
    with Doorward(transport=InProcessTransport(handle)) as client:
        yield client


class StaticAnswers:
    """A transport that knows the answers: `Doorward(transport=StaticAnswers({...: True}))`.

    Questions that are not among the answers are denied, without an error. `flags` are values by key; others are not
    there. Tenants, roles, attributes and context make no difference.

    Attributes:
        asked: every (subject, action, resource) asked so far.
    """

    def __init__(self, answers: Mapping[Triple, bool], flags: Mapping[str, object] | None = None) -> None:
        self._answers = dict(answers)
        self._flags = dict(flags or {})
        self.asked: list[Triple] = []

    def send(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],  # noqa: ARG002 - the seam's parameter
        body: bytes,
        timeout: float,  # noqa: ARG002 - the seam's parameter
    ) -> Response:
        """Answer an evaluation, or several, or a flag."""
        question = json.loads(body) if method == "POST" else {}
        if target == "/access/v1/evaluation":
            return _json_response(200, self._evaluation(question))
        if target == "/access/v1/evaluations":
            return _json_response(200, {"evaluations": [self._evaluation(item) for item in question["evaluations"]]})
        if target.startswith(f"{EVALUATE}/"):
            return self._flag(unquote(target[len(EVALUATE) + 1 :]))
        return _json_response(404, {"title": "StaticAnswers", "detail": f"knows no {method} {target}"})

    def _evaluation(self, question: Mapping[str, Mapping[str, str]]) -> dict[str, bool]:
        subject, action, resource = question["subject"], question["action"], question["resource"]
        triple = (f"{subject['type']}:{subject['id']}", action["name"], f"{resource['type']}:{resource['id']}")
        self.asked.append(triple)
        return {"decision": self._answers.get(triple) is True}

    def _flag(self, key: str) -> Response:
        if key not in self._flags:
            told = {"key": key, "errorCode": "FLAG_NOT_FOUND", "errorDetails": f"StaticAnswers knows no flag {key!r}"}
            return _json_response(404, told)
        return _json_response(200, {"key": key, "value": self._flags[key], "variant": "static", "reason": "STATIC"})


def _json_response(status: int, content: object) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(content).encode())

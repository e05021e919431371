"""For the tests of applications: answers without a sidecar, and a whole sidecar in this process.

The only module that may import `doorward`, and only inside a function.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from doorward_sdk.client import Doorward
from doorward_sdk.flags.values import EVALUATE
from doorward_sdk.limits.static import StaticLimits, items_of_guard, json_response
from doorward_sdk.transport.in_process import InProcessTransport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doorward_sdk.transport.seam import Response

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

    Questions that are not among the answers are denied, without an error. `flags` are values by key, `limits` how
    much there is of each in all; others are not there. Tenants, roles, attributes and context make no difference.

    Attributes:
        asked: every (subject, action, resource) asked so far.
        used: what was consumed so far, by limit.
        recorded: the usage recorded so far, by meter.
    """

    def __init__(
        self,
        answers: Mapping[Triple, bool],
        flags: Mapping[str, object] | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self._answers = dict(answers)
        self._flags = dict(flags or {})
        self._limits = StaticLimits(limits or {})
        self.used = self._limits.used
        self.recorded: dict[str, int] = {}
        self.asked: list[Triple] = []

    def send(  # noqa: PLR0911 - one an endpoint
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],  # noqa: ARG002 - the seam's parameter
        body: bytes,
        timeout: float,  # noqa: ARG002 - the seam's parameter
    ) -> Response:
        """Answer an evaluation, or several, or a flag; count towards limits; record usage."""
        question = json.loads(body) if method == "POST" else {}
        if target == "/access/v1/evaluation":
            return json_response(200, self._evaluation(question))
        if target == "/access/v1/evaluations":
            return json_response(200, {"evaluations": [self._evaluation(item) for item in question["evaluations"]]})
        if target == "/v1/guard":
            return json_response(200, self._guard(question))
        if target.startswith("/v1/limits/"):
            return self._limits.answer(target, question)
        if target == "/v1/usage/events":
            meter = question["type"]
            self.recorded[meter] = self.recorded.get(meter, 0) + question["data"]["value"]
            return json_response(202, {"accepted": 1, "repeated": 0})
        if target.startswith(f"{EVALUATE}/"):
            return self._flag(unquote(target[len(EVALUATE) + 1 :]))
        return json_response(404, {"title": "StaticAnswers", "detail": f"knows no {method} {target}"})

    def _evaluation(self, question: Mapping[str, Mapping[str, str]]) -> dict[str, bool]:
        subject, action, resource = question["subject"], question["action"], question["resource"]
        triple = (f"{subject['type']}:{subject['id']}", action["name"], f"{resource['type']}:{resource['id']}")
        self.asked.append(triple)
        return {"decision": self._answers.get(triple) is True}

    def _guard(self, body: Mapping[str, Any]) -> dict[str, object]:
        access = self._evaluation(body["access"])
        flags = {key: self._flags.get(key) is True for key in body["flags"]} if access["decision"] else {}
        items, allowed = items_of_guard(body), access["decision"] and all(flags.values())
        limits: list[dict[str, object]] = []
        if allowed and items:
            allowed = self._limits.consume(body["id"], items)
            limits = self._limits.stand(items, allowed=allowed)
        return {"allowed": allowed, "access": access, "flags": flags, "limits": limits}

    def _flag(self, key: str) -> Response:
        if key not in self._flags:
            told = {"key": key, "errorCode": "FLAG_NOT_FOUND", "errorDetails": f"StaticAnswers knows no flag {key!r}"}
            return json_response(404, told)
        return json_response(200, {"key": key, "value": self._flags[key], "variant": "static", "reason": "STATIC"})

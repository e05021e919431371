"""Questions about access, asked: an outage is a denied answer, never an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.answers import denied_by_failure
from doorward_sdk.access.wire import NO_SUBJECT, decision_of, decisions_of, evaluation_body
from doorward_sdk.errors import RequestFailed
from doorward_sdk.wire.api import JSON_BODY
from doorward_sdk.wire.problems import raise_for_problem
from doorward_sdk.wire.strict_json import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from doorward_sdk.access.answers import Decision
    from doorward_sdk.access.questions import Question
    from doorward_sdk.access.wire import Body
    from doorward_sdk.transport.seam import Response
    from doorward_sdk.wire.api import Api

MOST_QUESTIONS_A_REQUEST = 500
_EVALUATION = "/access/v1/evaluation"
_EVALUATIONS = "/access/v1/evaluations"


class Checks:
    """Questions about access, within the client's time limit."""

    def __init__(self, api: Api) -> None:
        self._transport = api.transport
        self._key_and_type = api.key_headers + JSON_BODY
        self._own_changes = api.own_changes
        self._timeout = api.timeout

    def one(self, question: Question) -> Decision:
        """The answer to one question."""
        body = evaluation_body(question)
        if body is None:
            return NO_SUBJECT
        try:
            return decision_of(self._post(_EVALUATION, encode(body)))
        except RequestFailed as failure:
            return denied_by_failure(failure)

    def many(self, questions: Iterable[Question]) -> list[Decision]:
        """One answer for each question, in their order."""
        bodies = [evaluation_body(question) for question in questions]
        payloads = [(encode({"evaluations": batch}), len(batch)) for batch in _batches(bodies)]
        answers = (answer for payload, count in payloads for answer in self._ask_batch(payload, count))
        return [NO_SUBJECT if body is None else next(answers) for body in bodies]

    def _ask_batch(self, payload: bytes, count: int) -> list[Decision]:
        try:
            return decisions_of(self._post(_EVALUATIONS, payload), count)
        except RequestFailed as failure:
            return [denied_by_failure(failure)] * count

    def _post(self, path: str, payload: bytes) -> Response:
        headers = self._key_and_type + self._own_changes.headers()
        response = self._transport.send("POST", path, headers, payload, self._timeout)
        raise_for_problem(response)
        return response


def _batches(bodies: Sequence[Body | None]) -> Iterator[list[Body]]:
    asked = [body for body in bodies if body is not None]
    for start in range(0, len(asked), MOST_QUESTIONS_A_REQUEST):
        yield asked[start : start + MOST_QUESTIONS_A_REQUEST]

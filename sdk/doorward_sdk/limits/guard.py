"""Access, flags and limits in one request: an outage is a denied answer, never an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.answers import Decision, error_of
from doorward_sdk.access.wire import NO_SUBJECT, evaluation_body
from doorward_sdk.errors import MalformedQuestion, RequestFailed
from doorward_sdk.flags.values import checked_key
from doorward_sdk.limits.answers import GuardAnswer
from doorward_sdk.limits.asking import items_of
from doorward_sdk.limits.counting import NotCounted, checked_id, send_counted
from doorward_sdk.limits.wire import guard_answer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from doorward_sdk.access.answers import AnswerError
    from doorward_sdk.access.questions import Question
    from doorward_sdk.wire.api import Api

_GUARD = "/v1/guard"


def guard(
    api: Api, question: Question, flags: Iterable[str], consume: Mapping[str, int], consume_id: str | None
) -> GuardAnswer:
    """May it be done, with these features, and is there room for it?"""
    given, items = checked_id(consume_id), items_of(consume)
    body: dict[str, object] = {"access": evaluation_body(question), "flags": _keys(flags), "consume": items}
    if body["access"] is None:
        return GuardAnswer(allowed=False, access=NO_SUBJECT, error=NO_SUBJECT.error)
    if not items:
        try:
            return guard_answer_of(api.asked(_GUARD, body), lost=False)
        except RequestFailed as failure:
            return _denied(error_of(failure))
    try:
        return send_counted(api, _GUARD, {**body, "id": given}, guard_answer_of)
    except NotCounted as lost:
        return _denied(lost.error, given, in_doubt=lost.in_doubt)


def _denied(error: AnswerError, given_id: str | None = None, *, in_doubt: bool = False) -> GuardAnswer:
    access = Decision(allowed=False, error=error)
    return GuardAnswer(allowed=False, access=access, id=given_id, in_doubt=in_doubt, error=error)


def _keys(flags: Iterable[str]) -> list[str]:
    if isinstance(flags, str):
        raise MalformedQuestion(f"flags: write flags=[{flags!r}], a list of keys")
    return [checked_key(key) for key in flags]

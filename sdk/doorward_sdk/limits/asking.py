"""Limits, asked and counted: an outage is a denied answer, never an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.answers import error_of
from doorward_sdk.access.questions import check_name
from doorward_sdk.errors import MalformedQuestion, RequestFailed
from doorward_sdk.limits.answers import LimitAnswer, LimitsAnswer, ReturnAnswer
from doorward_sdk.limits.counting import NotCounted, asked_tenant, checked_amount, checked_id, send_counted
from doorward_sdk.limits.wire import amounts_of, check_answer_of, consume_answer_of, limits_answer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward_sdk.wire.api import Api

_CHECK = "/v1/limits/check"
_CONSUME = "/v1/limits/consume"
_RETURN = "/v1/limits/return"


def check(api: Api, limit: str, current: int | None, amount: int, tenant: str | None) -> LimitAnswer:
    """Whether there is room for `amount` more."""
    check_name(limit, "limit")
    body = {**asked_tenant(tenant), "limit": limit, "amount": checked_amount("amount", amount)}
    if current is not None:
        body["current"] = checked_amount("current", current, 0)
    try:
        return check_answer_of(api.asked(_CHECK, body))
    except RequestFailed as failure:
        return LimitAnswer(allowed=False, name=limit, error=error_of(failure))


def consume(api: Api, limit: str, amount: int, tenant: str | None, consume_id: str | None) -> LimitAnswer:
    """Take it, or be refused."""
    check_name(limit, "limit")
    given = checked_id(consume_id)
    body = {**asked_tenant(tenant), "limit": limit, "amount": checked_amount("amount", amount), "id": given}
    try:
        return send_counted(api, _CONSUME, body, consume_answer_of)
    except NotCounted as lost:
        return LimitAnswer(allowed=False, name=limit, id=given, in_doubt=lost.in_doubt, error=lost.error)


def consume_all(api: Api, amounts: Mapping[str, int], tenant: str | None, consume_id: str | None) -> LimitsAnswer:
    """Take all of it, or be refused."""
    given, items = checked_id(consume_id), items_of(amounts)
    if not items:
        raise MalformedQuestion("amounts: name a limit at least, like {'max_agents': 1}")
    try:
        return send_counted(api, _CONSUME, {**asked_tenant(tenant), "items": items, "id": given}, limits_answer_of)
    except NotCounted as lost:
        return LimitsAnswer(allowed=False, id=given, in_doubt=lost.in_doubt, error=lost.error)


def give_back(api: Api, consume_id: str, limit: str | None, amount: int | None, tenant: str | None) -> ReturnAnswer:
    """Give back what was consumed."""
    body: dict[str, object] = {**asked_tenant(tenant), "id": checked_id(consume_id)}
    if limit is not None:
        check_name(limit, "limit")
        body["limit"] = limit
    if amount is not None:
        body["amount"] = checked_amount("amount", amount)
    return returned(api, _RETURN, body, consume_id, "was returned before")


def returned(api: Api, target: str, body: object, given_id: str, done_words: str) -> ReturnAnswer:
    """What comes of giving something back or up; `done_words` are those that say that it was before."""
    try:
        amounts = send_counted(api, target, body, amounts_of, done_words=done_words)
    except NotCounted as lost:
        return ReturnAnswer(lost.was_done, given_id, error=None if lost.was_done else lost.error)
    return ReturnAnswer(allowed=True, id=given_id, amounts=amounts)


def items_of(amounts: Mapping[str, int]) -> list[dict[str, object]]:
    """The amounts of several limits, as they are sent. Raises MalformedQuestion."""
    for limit in amounts:
        check_name(limit, "limit")
    return [{"limit": limit, "amount": checked_amount("amount", amount)} for limit, amount in amounts.items()]

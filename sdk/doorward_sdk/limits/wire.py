"""Limits, usage and guard from the wire. Whatever is not clearly a yes is a no; each raises MalformedAnswer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.wire import decision_in
from doorward_sdk.errors import MalformedAnswer
from doorward_sdk.limits.answers import GuardAnswer, LimitAnswer, LimitsAnswer
from doorward_sdk.wire.members import (
    flag_in,
    limit_in,
    list_in,
    members_of,
    number_in,
    text_in,
    text_or_none_in,
    time_or_none_in,
)

if TYPE_CHECKING:
    from datetime import datetime

    from doorward_sdk.transport.seam import Response
    from doorward_sdk.wire.members import Members

_OK = 200


def check_answer_of(response: Response) -> LimitAnswer:
    """How a limit stands that was only looked at."""
    return _limit_answer(_members(response), _revision(response))


def consume_answer_of(response: Response, lost: bool) -> LimitAnswer:  # noqa: FBT001 - as `send_counted` calls it
    """How a limit stands after a consume. A no after a lost answer is in doubt: it may be carried out yet."""
    return _limit_answer(_members(response), _revision(response), in_doubt=lost)


def limits_answer_of(response: Response, lost: bool) -> LimitsAnswer:  # noqa: FBT001
    """How several limits stand."""
    told, revision = _members(response), _revision(response)
    allowed = flag_in(told, "allowed")
    return LimitsAnswer(
        allowed=allowed,
        limits=_limits(told, revision),
        id=text_or_none_in(told, "id"),
        repeated=told.get("repeated") is True,
        in_doubt=lost and not allowed,
        revision=revision,
    )


def reservation_of(response: Response, lost: bool) -> tuple[LimitAnswer, datetime | None]:  # noqa: FBT001
    """How the limit of a reservation stands, and until when room is kept."""
    told = _members(response)
    return _of_reservation(told, response, lost=lost), time_or_none_in(told, "expires_at")


def commit_answer_of(response: Response, _lost: bool) -> LimitAnswer:  # noqa: FBT001
    """How the limit of a reservation stands that was committed."""
    return _of_reservation(_members(response), response, lost=False)


def guard_answer_of(response: Response, lost: bool) -> GuardAnswer:  # noqa: FBT001
    """Access, flags and limits."""
    told, revision = _members(response), _revision(response)
    access = decision_in(told.get("access"), revision)
    flags, flag_errors = members_of(told.get("flags")), members_of(told.get("flag_errors") or {})
    values = {key: value is True for key, value in flags.items()}
    allowed = flag_in(told, "allowed") and access.allowed and all(values.values())
    return GuardAnswer(
        allowed=allowed,
        access=access,
        flags=values,
        flag_errors={key: text_in(flag_errors, key) for key in flag_errors},
        limits=_limits(told, revision),
        id=text_or_none_in(told, "id"),
        repeated=told.get("repeated") is True,
        in_doubt=lost and not allowed,
        error=access.error,
        revision=revision,
    )


def amounts_of(response: Response, _lost: bool) -> dict[str, int]:  # noqa: FBT001
    """What was given up or back, by limit."""
    amounts = members_of(_members(response).get("amounts"))
    return {name: number_in(amounts, name) for name in amounts}


def _members(response: Response) -> Members:
    if response.status != _OK:
        raise MalformedAnswer(f"the answer has status {response.status}, not 200")
    return members_of(response.json())


def _revision(response: Response) -> str | None:
    return response.headers.get("doorward-revision")


def _limits(told: Members, revision: str | None) -> tuple[LimitAnswer, ...]:
    return tuple(_limit_answer(one, revision) for one in list_in(told, "limits"))


def _of_reservation(told: Members, response: Response, *, lost: bool) -> LimitAnswer:
    """The answer of its one limit, with what is told of the whole."""
    limits = list_in(told, "limits")
    if len(limits) != 1:
        raise MalformedAnswer("the answer does not hold one limit")
    whole = {name: told[name] for name in ("allowed", "id", "repeated") if name in told}
    return _limit_answer({**members_of(limits[0]), **whole}, _revision(response), in_doubt=lost)


def _limit_answer(value: object, revision: str | None, *, in_doubt: bool = False) -> LimitAnswer:
    told = members_of(value)
    allowed = flag_in(told, "allowed")
    return LimitAnswer(
        allowed=allowed,
        name=text_in(told, "name"),
        limit=limit_in(told, "limit"),
        used=number_in(told, "used"),
        held=number_in(told, "held"),
        remaining=limit_in(told, "remaining"),
        per=text_in(told, "per"),
        resets_at=time_or_none_in(told, "resets_at"),
        id=text_or_none_in(told, "id"),
        over=told.get("over") is True,
        allowed_by=text_or_none_in(told, "allowed_by"),
        retry_at=time_or_none_in(told, "retry_at"),
        reason=text_or_none_in(told, "reason"),
        repeated=told.get("repeated") is True,
        counted=told.get("counted") is not False,
        in_doubt=in_doubt and not allowed,
        revision=revision,
    )

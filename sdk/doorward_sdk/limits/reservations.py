"""Reservations: room that is kept for some seconds, then committed or released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.access.questions import check_name
from doorward_sdk.denials import LimitExceeded
from doorward_sdk.limits.answers import LimitAnswer, ReturnAnswer
from doorward_sdk.limits.asking import returned
from doorward_sdk.limits.counting import NotCounted, asked_tenant, checked_amount, checked_id, send_counted
from doorward_sdk.limits.wire import commit_answer_of, reservation_of
from doorward_sdk.wire.members import path_of

if TYPE_CHECKING:
    from datetime import datetime

    from doorward_sdk.access.answers import AnswerError
    from doorward_sdk.wire.api import Api

_RESERVATIONS = "/v1/limits/reservations"


class Reservation:
    """Room that is kept, or why it is not; true exactly when it is.

    In a `with` block it is committed at the end of the block, or released when the block raises; a block is not
    entered where there is no room.

    Attributes:
        answer: how the limit stands with it.
        expires_at: until when the room is kept; None where there is none, or where an answer was lost.
        committed: what came of committing it; None before.
        released: what came of releasing it; None before.
    """

    def __init__(self, api: Api, body: dict[str, object], answer: LimitAnswer, expires_at: datetime | None) -> None:
        self._api = api
        self._tenant = {"tenant": body["tenant"]} if "tenant" in body else {}
        self._id = str(body["id"])
        self.answer = answer
        self.expires_at = expires_at
        self.committed: LimitAnswer | None = None
        self.released: ReturnAnswer | None = None

    @property
    def allowed(self) -> bool:
        """Whether there is room."""
        return self.answer.allowed

    @property
    def id(self) -> str:
        """What it is called; what is committed is consumed under this id."""
        return self._id

    @property
    def error(self) -> AnswerError | None:
        """Why there is no answer."""
        return self.answer.error

    def __bool__(self) -> bool:
        """Whether there is room."""
        return self.allowed

    def commit(self, amount: int | None = None) -> LimitAnswer:
        """Count what was really used, all that was reserved if None; at the time of the reservation.

        An answer that says no means that nothing was counted: it was over or released, or what is more than was
        reserved has no room; unless it is `in_doubt`.

        Raises:
            MalformedQuestion: the amount is negative or no whole number.
        """
        body = dict(self._tenant)
        if amount is not None:
            body["amount"] = checked_amount("amount", amount, 0)
        try:
            target = path_of(_RESERVATIONS, self._id, "commit")
            answer = send_counted(self._api, target, body, commit_answer_of, done_words="was committed before")
        except NotCounted as lost:
            answer = LimitAnswer(
                allowed=lost.was_done,
                name=self.answer.name,
                id=self._id,
                repeated=lost.was_done,
                in_doubt=lost.in_doubt and not lost.was_done,
                error=None if lost.was_done else lost.error,
            )
        self.committed = answer
        return answer

    def release(self) -> ReturnAnswer:
        """Give the room up; a reservation that nobody releases ends by itself."""
        target = path_of(_RESERVATIONS, self._id, "release")
        self.released = returned(self._api, target, dict(self._tenant), self._id, "was released before")
        return self.released

    def __enter__(self) -> Reservation:  # noqa: PYI034 - typing.Self came with 3.11
        """The reservation. Raises LimitExceeded where there is no room."""
        if not self.allowed:
            raise LimitExceeded(self.answer)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Commit it, or release it where the block raised, unless the block did either."""
        if self.committed is not None or self.released is not None:
            return
        if kind is None:
            self.commit()
        else:
            self.release()


def reserve(  # noqa: PLR0913, PLR0917 - what is asked
    api: Api, limit: str, amount: int, tenant: str | None, seconds: int, reserve_id: str | None
) -> Reservation:
    """Keep room, or be refused."""
    check_name(limit, "limit")
    body = {
        **asked_tenant(tenant),
        "limit": limit,
        "amount": checked_amount("amount", amount),
        "id": checked_id(reserve_id),
        "expires_in": checked_amount("seconds", seconds),
    }
    try:
        answer, expires_at = send_counted(api, _RESERVATIONS, body, reservation_of)
    except NotCounted as lost:
        given = str(body["id"])
        answer = LimitAnswer(allowed=False, name=limit, id=given, in_doubt=lost.in_doubt, error=lost.error)
        expires_at = None
    return Reservation(api, body, answer, expires_at)

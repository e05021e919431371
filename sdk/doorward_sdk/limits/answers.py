"""What a caller gets for limits and usage: whether there is room, and what was counted. Nothing here knows the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from doorward_sdk.access.answers import AnswerError, Decision
    from doorward_sdk.records.recorded import Limit


@dataclass(frozen=True)
class LimitAnswer:
    """How a limit stands; true exactly when there is room for what was asked.

    Attributes:
        allowed: whether there is room; of a consume, whether it was taken.
        name: the limit's.
        limit: how much the tenant may have, a number or `unlimited`; 0 where no answer came.
        used: how much is used, with what was taken.
        held: how much reservations keep.
        remaining: how much is left, a number or `unlimited`; 0 where no answer came.
        per: `total`, `minute`, `hour`, `day`, `month`, `billing_period` or `rate/second`; None where no answer came.
        resets_at: when `used` begins anew; None for a total.
        id: what was consumed under; the same one again is counted once.
        over: whether a soft limit is passed.
        allowed_by: the cheapest plan that has room for what was refused.
        retry_at: when what was refused may have room.
        reason: why nothing may be used at all for now.
        repeated: whether the same was counted before under the id, and not again.
        counted: False where nothing could be counted, and the limit lets pass then.
        in_doubt: whether it may have been counted although the answer is no, since answers were lost: ask again with
            the same `id`, or give it back.
        error: why there is no answer; an answer with an error is never allowed.
        revision: the policy revision that says what the limit is.
    """

    allowed: bool
    name: str
    limit: Limit = 0
    used: int = 0
    held: int = 0
    remaining: Limit = 0
    per: str | None = None
    resets_at: datetime | None = None
    id: str | None = None
    over: bool = False
    allowed_by: str | None = None
    retry_at: datetime | None = None
    reason: str | None = None
    repeated: bool = False
    counted: bool = True
    in_doubt: bool = False
    error: AnswerError | None = None
    revision: str | None = None

    def __bool__(self) -> bool:
        """Whether there is room."""
        return self.allowed


@dataclass(frozen=True)
class LimitsAnswer:
    """How several limits stand that were to be consumed at once; true exactly when all of it was taken.

    Attributes:
        allowed: whether all was taken; else nothing was.
        limits: how each stands, in the order asked; none where no answer came.
        id: as of LimitAnswer.
        repeated: as of LimitAnswer.
        in_doubt: as of LimitAnswer.
        error: why there is no answer.
        revision: the policy revision that says what the limits are.
    """

    allowed: bool
    limits: tuple[LimitAnswer, ...] = ()
    id: str | None = None
    repeated: bool = False
    in_doubt: bool = False
    error: AnswerError | None = None
    revision: str | None = None

    def __bool__(self) -> bool:
        """Whether all of it was taken."""
        return self.allowed


@dataclass(frozen=True)
class ReturnAnswer:
    """Whether something was given back or up; true exactly when it was.

    Attributes:
        allowed: whether it was.
        id: of the consume or reservation.
        amounts: how much, by limit; nothing where an answer was lost and it was done already.
        error: why it was not: it was before, nothing was consumed, it is no total, or no answer came.
    """

    allowed: bool
    id: str
    amounts: Mapping[str, int] = field(default_factory=dict)
    error: AnswerError | None = None

    def __bool__(self) -> bool:
        """Whether it was given back or up."""
        return self.allowed


@dataclass(frozen=True)
class UsageAnswer:
    """Whether usage was recorded; true exactly when it was.

    Attributes:
        allowed: whether it is recorded.
        id: the event's; the same one again is counted once.
        in_doubt: whether it may be recorded although the answer is no: record it again with the same `id`.
        error: why it is not.
    """

    allowed: bool
    id: str
    in_doubt: bool = False
    error: AnswerError | None = None

    def __bool__(self) -> bool:
        """Whether it is recorded."""
        return self.allowed


@dataclass(frozen=True)
class GuardAnswer:
    """Access, flags and limits in one; true exactly when all of them say yes. What stands behind a no was not asked.

    Attributes:
        allowed: whether access is allowed, every flag is true, and all was consumed.
        access: the decision.
        flags: the value of each flag; none where access is denied.
        flag_errors: why a flag has no value, by its key.
        limits: how each limit stands that something was to be taken of; none where access or a flag says no.
        id: as of LimitAnswer; None where nothing was consumed.
        repeated: as of LimitAnswer.
        in_doubt: as of LimitAnswer.
        error: why there is no answer, that of `access` too.
        revision: the policy revision that answered.
    """

    allowed: bool
    access: Decision
    flags: Mapping[str, bool] = field(default_factory=dict)
    flag_errors: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[LimitAnswer, ...] = ()
    id: str | None = None
    repeated: bool = False
    in_doubt: bool = False
    error: AnswerError | None = None
    revision: str | None = None

    def __bool__(self) -> bool:
        """Whether all of them say yes."""
        return self.allowed

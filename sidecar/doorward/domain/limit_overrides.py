"""Overrides of limits: how much of something a tenant may have, whatever its plan says of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from doorward.domain.errors import BadRequest
from doorward.domain.names import check_text
from doorward.domain.plans import Per, PlanLimit, read_amount, read_per

_MICROSECONDS: Final = 1_000_000
_FOREVER: Final = float("inf")


class OwnLimit(NamedTuple):
    """A limit that a tenant has in its plan's place; `expires_at` is epoch microseconds, 0 where it never ends."""

    limit: PlanLimit
    expires_at: int

    def counts(self, now: int) -> bool:
        """Whether it does at a time in epoch microseconds."""
        return not self.expires_at or now < self.expires_at


class LimitOverrideState(StrEnum):
    """Whether an override counts, and why it does not."""

    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOverride:
    """An override as it is recorded. Times are epoch microseconds; `expires_at` is 0 where it never ends."""

    tenant: str
    limit: PlanLimit
    reason: str | None
    expires_at: int
    created_at: int
    updated_at: int
    created_by: str
    version: int

    @property
    def own(self) -> OwnLimit:
        """What decisions read of it."""
        return OwnLimit(self.limit, self.expires_at)

    def state(self, now: int) -> LimitOverrideState:
        """Whether it counts at a time in epoch microseconds."""
        return LimitOverrideState.ACTIVE if self.own.counts(now) else LimitOverrideState.EXPIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLimitOverride:
    """What somebody wants a limit to be for a tenant; `per` is None where it is the one that the limit has."""

    amount: int | None
    per: Per | None
    reason: str | None
    expires_at: int

    @classmethod
    def checked(
        cls, *, amount: object, per: object, reason: str | None, expires_at: int, now: int
    ) -> "NewLimitOverride":
        """Of what a caller sent. Raises BadRequest naming the member and the fix."""
        if reason is not None:
            check_text("reason", reason)
        if expires_at and expires_at <= now:
            raise BadRequest("expires_at is over; give a time that is to come, or leave it out")
        return cls(
            amount=read_amount("amount", amount),
            per=None if per is None else read_per("per", per),
            reason=reason or None,
            expires_at=expires_at,
        )


def ends_after(overrides: Iterable[OwnLimit], now: float) -> float:
    """When (epoch seconds) the first of those that count at a time ends; infinity where none does."""
    at = int(now * _MICROSECONDS)
    return min((one.expires_at / _MICROSECONDS for one in overrides if one.expires_at > at), default=_FOREVER)

"""Overrides of limits: how much of something a tenant may have, whatever its plan says of it."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from doorward.domain.plans import PlanLimit

_MICROSECONDS: Final = 1_000_000
_FOREVER: Final = float("inf")


class OwnLimit(NamedTuple):
    """A limit that a tenant has in its plan's place; `expires_at` is epoch microseconds, 0 where it never ends."""

    limit: PlanLimit
    expires_at: int

    def counts(self, now: int) -> bool:
        """Whether it does at a time in epoch microseconds."""
        return not self.expires_at or now < self.expires_at


def ends_after(overrides: Iterable[OwnLimit], now: float) -> float:
    """When (epoch seconds) the first of those that count at a time ends; infinity where none does."""
    at = int(now * _MICROSECONDS)
    return min((one.expires_at / _MICROSECONDS for one in overrides if one.expires_at > at), default=_FOREVER)

"""Thresholds: shares of a limit that were reached, each told once."""

from dataclasses import dataclass
from typing import Final

from doorward.domain.plans import Per

NEVER: Final = 1 << 62
FIRST_WAIT_SECONDS: Final = 5
LONGEST_WAIT_SECONDS: Final = 3_600
TOLD_FOR_SECONDS: Final = 24 * 3_600
"""For so long it is tried to tell somebody; later nobody wants to know."""
KEPT_DAYS: Final = 400
"""How long thresholds of periods can be read; a year's is over by then. Those of totals stay."""
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A share of a limit that was reached. Times are epoch microseconds, 0 for never."""

    id: str
    tenant: str
    name: str
    per: Per
    starts_at: int
    percent: int
    used: int
    amount: int
    passed_at: int
    delivered_at: int
    tries: int


def next_try(threshold: Threshold, now: int, chance: float) -> int:
    """When to tell it again after a failure: twice as long each time, less up to a half of it by chance (0 to 1)."""
    seconds = min(FIRST_WAIT_SECONDS * 2 ** min(threshold.tries - 1, 20), LONGEST_WAIT_SECONDS)
    at = now + int(seconds * (1 - chance / 2) * _SECOND)
    return NEVER if is_over(threshold, at) else at


def is_over(threshold: Threshold, now: int) -> bool:
    """Whether it is too late to tell it."""
    return now > threshold.passed_at + TOLD_FOR_SECONDS * _SECOND

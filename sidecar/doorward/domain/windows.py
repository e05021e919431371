"""Windows of quotas: the minute, hour, day and month (UTC) that a time lies in, half-open, in epoch microseconds."""

from datetime import UTC, datetime
from typing import Final

from doorward.domain.plans import Per

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
_FIXED: Final = {Per.MINUTE: 60 * SECOND, Per.HOUR: HOUR, Per.DAY: 24 * HOUR}
Window = tuple[int, int]
NO_WINDOW: Final[Window] = (0, 0)
"""Of totals and rates, which know no period."""


def window(per: Per, at: int) -> Window:
    """Where the period that holds `at` begins and ends; NO_WINDOW for a total and a rate.

    A billing period is the calendar month: whoever knows the tenant's subscription knows better.
    """
    length = _FIXED.get(per)
    if length is not None:
        begins = at - at % length
        return begins, begins + length
    return _month(at) if per in {Per.MONTH, Per.BILLING_PERIOD} else NO_WINDOW


def hour_of(at: int) -> int:
    """Where the hour (UTC) of a time begins."""
    return at - at % HOUR


def _month(at: int) -> Window:
    day = datetime.fromtimestamp(at // SECOND, UTC).replace(day=1, hour=0, minute=0, second=0)
    following = day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
    return int(day.timestamp()) * SECOND, int(following.timestamp()) * SECOND

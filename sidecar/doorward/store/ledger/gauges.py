"""Where a gauge stood at many times, one after the other: each of its events is looked at once, however many times."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

from doorward.domain.plans import MAX_AMOUNT
from doorward.domain.windows import hour_of
from doorward.store.ledger.session import Reading

_LAST_HOUR: Final = """
SELECT last_at, last FROM usage_hour WHERE tenant = ? AND name = ? AND hour < ? AND last_at > 0
ORDER BY hour DESC LIMIT 1
"""
_LAST_OF_HOUR: Final = """
SELECT at, amount FROM usage_event WHERE tenant = ? AND name = ? AND kind = 'report' AND at >= ? AND at < ?
ORDER BY at DESC, source || ? || id DESC LIMIT 1
"""
_CONSUMED: Final = """
SELECT COALESCE(SUM(amount - corrected), 0) FROM usage_event
WHERE tenant = ? AND name = ? AND at >= ? AND at < ? AND kind IN ('consume', 'commit')
"""
_RETURNED: Final = """
SELECT at, returned, returned_at FROM usage_event
WHERE tenant = ? AND name = ? AND at > ? AND at < ? AND returned_at > 0 AND kind IN ('consume', 'commit')
"""


class _Report(NamedTuple):
    at: int
    amount: int


def gauge_standings(session: Reading, tenant: str, name: str, ends: Sequence[int]) -> list[int]:
    """Where a gauge stood before each of some times, which are in order.

    That is at its last report up to then, with what was consumed after that and not returned by then.
    """
    reports = [_last_report(session, tenant, name, end) for end in ends]
    points = sorted({*ends, *(one.at + 1 for one in reports)})
    parts = [int(session.rows(_CONSUMED, (tenant, name, *stretch))[0][0]) for stretch in pairwise(points)]
    consumed = dict(zip(points, accumulate(parts, initial=0), strict=True))
    returned = _returned(session, tenant, name, reports, ends)
    return [
        min(report.amount + consumed[end] - consumed[report.at + 1] - back, MAX_AMOUNT)
        for report, end, back in zip(reports, ends, returned, strict=True)
    ]


def _returned(
    session: Reading, tenant: str, name: str, reports: Sequence[_Report], ends: Sequence[int]
) -> Iterator[int]:
    """How much of what was consumed after each report was given back before each time. Neither ever goes back."""
    rows = session.rows(_RETURNED, (tenant, name, reports[0].at, ends[-1]))
    coming = sorted((max(int(at), int(returned_at)), int(at), int(amount)) for at, amount, returned_at in rows)
    counting: list[tuple[int, int]] = []
    total = place = 0
    for report, end in zip(reports, ends, strict=True):
        while place < len(coming) and coming[place][0] < end:
            heapq.heappush(counting, coming[place][1:])
            total += coming[place][2]
            place += 1
        while counting and counting[0][0] <= report.at:
            total -= heapq.heappop(counting)[1]
        yield total


def _last_report(session: Reading, tenant: str, name: str, end: int) -> _Report:
    hour = hour_of(end)
    rows: Sequence[Any] = ()
    if hour < end:
        rows = session.rows(_LAST_OF_HOUR, (tenant, name, hour, end, "\n"))
    rows = rows or session.rows(_LAST_HOUR, (tenant, name, hour))
    return _Report(int(rows[0][0]), int(rows[0][1])) if rows else _Report(0, 0)

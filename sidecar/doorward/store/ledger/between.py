"""What was used between two times, and in many stretches of time one after the other."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from doorward.domain.catalog import Aggregation
from doorward.domain.plans import MAX_AMOUNT
from doorward.domain.windows import HOUR, hour_of
from doorward.store.ledger.reading import used_within
from doorward.store.ledger.session import Session

_HOURS: Final = """
SELECT hour, amount, largest, forgotten FROM usage_hour
WHERE tenant = ? AND name = ? AND hour >= ? AND hour < ? ORDER BY hour
"""
_LAST_HOUR: Final = """
SELECT last_at, last FROM usage_hour WHERE tenant = ? AND name = ? AND hour < ? AND last_at > 0
ORDER BY hour DESC LIMIT 1
"""
_LAST_OF_HOUR: Final = """
SELECT at, amount FROM usage_event WHERE tenant = ? AND name = ? AND kind = 'report' AND at >= ? AND at < ?
ORDER BY at DESC, source || ? || id DESC LIMIT 1
"""
_CONSUMED: Final = """
SELECT COALESCE(SUM(amount - corrected - CASE WHEN returned_at < ? THEN returned ELSE 0 END), 0)
FROM usage_event WHERE tenant = ? AND name = ? AND at > ? AND at < ? AND kind IN ('consume', 'commit')
"""


def read_between(session: Session, tenant: str, name: str, aggregation: Aggregation, edges: Sequence[int]) -> list[int]:
    """What was used from each edge up to the next one; of a gauge, where it stands at that."""
    if aggregation is Aggregation.LATEST:
        return [_standing(session, tenant, name, end) for end in edges[1:]]
    if aggregation is Aggregation.UNIQUE or len(edges) == 2:  # noqa: PLR2004 - a beginning and an end
        return [used_within(session, tenant, name, *stretch, aggregation) for stretch in pairwise(edges)]
    return _in_stretches(session, tenant, name, aggregation, edges)


def _in_stretches(
    session: Session, tenant: str, name: str, aggregation: Aggregation, edges: Sequence[int]
) -> list[int]:
    """Whole hours in one look; those that an edge cuts, by their events."""
    found = [0] * (len(edges) - 1)
    is_max = aggregation is Aggregation.MAX

    def note(place: int, amount: int, largest: int) -> None:
        found[place] = max(found[place], largest) if is_max else found[place] + amount

    cut = {hour_of(one) for one in edges if one % HOUR}
    for hour, amount, largest, forgotten in session.rows(_HOURS, (tenant, name, hour_of(edges[0]), edges[-1])):
        if hour not in cut or forgotten:  # of what is forgotten nobody knows when in the hour it was
            cut.discard(hour)
            note(max(0, bisect_right(edges, hour) - 1), int(amount), int(largest))
    for place, (start, end) in enumerate(pairwise(edges)):
        for one in sorted({hour_of(start), hour_of(end)} & cut):
            begins, ends = max(start, one), min(end, one + HOUR)
            if begins < ends:
                used = used_within(session, tenant, name, begins, ends, aggregation)
                note(place, used, used)
    return [min(one, MAX_AMOUNT) for one in found]


def _standing(session: Session, tenant: str, name: str, end: int) -> int:
    """Where a gauge stands before a time: at its last report up to then, and what was consumed after that."""
    last = _last_report(session, tenant, name, end)
    at, amount = last or (0, 0)
    consumed = session.rows(_CONSUMED, (end, tenant, name, int(at), end))[0][0]
    return min(int(amount) + int(consumed), MAX_AMOUNT)


def _last_report(session: Session, tenant: str, name: str, end: int) -> Any:  # noqa: ANN401 - a row, or None
    hour = hour_of(end)
    if hour < end:
        rows = session.rows(_LAST_OF_HOUR, (tenant, name, hour, end, "\n"))
        if rows:
            return rows[0]
    rows = session.rows(_LAST_HOUR, (tenant, name, hour))
    return rows[0] if rows else None

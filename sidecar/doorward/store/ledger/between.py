"""What was used between two times, and in many stretches of time one after the other."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from doorward.domain.catalog import Aggregation
from doorward.domain.plans import MAX_AMOUNT
from doorward.domain.windows import HOUR, hour_of
from doorward.store.ledger.gauges import gauge_standings
from doorward.store.ledger.reading import used_within
from doorward.store.ledger.session import Reading

_HOURS: Final = """
SELECT hour, amount, largest, forgotten FROM usage_hour
WHERE tenant = ? AND name = ? AND hour >= ? AND hour < ? ORDER BY hour
"""


def read_between(session: Reading, tenant: str, name: str, aggregation: Aggregation, edges: Sequence[int]) -> list[int]:
    """What was used from each edge up to the next one; of a gauge, where it stands at that."""
    if aggregation is Aggregation.LATEST:
        return gauge_standings(session, tenant, name, edges[1:])
    if aggregation is Aggregation.UNIQUE or len(edges) == 2:  # noqa: PLR2004 - a beginning and an end
        return [used_within(session, tenant, name, *stretch, aggregation) for stretch in pairwise(edges)]
    return _in_stretches(session, tenant, name, aggregation, edges)


def _in_stretches(
    session: Reading, tenant: str, name: str, aggregation: Aggregation, edges: Sequence[int]
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

"""Usage as rows, beside the lane that counts: forgotten by age, and taken away with its tenant."""

from collections.abc import Collection
from typing import Final

from doorward.domain.windows import HOUR
from doorward.store.rows import Statements

_OLD_HOURS: Final = """
SELECT tenant, name, hour FROM usage_hour WHERE forgotten = 0 AND hour < $before ORDER BY hour LIMIT $most
"""
_LOCK: Final = "SELECT 1 FROM ledger WHERE tenant = $tenant AND name = $name"
_FORGET: Final = """
DELETE FROM usage_event AS e WHERE e.tenant = $tenant AND e.name = $name AND e.at >= $hour AND e.at < $end
AND NOT (e.value IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM usage_event AS o WHERE o.tenant = e.tenant AND o.name = e.name AND o.value = e.value
  AND (o.at, o.source, o.id) < (e.at, e.source, e.id)
))
AND NOT (e.kind IN ('consume', 'commit') AND e.corrected + e.returned < e.amount AND ($is_total = 1 OR EXISTS (
  SELECT 1 FROM limit_override AS l WHERE l.tenant = e.tenant AND l.name = e.name AND l.per = 'total'
)))
"""
_FORGOTTEN: Final = """
UPDATE usage_hour SET forgotten = 1 WHERE tenant = $tenant AND name = $name AND hour = $hour
"""
_OLD_WINDOWS: Final = """
DELETE FROM usage_window WHERE (tenant, name, per, starts_at) IN (
  SELECT tenant, name, per, starts_at FROM usage_window WHERE ends_at <> 0 AND ends_at < $before LIMIT $most
)
"""
_OLD_RESERVATIONS: Final = """
DELETE FROM reservation WHERE (tenant, id, item) IN (
  SELECT tenant, id, item FROM reservation WHERE expires_at < $before LIMIT $most
)
"""
_OF_TENANT: Final = ("ledger", "usage_window", "usage_threshold", "reservation")
_EVENTS_OF: Final = """
DELETE FROM usage_event WHERE (tenant, source, id, item) IN (
  SELECT tenant, source, id, item FROM usage_event WHERE tenant = $tenant LIMIT $most
)
"""
_HOURS_OF: Final = """
DELETE FROM usage_hour WHERE (tenant, name, hour) IN (
  SELECT tenant, name, hour FROM usage_hour WHERE tenant = $tenant LIMIT $most
)
"""
_PURGED: Final = """
SELECT id FROM tenant AS t WHERE status = 'purged' AND (
  EXISTS (SELECT 1 FROM usage_event AS e WHERE e.tenant = t.id)
  OR EXISTS (SELECT 1 FROM usage_hour AS h WHERE h.tenant = t.id)
  OR EXISTS (SELECT 1 FROM ledger AS l WHERE l.tenant = t.id)
) LIMIT 1
"""


class UsageRows:
    """The port `Usage`."""

    def __init__(self, statements: Statements, row_lock: str) -> None:
        self._statements = statements
        self._row_lock = row_lock

    def forget(self, before: int, totals: Collection[str], most: int) -> int:
        """Forget the events of so many hours at most that ended before a time; how many hours they were.

        Kept are the first event of each value that is told apart, and what was consumed of `totals` and not returned:
        it may be given back one day.
        """
        keys = sorted(tuple(row) for row in self._statements.rows(_OLD_HOURS, before=before - HOUR, most=most))
        for tenant, name in sorted({key[:2] for key in keys}):  # the order in which the lane takes these locks
            self._statements.rows(_LOCK + self._row_lock, tenant=tenant, name=name)
        for tenant, name, hour in keys:
            self._statements.count(
                _FORGET, tenant=tenant, name=name, hour=hour, end=hour + HOUR, is_total=int(name in totals)
            )
            self._statements.count(_FORGOTTEN, tenant=tenant, name=name, hour=hour)
        return len(keys)

    def drop_windows(self, before: int, most: int) -> int:
        """Forget the counts of so many periods at most that ended before a time; how many they were."""
        return self._statements.count(_OLD_WINDOWS, before=before, most=most)

    def drop_reservations(self, before: int, most: int) -> int:
        """Forget so many reservations at most that were over before a time; how many they were."""
        return self._statements.count(_OLD_RESERVATIONS, before=before, most=most)

    def remove_all(self, tenant: str, most: int) -> int:
        """Take away what a tenant used, so many events and hours at most; how many of these there were."""
        for table in _OF_TENANT:
            self._statements.count(f"DELETE FROM {table} WHERE tenant = $tenant", tenant=tenant)  # noqa: S608 - ours
        events = self._statements.count(_EVENTS_OF, tenant=tenant, most=most)
        return events + self._statements.count(_HOURS_OF, tenant=tenant, most=most)

    def prune_purged(self, most: int) -> int:
        """Take away what is left of one tenant that was purged, so much at most; `most` where there may be more."""
        tenant = self._statements.first(_PURGED)
        if tenant is None:
            return 0
        self.remove_all(str(tenant), most)
        return most

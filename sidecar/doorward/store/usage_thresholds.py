"""Thresholds as rows; whoever sends one claims it by one statement."""

from collections.abc import Sequence
from typing import Any, Final

from doorward.domain.plans import Per
from doorward.domain.usage_thresholds import Threshold
from doorward.store.rows import Statements

_COLUMNS: Final = "id, tenant, name, per, starts_at, percent, used, amount, passed_at, delivered_at, tries"
_PAGE: Final = f"""
SELECT {_COLUMNS} FROM usage_threshold WHERE tenant = $tenant AND id > $after ORDER BY id LIMIT $count
"""  # noqa: S608 - our names
_CLAIM: Final = f"""
UPDATE usage_threshold SET next_try_at = $until, tries = tries + 1 WHERE id = (
  SELECT id FROM usage_threshold WHERE delivered_at = 0 AND next_try_at <= $now ORDER BY next_try_at LIMIT 1 {{lock}}
) AND delivered_at = 0 AND next_try_at <= $now RETURNING {_COLUMNS}
"""  # noqa: S608
_DUE: Final = "SELECT 1 FROM usage_threshold WHERE delivered_at = 0 AND next_try_at <= $now LIMIT 1"
_DELIVERED: Final = "UPDATE usage_threshold SET delivered_at = $now WHERE id = $id"
_PRUNE: Final = """
DELETE FROM usage_threshold WHERE id IN (
  SELECT id FROM usage_threshold WHERE passed_at < $before AND per <> 'total' LIMIT $most
)
"""
_PUT_OFF: Final = "UPDATE usage_threshold SET next_try_at = $until WHERE id = $id AND delivered_at = 0"


class ThresholdRows:
    """The port `Thresholds`."""

    def __init__(self, statements: Statements, row_lock: str) -> None:
        self._statements = statements
        self._claim = _CLAIM.format(lock=row_lock and f"{row_lock} SKIP LOCKED")

    def page(self, tenant: str, after: str, count: int) -> Sequence[Threshold]:
        """At most `count` of a tenant, by id, after an id (empty: from the first)."""
        return [_threshold(row) for row in self._statements.rows(_PAGE, tenant=tenant, after=after, count=count)]

    def has_due(self, now: int) -> bool:
        """Whether one is to be told by now."""
        return self._statements.first(_DUE, now=now) is not None

    def claim(self, now: int, until: int) -> Threshold | None:
        """One that is to be told by now; nobody else claims it until a time."""
        rows = self._statements.rows(self._claim, now=now, until=until)
        return _threshold(rows[0]) if rows else None

    def note_delivered(self, threshold_id: str, now: int) -> None:
        """Note that one was told."""
        self._statements.count(_DELIVERED, id=threshold_id, now=now)

    def put_off(self, threshold_id: str, until: int) -> None:
        """Have one told again after a time."""
        self._statements.count(_PUT_OFF, id=threshold_id, until=until)

    def prune(self, before: int, most: int) -> int:
        """Forget so many of periods at most that were reached before a time; how many were forgotten."""
        return self._statements.count(_PRUNE, before=before, most=most)


def _threshold(row: Sequence[Any]) -> Threshold:
    threshold_id, tenant, name, per, *numbers = row
    starts_at, percent, used, amount, passed_at, delivered_at, tries = map(int, numbers)
    return Threshold(
        id=threshold_id,
        tenant=tenant,
        name=name,
        per=Per(per),
        starts_at=starts_at,
        percent=percent,
        used=used,
        amount=amount,
        passed_at=passed_at,
        delivered_at=delivered_at,
        tries=tries,
    )

"""Which plans tenants have, read behind nobody's lock."""

from collections.abc import Iterator, Mapping
from typing import Final

from doorward.domain.subscriptions import Subscription
from doorward.store.facts import FactsQueries
from doorward.store.subscriptions import COLUMNS, subscription_of

_AT_ONCE: Final = 500
_CHANGED_BY_TIME: Final = """
s.ended_at = 0 AND (
  s.past_due_since > 0 OR (s.cancel_at > 0 AND s.cancel_at <= ?) OR (s.change_at > 0 AND s.change_at <= ?)
)
"""
_SETTLED: Final = f"""
SELECT plan, count(*) FROM tenant WHERE status IN ('active', 'suspended')
  AND id NOT IN (SELECT s.tenant FROM subscription AS s WHERE {_CHANGED_BY_TIME}) GROUP BY plan
"""  # noqa: S608 - our own names
_CHANGED: Final = f"""
SELECT t.plan, {", ".join(f"s.{column}" for column in COLUMNS)}
FROM subscription AS s JOIN tenant AS t ON t.id = s.tenant
WHERE t.status IN ('active', 'suspended') AND {_CHANGED_BY_TIME} AND s.id > ? ORDER BY s.id LIMIT ?
"""  # noqa: S608 - our own names
_PENDING: Final = """
SELECT s.next_plan, count(*) FROM subscription AS s JOIN tenant AS t ON t.id = s.tenant
WHERE t.status IN ('active', 'suspended') AND s.ended_at = 0 AND s.cancel_at = 0 AND s.change_at > ?
  AND s.next_plan IS NOT NULL AND s.next_plan <> s.plan
GROUP BY s.next_plan
"""


class PlanUseReader:
    """The port `PlanUseSource`."""

    def __init__(self, queries: FactsQueries, at_once: int = _AT_ONCE) -> None:
        self._queries = queries
        self._at_once = at_once

    def settled(self, now: int) -> Mapping[str, int]:
        """How many tenants have each plan of their own, where time has changed nothing. Raises StoreUnavailable."""
        return dict(self._queries.rows(_SETTLED, (now, now)))

    def changed(self, now: int) -> Iterator[tuple[str, Subscription]]:
        """The others: the plan of their own, and the subscription that it depends on. Raises StoreUnavailable."""
        after = ""
        while rows := self._queries.rows(_CHANGED, (now, now, after, self._at_once)):
            for own, *stored in rows:
                subscription = subscription_of(stored)
                after = subscription.id
                yield own, subscription

    def pending(self, now: int) -> Mapping[str, int]:
        """How many subscriptions go on with another plan, by that. Raises StoreUnavailable."""
        return dict(self._queries.rows(_PENDING, (now,)))

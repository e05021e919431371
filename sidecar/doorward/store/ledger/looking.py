"""Accounts to look at, read without locks."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from doorward.domain.catalog import Aggregation
from doorward.domain.ledger.accounts import Account
from doorward.domain.ledger.requests import Asked
from doorward.store.facts import FactsQueries
from doorward.store.ledger.between import read_between
from doorward.store.ledger.reading import read_accounts


class _Unlocked:
    """Locks nothing; each statement sees a moment of its own."""

    row_lock = ""

    def __init__(self, queries: FactsQueries) -> None:
        self._queries = queries

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        return self._queries.rows(sql, values)


class UsageReader:
    """The port `UsageSource`."""

    def __init__(self, queries: FactsQueries) -> None:
        self._session = _Unlocked(queries)

    def accounts(self, asked: Collection[tuple[str, Asked]], now: int) -> Mapping[tuple[str, str], Account]:
        """What tenants used by name, with the periods that rules ask for. Raises StoreUnavailable."""
        return read_accounts(self._session, asked, now)

    def between(self, tenant: str, name: str, aggregation: Aggregation, edges: Sequence[int]) -> Sequence[int]:
        """What was used from each edge up to the next one; of a gauge, where it stands. Raises StoreUnavailable."""
        return read_between(self._session, tenant, name, aggregation, edges)

"""One transaction as services see it: its repositories, and the version of the facts that it makes."""

from pony.orm import Database as PonyDatabase

from doorward.domain.database_address import DatabaseKind
from doorward.store.entities import Entities
from doorward.store.facts_log import FactsLog
from doorward.store.rows import Rows, Statements
from doorward.store.tenants import TenantRows


class Repositories:
    """The repositories of a database: they keep nothing, so that every transaction has the same ones."""

    def __init__(self, pony: PonyDatabase, entities: Entities, kind: DatabaseKind, row_lock: str) -> None:
        self._notifies = kind is DatabaseKind.POSTGRESQL
        self._statements = Statements(pony, row_lock)
        self.tenants = TenantRows(Rows(entities.tenant, row_lock))

    def transaction(self) -> "StoredTransaction":
        """A transaction of this thread, which has begun."""
        return StoredTransaction(self, FactsLog(self._statements, notifies=self._notifies))


class StoredTransaction:
    """The port `Transaction`."""

    def __init__(self, repositories: Repositories, facts: FactsLog) -> None:
        self.tenants = repositories.tenants
        self.touch = facts.touch
        self.facts_version = facts.version
        self.finish = facts.finish

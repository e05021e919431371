"""PostgreSQL as Pony sees it: pooled connections, and no transaction that goes on after its connection was lost."""

import contextlib
from typing import Any

from pony.orm import Database as PonyDatabase
from pony.orm.dbproviders.postgres import PGProvider

from doorward.domain.database_address import DatabaseAddress
from doorward.store.facts_postgresql import PostgresqlFacts
from doorward.store.ledger.session_postgresql import PostgresqlSessions
from doorward.store.pool import Pool
from doorward.store.postgresql import connect, is_quiet


class _Provider(PGProvider):  # type: ignore[misc] # Pony has no types
    def should_reconnect(self, _error: Exception) -> bool:
        """Never: Pony would go on with the rest of the transaction, without what was lost."""
        return False

    def set_transaction_mode(self, connection: Any, cache: Any) -> None:  # noqa: ANN401 - Pony's
        """A change reads what is committed by then; one that only reads sees one moment. Sent with its BEGIN."""
        if cache.db_session.optimistic:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        else:
            connection.set_session(isolation_level="READ COMMITTED", readonly=False)
        cache.in_transaction = True

    def rollback(self, connection: Any, cache: Any = None) -> None:  # noqa: ANN401 - Pony's
        """Undo; what failed on a connection that is closed is what has to be told, not that it is closed."""
        if not connection.closed:
            super().rollback(connection, cache)
        elif cache is not None:
            cache.in_transaction = False


class PostgresqlBackend:
    """A PostgreSQL database under Pony."""

    row_lock = " FOR UPDATE"

    def __init__(self, address: DatabaseAddress, most_connections: int) -> None:
        self._address = address
        self._most_connections = most_connections
        self._pool = Pool(lambda: connect(address), is_quiet, most_connections)

    def bind(self, database: PonyDatabase) -> None:
        """Give Pony its connections."""
        database.bind(_Provider, pony_pool_mockup=self._pool)

    def changing(self) -> contextlib.AbstractContextManager[None]:
        """What a change has to hold: nothing, rows have locks."""
        return contextlib.nullcontext()

    def facts(self) -> PostgresqlFacts:
        """What reads facts, over connections of its own."""
        return PostgresqlFacts(self._address, self._most_connections)

    def sessions(self) -> PostgresqlSessions:
        """Where the ledger's transactions come from: one connection."""
        return PostgresqlSessions(self._address, 1)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._pool.disconnect()

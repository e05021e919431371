"""A kind of database under Pony, and what is read and counted beside it. The one in use is loaded, and its driver."""

from contextlib import AbstractContextManager
from typing import Protocol

from pony.orm import Database as PonyDatabase

from doorward.domain.database_address import DatabaseAddress
from doorward.store.facts import FactsQueries
from doorward.store.ledger.session import Sessions
from doorward.store.sqlite_pony import SqliteBackend


class Backend(Protocol):
    """What a database has to offer."""

    row_lock: str
    """What a SELECT ends with that locks its rows; empty where who changes has the whole database."""

    def bind(self, database: PonyDatabase) -> None:
        """Give Pony its connections."""
        ...

    def changing(self) -> AbstractContextManager[None]:
        """What a change has to hold. Raises StoreUnavailable where it is not had in time."""
        ...

    def facts(self) -> FactsQueries:
        """What reads facts, over connections of its own."""
        ...

    def sessions(self) -> Sessions:
        """Where the ledger's transactions come from."""
        ...

    def close(self) -> None:
        """Close the connections that nobody uses."""
        ...


def backend_of(address: DatabaseAddress, most_connections: int) -> Backend:
    """The backend for an address."""
    if address.is_sqlite:
        return SqliteBackend(address, most_connections)
    # Five megabytes of driver, libpq and what that needs, for those alone who use it.
    from doorward.store.postgresql_pony import PostgresqlBackend  # noqa: PLC0415

    return PostgresqlBackend(address, most_connections)

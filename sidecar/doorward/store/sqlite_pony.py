"""An SQLite file as Pony sees it: one connection that writes, behind a lock with a bound, and others that read."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, Final

from pony.orm import Database as PonyDatabase
from pony.orm.dbproviders.sqlite import SQLiteProvider

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import StoreUnavailable
from doorward.store.facts_sqlite import SqliteFacts
from doorward.store.ledger.session_sqlite import SqliteSessions
from doorward.store.patience import SECONDS, waiting
from doorward.store.pool import Pool
from doorward.store.sqlite import BUSY_SECONDS, open_for_reading, open_for_writing

_LOCK_SECONDS: Final = SECONDS - BUSY_SECONDS


class _Provider(SQLiteProvider):  # type: ignore[misc] # Pony has no types
    def acquire_lock(self) -> None:
        """Nothing: Pony's own lock waits for ever, ours was taken before."""

    def release_lock(self) -> None:
        """Nothing, see above."""

    def set_transaction_mode(self, connection: Any, cache: Any) -> None:  # noqa: ANN401 - Pony's
        """A change has the write lock from its beginning; one that only reads sees one moment."""
        connection.execute("BEGIN" if cache.db_session.optimistic else "BEGIN IMMEDIATE")
        cache.in_transaction = True


class _Changing(threading.local):
    now = False


class _Connections:
    """The one connection that writes for who holds the lock, others for readers. Pony calls it its pool."""

    def __init__(self, address: DatabaseAddress, most_readers: int) -> None:
        self._writer = Pool(lambda: open_for_writing(address), lambda _: True, 1)
        self._readers = Pool(lambda: open_for_reading(address), lambda _: True, most_readers)
        self.changing = _Changing()

    def _pool(self) -> Pool:
        return self._writer if self.changing.now else self._readers

    def connect(self) -> tuple[Any, bool]:
        return self._pool().connect()

    def release(self, connection: Any) -> None:  # noqa: ANN401 - a driver's connection
        self._pool().release(connection)

    def drop(self, connection: Any) -> None:  # noqa: ANN401
        self._pool().drop(connection)

    def writing(self) -> contextlib.AbstractContextManager[Any]:
        """The connection that writes, for the block."""
        return self._writer.taken()

    def disconnect(self) -> None:
        self._readers.disconnect()
        self._writer.disconnect()  # the last: it tidies the write-ahead log up


class SqliteBackend:
    """An SQLite file under Pony."""

    row_lock = ""  # who changes has the whole file

    def __init__(self, address: DatabaseAddress, most_connections: int) -> None:
        self._address = address
        self._most_connections = most_connections
        self._connections = _Connections(address, most_connections)
        self._writing = threading.Lock()

    def bind(self, database: PonyDatabase) -> None:
        """Give Pony its connections."""
        with self.changing():
            database.bind(_Provider, self._address.place, pony_pool_mockup=self._connections)

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """What a change has to hold: the write lock. Raises StoreUnavailable where it is not had in time."""
        with waiting() as left:
            taken = self._writing.acquire(timeout=min(left, _LOCK_SECONDS))
        if not taken:
            raise StoreUnavailable(f"the database {self._address} is busy with other changes; try again in a moment")
        self._connections.changing.now = True
        try:
            yield
        finally:
            self._connections.changing.now = False
            self._writing.release()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Any]:
        """The connection that writes, without Pony, for the block. Raises as `changing`."""
        with self.changing(), self._connections.writing() as connection:
            yield connection

    def facts(self) -> SqliteFacts:
        """What reads facts, over connections of its own."""
        return SqliteFacts(self._address, self._most_connections)

    def sessions(self) -> SqliteSessions:
        """Where the ledger's transactions come from."""
        return SqliteSessions(self.writing)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._connections.disconnect()

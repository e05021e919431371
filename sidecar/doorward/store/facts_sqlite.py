"""Facts from an SQLite file: readers wait for no writer."""

import threading
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

from doorward.domain.database_address import DatabaseAddress
from doorward.store.faults import faults_told
from doorward.store.patience import patience
from doorward.store.pool import Pool
from doorward.store.sqlite import open_for_reading

_HASHES_AT_ONCE: Final = 5_000


class SqliteFacts:
    """The queries of facts, each one its own transaction."""

    def __init__(self, address: DatabaseAddress, most_connections: int) -> None:
        self._address = address
        self._pool = Pool(lambda: open_for_reading(address), lambda _: True, most_connections)
        self._closed = threading.Event()

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        """What one statement selects, by itself; `?` stands for a value."""
        with faults_told(self._address), patience(), self._pool.taken() as connection:
            found: Sequence[Any] = connection.execute(sql, values).fetchall()
            return found

    def id_hashes(self) -> Iterator["array[int]"]:
        """The `id_hash` of every user, in order, piece by piece: others get a turn between two."""
        with faults_told(self._address), self._pool.taken() as connection:
            cursor = connection.execute("SELECT id_hash FROM account ORDER BY id_hash")
            while rows := cursor.fetchmany(_HASHES_AT_ONCE):
                yield array("q", chain.from_iterable(rows))

    def wait(self, seconds: float) -> None:
        """Wait some seconds: only this process changes the file, and knows when."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """Close the connections, and end a wait."""
        self._closed.set()
        self._pool.disconnect()

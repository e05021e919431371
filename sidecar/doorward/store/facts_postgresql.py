"""Facts from PostgreSQL, and the news that they have changed."""

import contextlib
import select
import sys
import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg2

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import DoorwardError
from doorward.store.facts_log import CHANNEL
from doorward.store.faults import faults_told
from doorward.store.patience import patience
from doorward.store.pool import Pool
from doorward.store.postgresql import Connection, connect, is_quiet

_HASHES_AT_ONCE: Final = 100_000
# A piece of the index as one value: eight bytes a user, instead of a row.
_HASHES: Final = """
SELECT string_agg(int8send(id_hash), ''::bytea ORDER BY id_hash)
FROM (SELECT id_hash FROM account WHERE id_hash > %s ORDER BY id_hash LIMIT %s) AS piece
"""
_CLOSES_WITHIN_SECONDS: Final = 0.25
_LEAST: Final = -(2**63)


class PostgresqlFacts:
    """The queries of facts, each one its own transaction."""

    def __init__(self, address: DatabaseAddress, most_connections: int) -> None:
        self._address = address
        self._pool = Pool(lambda: connect(address, autocommit=True), is_quiet, most_connections)
        self._news = _News(address)
        self.wait = self._news.wait

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        """What one statement selects, by itself; `?` stands for a value."""
        with faults_told(self._address), patience(), self._pool.taken() as connection, connection.cursor() as cursor:
            cursor.execute(sql.replace("?", "%s"), tuple(values))
            found: Sequence[Any] = cursor.fetchall()
            return found

    def id_hashes(self) -> Iterator["array[int]"]:
        """The `id_hash` of every user, in order, piece by piece; users with one hash count once or more."""
        last = _LEAST
        while packed := self.rows(_HASHES, (last, _HASHES_AT_ONCE))[0][0]:
            piece = array("q", bytes(packed))
            if sys.byteorder == "little":  # int8send writes the high byte first
                piece.byteswap()
            yield piece
            last = piece[-1]

    def close(self) -> None:
        """Close the connections, and end a wait."""
        self._news.close()
        self._pool.disconnect()


class _News:
    """Listens for changes; where that is not possible, waiting is all it does."""

    def __init__(self, address: DatabaseAddress) -> None:
        self._address = address
        self._connection: Connection = None
        self._closed = threading.Event()
        self._one_at_a_time = threading.Lock()

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after some seconds."""
        ends = time.monotonic() + seconds
        with self._one_at_a_time:
            try:
                self._listen_until(ends)
            except (psycopg2.Error, DoorwardError, OSError, ValueError):  # a later wait tries again; time tells, too
                self._drop()
                self._closed.wait(max(0.0, ends - time.monotonic()))

    def _listen_until(self, ends: float) -> None:
        if self._connection is None:
            with patience(max(0.05, min(1.0, ends - time.monotonic()))):
                self._connection = connect(self._address, autocommit=True)
                with self._connection.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
            return  # what happened before nobody has told
        ready = select.poll()
        ready.register(self._connection.fileno(), select.POLLIN)
        while not self._closed.is_set() and (left := ends - time.monotonic()) > 0:
            if not ready.poll(min(left, _CLOSES_WITHIN_SECONDS) * 1000):
                continue
            self._connection.poll()  # raises where the server has gone
            if self._connection.notifies:
                self._connection.notifies.clear()
                return

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg2.Error):
                self._connection.close()
            self._connection = None

    def close(self) -> None:
        """End a wait."""
        self._closed.set()
        if self._one_at_a_time.acquire(timeout=1):
            self._drop()
            self._one_at_a_time.release()

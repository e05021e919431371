"""A transaction of the ledger's own on PostgreSQL, over its driver."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from doorward.domain.database_address import DatabaseAddress
from doorward.store.ledger.session import Session
from doorward.store.pool import Pool
from doorward.store.postgresql import connect, is_quiet

_ROWS_AT_ONCE: Final = 1_000


class _PostgresqlSession:
    """What is not asked for an answer goes with the next statement that is: each way to the server and back costs."""

    row_lock = " FOR UPDATE OF t"

    def __init__(self, cursor: Any) -> None:  # noqa: ANN401 - a driver's cursor
        self._cursor = cursor
        self._unsent: list[bytes] = [b"BEGIN"]

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        self._send(self._cursor.mogrify(sql.replace("?", "%s"), tuple(values)))
        found: Sequence[Any] = self._cursor.fetchall()
        return found

    def insert(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        before, _, after = sql.partition("{values}")
        places = "(" + ", ".join(["%s"] * len(rows[0])) + ")"
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = [self._cursor.mogrify(places, row) for row in rows[start : start + _ROWS_AT_ONCE]]
            self._unsent.append(before.encode() + b", ".join(some) + after.encode())

    def each(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self._unsent += [self._cursor.mogrify(sql.replace("?", "%s"), tuple(row)) for row in rows]

    def commit(self) -> None:
        """Send the rest, and end the transaction."""
        self._send(b"COMMIT")

    def _send(self, statement: bytes) -> None:
        together = b";".join([*self._unsent, statement])
        self._unsent = []
        self._cursor.execute(together)


class PostgresqlSessions:
    """A connection of PostgreSQL for the ledger alone."""

    def __init__(self, address: DatabaseAddress, most_connections: int) -> None:
        # The session says itself when a transaction begins and ends; one that is dropped is undone.
        self._pool = Pool(lambda: connect(address, autocommit=True), is_quiet, most_connections)

    @contextlib.contextmanager
    def change(self) -> Iterator[Session]:
        """A transaction, committed at the end of the block and undone by an exception."""
        with self._pool.taken() as connection, connection.cursor() as cursor:
            session = _PostgresqlSession(cursor)
            yield session
            session.commit()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._pool.disconnect()

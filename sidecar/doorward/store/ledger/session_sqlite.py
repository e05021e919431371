"""A transaction of the ledger's own on an SQLite file, over its driver."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from doorward.store.ledger.session import Session


class _SqliteSession:
    row_lock = ""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - a driver's connection
        self._connection = connection

    def rows(self, sql: str, values: Sequence[object] = ()) -> Sequence[Any]:
        found: Sequence[Any] = self._connection.execute(sql, values).fetchall()
        return found

    def insert(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        places = "(" + ", ".join("?" * len(rows[0])) + ")"
        self._connection.executemany(sql.format(values=places), rows)

    def each(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(sql, rows)


class SqliteSessions:
    """The connection of an SQLite file that writes, in turn with everybody else who does."""

    def __init__(self, writing: Callable[[], contextlib.AbstractContextManager[Any]]) -> None:
        self._writing = writing

    @contextlib.contextmanager
    def change(self) -> Iterator[Session]:
        """A transaction, committed at the end of the block and undone by an exception."""
        with self._writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _SqliteSession(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def close(self) -> None:
        """Nothing: the connection is the database's."""

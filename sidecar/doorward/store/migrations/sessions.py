"""A connection that migrates: transactions under the lock that lets one process migrate at a time."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from doorward.domain.database_address import DatabaseAddress
from doorward.store import sqlite
from doorward.store.migrations.steps import Step
from doorward.store.patience import patience

_ADVISORY_LOCK: Final = 7_236_837_116_401  # any number, the same in every Doorward


class Migrating(Protocol):
    """What the runner needs of a database."""

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """A transaction that nobody else's migration overlaps; undone by an exception."""
        ...

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """What a statement gives; `?` stands for a value."""
        ...

    def run(self, step: Step) -> None:
        """Run the statements of a step in this transaction."""
        ...

    def tables(self) -> Sequence[str]:
        """The tables that are there."""
        ...


class _Sqlite:
    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - a driver's
        self._connection = connection

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        found: list[Any] = self._connection.execute(sql, values).fetchall()
        return found

    def run(self, step: Step) -> None:
        for statement in step.statements():
            self._connection.execute(statement)

    def tables(self) -> Sequence[str]:
        return [name for (name,) in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]


class _Postgresql:
    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - a driver's
        self._connection = connection

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        with self._connection:  # psycopg2's: commit or rollback at its end
            self.rows("SELECT pg_advisory_xact_lock(?)", (_ADVISORY_LOCK,))
            yield

    def rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql.replace("?", "%s"), values)
            return [] if cursor.description is None else list(cursor.fetchall())

    def run(self, step: Step) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(step.sql)

    def tables(self) -> Sequence[str]:
        rows = self.rows("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()")
        return [name for (name,) in rows]


@contextlib.contextmanager
def migrating(address: DatabaseAddress) -> Iterator[Migrating]:
    """A connection to migrate a database with; it waits for other migrations as long as they take."""
    if address.is_sqlite:
        with contextlib.closing(sqlite.open_for_writing(address)) as connection:
            yield _Sqlite(connection)
    else:
        with patience():
            opened = _connected(address, hurried=False)
        with contextlib.closing(opened) as connection:
            yield _Postgresql(connection)


@contextlib.contextmanager
def looking(address: DatabaseAddress) -> Iterator[Migrating]:
    """A connection to look at a database with, hurriedly, which changes nothing; an SQLite file is there."""
    with patience():
        if address.is_sqlite:
            with contextlib.closing(sqlite.open_for_reading(address)) as connection:
                yield _Sqlite(connection)
        else:
            with contextlib.closing(_connected(address, hurried=True)) as connection:
                yield _Postgresql(connection)


def _connected(address: DatabaseAddress, *, hurried: bool) -> Any:  # noqa: ANN401 - a driver's
    from doorward.store.postgresql import connect  # noqa: PLC0415 - who has SQLite does without the driver

    return connect(address, hurried=hurried)

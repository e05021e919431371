"""How a database comes to its schema: killed, raced, newer, changed, or not ours."""

import contextlib
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from doorward.domain.database_address import DatabaseAddress, DatabaseKind
from doorward.domain.errors import StateUnusable
from doorward.store.database import Database, migrate_database
from doorward.store.migrations import pending, runner
from doorward.store.migrations.runner import migrate
from doorward.store.migrations.steps import known_steps
from support.databases import PostgresqlDatabases
from support.threads import together

# A process that is killed when it has run so many statements, those that note a step included.
KILLED = """
import os, signal, sys
from doorward.domain.database_address import DatabaseAddress
from doorward.store.migrations import migrate, sessions

address, left = DatabaseAddress.parse(sys.argv[1]), int(sys.argv[2])

def counted(run):
    def counting(*arguments, **named):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return run(*arguments, **named)
    return counting

class Counted:
    def __init__(self, connection):
        self.__dict__["inner"] = connection
    def __getattr__(self, name):
        found = getattr(self.inner, name)
        if name == "execute":
            return counted(found)
        if name == "cursor":
            return lambda: Counted(found())
        return found
    def __enter__(self):
        return Counted(self.inner.__enter__())
    def __exit__(self, *error):
        return counted(self.inner.__exit__)(*error)

for kind in (sessions._Sqlite, sessions._Postgresql):
    kind.__init__ = lambda self, connection: setattr(self, "_connection", Counted(connection))
migrate(address)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseAddress]:
    """A database that nobody has migrated."""
    if request.param == "sqlite":
        yield DatabaseAddress.in_folder(tmp_path)
        return
    databases: PostgresqlDatabases = request.getfixturevalue("postgresql")
    address = databases.new("template0")
    yield address
    databases.drop(address)


@contextlib.contextmanager
def connected(address: DatabaseAddress) -> Iterator[sqlite3.Connection]:
    """A connection of a bare driver, committed at the end; of PostgreSQL only `execute` is used, by a cursor."""
    if address.is_sqlite:
        with contextlib.closing(sqlite3.connect(address.place)) as connection, connection:
            yield connection
    else:
        with (
            contextlib.closing(psycopg2.connect(address.place)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            yield cursor


def columns(address: DatabaseAddress) -> set[tuple[str, str]]:
    sql = (
        "SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c"
        " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'"
        if address.is_sqlite
        else "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    return set(selected(address, sql))


def selected(address: DatabaseAddress, sql: str) -> list[tuple[str, ...]]:
    with connected(address) as connection:
        rows = connection.execute(sql) or connection
        return [tuple(row) for row in rows.fetchall()]  # type: ignore[attr-defined]


def test_a_database_is_migrated_once(empty: DatabaseAddress) -> None:
    told: list[int] = []
    steps = known_steps(empty.kind)
    assert list(pending(empty)) == list(steps)
    assert list(migrate_database(empty, lambda step: told.append(step.version))) == list(steps)
    assert told == [step.version for step in steps]
    assert pending(empty) == []
    assert migrate_database(empty, lambda step: told.append(step.version)) == []
    assert told == [step.version for step in steps]


def test_looking_at_a_file_that_is_not_there_does_not_make_it(tmp_path: Path) -> None:
    assert pending(DatabaseAddress.in_folder(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_both_databases_have_the_same_steps_tables_and_columns(tmp_path: Path, postgresql: PostgresqlDatabases) -> None:
    sqlite, postgres = DatabaseAddress.in_folder(tmp_path), postgresql.new()
    migrate_database(sqlite, lambda _: None)
    names = [[(step.version, step.name) for step in known_steps(kind)] for kind in DatabaseKind]
    assert names[0] == names[1]
    assert [version for version, _ in names[0]] == list(range(1, len(names[0]) + 1))
    assert columns(sqlite) == columns(postgres)
    postgresql.drop(postgres)


@pytest.mark.parametrize(
    ("empty", "statements"),
    [
        *(("sqlite", count) for count in (0, 2, 5, 20, 35, 42, 46)),
        *(("postgresql", count) for count in (0, 2, 4, 5, 6)),
    ],
    indirect=["empty"],
)
def test_a_migration_that_was_killed_goes_on(empty: DatabaseAddress, statements: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(empty), str(statements)], check=False, capture_output=True
    )
    assert ended.returncode in {-signal.SIGKILL, 0}, ended.stderr.decode()
    if statements <= 4:
        assert ended.returncode == -signal.SIGKILL
    with contextlib.closing(Database.open(empty)) as database, database.change() as transaction:
        assert transaction.facts_version() == 0
    sql = "".join(step.sql for step in known_steps(empty.kind))
    assert {table for table, _ in columns(empty)} == {*re.findall(r"CREATE TABLE (\w+)", sql), "schema_migration"}


def test_events_of_before_stand_in_a_new_table_as_they_were(
    empty: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(runner, "known_steps", lambda kind: known_steps(kind)[:7])
        migrate(empty)
    with connected(empty) as connection:
        connection.execute(
            "INSERT INTO usage_event (tenant, source, id, item, name, kind, amount, value, at, recorded_at, corrects,"
            " corrected, returned, returned_at, digest) VALUES"
            " ('acme', 'app', 'e2', 0, 'calls', 'report', 4, NULL, 5, 2, NULL, 0, 0, 0, 'd'),"
            " ('acme', 'app', 'e1', 0, 'calls', 'report', 3, NULL, 5, 1, NULL, 0, 0, 0, 'd')"
        )
    sql = "SELECT id, name, amount, recorded_at FROM usage_event ORDER BY recorded_at"
    before = selected(empty, sql)
    assert [row[0] for row in before] == ["e1", "e2"]
    migrate(empty)
    assert selected(empty, sql) == before
    assert pending(empty) == []


def test_many_who_find_an_empty_database_migrate_it_once(postgresql: PostgresqlDatabases) -> None:
    address = postgresql.new("template0")

    def open_and_close(_: int) -> None:
        Database.open(address).close()

    assert together(6, open_and_close) == [None] * 6
    with connected(address) as cursor:
        cursor.execute("SELECT version FROM schema_migration ORDER BY version")
        assert [version for (version,) in cursor.fetchall()] == [step.version for step in known_steps(address.kind)]  # type: ignore[attr-defined]
    postgresql.drop(address)


def test_a_newer_schema_is_refused(empty: DatabaseAddress) -> None:
    migrate(empty)
    with connected(empty) as connection:
        connection.execute("INSERT INTO schema_migration VALUES (9999, 'later', 'x', 0)")
    newest = known_steps(empty.kind)[-1].version
    for use in (Database.open, pending, migrate):
        with pytest.raises(StateUnusable, match=f"has schema 9999, this Doorward knows {newest}: use a newer one"):
            use(empty)


def test_a_step_that_is_not_what_it_was_is_refused(empty: DatabaseAddress) -> None:
    migrate(empty)
    with connected(empty) as connection:
        connection.execute("UPDATE schema_migration SET digest = 'x' WHERE version = 1")
    for use in (Database.open, pending, migrate):
        with pytest.raises(StateUnusable, match=r"had another schema step 0001 \(records\)"):
            use(empty)


def test_a_postgresql_database_that_holds_something_is_migrated_by_hand_alone(postgresql: PostgresqlDatabases) -> None:
    address = postgresql.new("template0")
    with connected(address) as cursor:
        cursor.execute("CREATE TABLE somebody_elses (id integer)")
    with pytest.raises(StateUnusable, match="back it up, then run `doorward migrate`"):
        Database.open(address)
    migrate_database(address, lambda _: None)
    Database.open(address).close()
    postgresql.drop(address)


def test_an_sqlite_file_is_migrated_as_it_is_opened(tmp_path: Path) -> None:
    address = DatabaseAddress.in_folder(tmp_path)
    Database.open(address).close()
    assert pending(address) == []

"""Databases for tests: one PostgreSQL server for a whole run, a new database for each test, and the same on SQLite."""

import contextlib
import fcntl
import itertools
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TextIO

import psycopg2
import pytest

from doorward.domain.database_address import DatabaseAddress
from doorward.store.database import Database, migrate_database
from doorward.store.facts import FactsReader
from support.postgresql_server import PostgresqlServer

_TEMPLATE = "doorward_template"
# Those that others refer to come last.
_TABLES = (
    *("role_assignment", "recovery_code", "session", "login_throttle", "audit_event", "kept_answer", "encryption_key"),
    *("limit_override", "ledger", "usage_window", "usage_event", "usage_hour", "reservation", "usage_threshold"),
    *("flag_override", "subscription", "facts_change", "api_key_secret", "api_key", "account", "tenant"),
)
_EMPTIED = "".join(f"DELETE FROM {table};" for table in _TABLES) + "UPDATE facts SET version = 0"  # noqa: S608 - ours
_own_numbers = itertools.count()


@dataclass
class PostgresqlDatabases:
    """New databases on a server, made from a migrated one."""

    server: PostgresqlServer
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _clean: list[DatabaseAddress] = field(default_factory=list)

    def lend(self) -> DatabaseAddress:
        """A migrated database that holds nothing; maybe one that was emptied, which is quicker than a new one."""
        return self._clean.pop() if self._clean else self.new()

    def take_back(self, address: DatabaseAddress) -> None:
        """Empty a database that was lent."""
        name = _name(address)
        self.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608
        self.run(_EMPTIED, name)
        self._clean.append(address)

    def new(self, template: str = _TEMPLATE) -> DatabaseAddress:
        """The address of a new database; `template0` for an empty one."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.server.address(name)

    def drop(self, address: DatabaseAddress) -> None:
        self.run(f"DROP DATABASE {_name(address)} WITH (FORCE)")

    def run(self, sql: str, database: str = "postgres") -> None:
        """Run a statement as the server's owner."""
        with contextlib.closing(psycopg2.connect(self.server.address(database).place)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)


def _name(address: DatabaseAddress) -> str:
    return address.place.split("@/")[1].split("?")[0]


@contextlib.contextmanager
def undone_by(kind: type[Exception], message: str | None = None) -> Iterator[None]:
    """The block, a transaction, ends by an error of exactly this kind whose message has this in it."""
    with pytest.raises(kind, match=message) as raised:
        yield
    assert type(raised.value) is kind


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlDatabases]:
    """The server of this run: the first worker that asks starts it, the last one that leaves stops it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    folder = Path(tempfile.gettempdir()) / f"doorward-pg-{run[:16]}"
    server = PostgresqlServer(folder, lax=True)
    with contextlib.ExitStack() as until_done:
        users = until_done.enter_context((folder.parent / f"{folder.name}.users").open("a+"))
        lock = until_done.enter_context((folder.parent / f"{folder.name}.lock").open("a+"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)  # kept as long as this worker uses the server, also if it crashes
        _start_or_join(server)
        fcntl.flock(lock, fcntl.LOCK_UN)
        yield PostgresqlDatabases(server)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_last(users):
            server.remove()
            Path(users.name).unlink()
            Path(lock.name).unlink()


def _start_or_join(server: PostgresqlServer) -> None:
    note = server.folder / "pid"
    if note.exists():
        server.pid = int(note.read_text())
        return
    server.initialise()
    server.start()
    PostgresqlDatabases(server).run(f"CREATE DATABASE {_TEMPLATE}")
    migrate_database(server.address(_TEMPLATE), lambda _: None)
    note.write_text(str(server.pid))


def _is_last(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        address = DatabaseAddress.in_folder(Path(folder))
        migrate_database(address, lambda _: None)
        return Path(address.place).read_bytes()


def migrated_in(folder: Path) -> DatabaseAddress:
    """The address of an SQLite database in a folder: migrated, with nothing in it."""
    address = DatabaseAddress.in_folder(folder)
    file = Path(address.place)
    file.touch(mode=0o600)
    file.write_bytes(_migrated())
    return address


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseAddress]:
    """The address of a new, migrated database of each kind."""
    if request.param == "sqlite":
        yield migrated_in(tmp_path)
        return
    databases: PostgresqlDatabases = request.getfixturevalue("postgresql")
    address = databases.lend()
    yield address
    databases.take_back(address)


@pytest.fixture
def database(database_address: DatabaseAddress) -> Iterator[Database]:
    """A new database of each kind, open."""
    with contextlib.closing(Database.open(database_address)) as opened:
        yield opened


@pytest.fixture
def facts(database: Database) -> Iterator[FactsReader]:
    """The facts of that database."""
    with contextlib.closing(database.facts()) as opened:
        yield opened


@pytest.fixture(scope="session")
def ill_treated_server() -> Iterator[PostgresqlServer]:
    """A server of this worker alone."""
    server = PostgresqlServer(Path(tempfile.mkdtemp(prefix="doorward-pg-own-")))
    server.initialise()
    yield server
    server.remove()


@pytest.fixture
def own_postgresql(ill_treated_server: PostgresqlServer) -> Iterator[PostgresqlServer]:
    """A server to be ill-treated, with an empty database for this test."""
    ill_treated_server.recover()
    ill_treated_server.database = f"own_{next(_own_numbers)}"
    databases = PostgresqlDatabases(ill_treated_server)
    databases.run(f"CREATE DATABASE {ill_treated_server.database} STRATEGY file_copy")
    yield ill_treated_server
    ill_treated_server.recover()
    databases.drop(ill_treated_server.address())

"""An SQLite file that is locked, full, read-only, damaged or somebody else's."""

import contextlib
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import StateUnusable, StoreUnavailable
from doorward.store.database import Database, migrate_database
from support.records import a_tenant


@pytest.fixture
def address(tmp_path: Path) -> DatabaseAddress:
    return DatabaseAddress.in_folder(tmp_path)


@pytest.fixture
def database(address: DatabaseAddress) -> Iterator[Database]:
    with contextlib.closing(Database.open(address)) as opened:
        yield opened


@contextlib.contextmanager
def refused_in_time(message: str) -> Iterator[None]:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=message):
        yield
    assert time.monotonic() - began < 3.5


def add(database: Database, tenant_id: str = "acme") -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant(tenant_id))


def test_a_file_that_another_program_has_locked_can_be_read_and_is_written_again_afterwards(database: Database) -> None:
    add(database)
    with contextlib.closing(sqlite3.connect(database.address.place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with refused_in_time("database is locked"):
            add(database, "b")
        with database.read() as transaction, contextlib.closing(database.facts()) as facts:
            assert transaction.tenants.find("acme") is not None
            assert facts.tenant("acme") is not None
    add(database, "b")


def test_who_waits_for_other_changes_for_too_long_is_refused(database: Database) -> None:
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.change():
            inside.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(5)
    with refused_in_time("busy with other changes; try again in a moment"):
        add(database)
    done.set()
    thread.join()
    add(database)


def test_a_full_disk_is_told_and_what_was_there_stays(database: Database) -> None:
    add(database)
    with database.change():
        pages = database._repositories.statements.first("PRAGMA page_count")
        database._repositories.statements.first(f"PRAGMA max_page_count = {pages}")
    with refused_in_time("disk is full; make room on its disk"), database.change() as transaction:
        for number in range(1_000):
            transaction.tenants.add(a_tenant(f"tenant-{number}"))
    with database.read() as transaction:
        assert transaction.tenants.find("acme") is not None
        assert transaction.tenants.find("tenant-0") is None
    with database.change():
        database._repositories.statements.first("PRAGMA max_page_count = 100000")
    add(database, "b")


def test_a_file_that_cannot_be_written_is_told(database: Database) -> None:
    with database.change():
        database._repositories.statements.rows("PRAGMA query_only = 1")
    with refused_in_time("readonly database; let Doorward write to it"):
        add(database)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be looked at" * 100, b"\x00" * 5000])
def test_a_file_that_is_no_database_is_told(address: DatabaseAddress, content: bytes) -> None:
    Path(address.place).write_bytes(content)
    with refused_in_time("file is not a database"):
        Database.open(address)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateUnusable, match="No such file or directory"):
        Database.open(DatabaseAddress.parse(f"sqlite:{tmp_path}/nowhere/x.db"))


def test_a_file_has_one_owner(database: Database) -> None:
    with pytest.raises(StateUnusable, match="is used by another process; stop it first"):
        Database.open(database.address)
    with pytest.raises(StateUnusable, match="is used by another process; stop it first"):
        migrate_database(database.address, lambda _: None)
    database.close()
    with contextlib.closing(Database.open(database.address)) as again:
        add(again)


def test_a_database_that_did_not_open_is_not_owned(address: DatabaseAddress) -> None:
    Path(address.place).write_bytes(b"no database" * 500)
    with pytest.raises(StoreUnavailable):
        Database.open(address)
    Path(address.place).unlink()
    Database.open(address).close()


def test_nobody_else_can_read_the_file(address: DatabaseAddress) -> None:
    Path(address.place).touch(mode=0o644)
    before = os.umask(0)
    try:
        with contextlib.closing(Database.open(address)) as database:
            add(database)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path(address.place).parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["doorward.db", "doorward.db-owner", "doorward.db-shm", "doorward.db-wal"], 0o600)


def test_the_file_keeps_what_was_committed_in_full(database: Database) -> None:
    with database.change():
        first = database._repositories.statements.first
        assert first("PRAGMA journal_mode") == "wal"
        assert first("PRAGMA synchronous") == 2
        assert first("PRAGMA automatic_index") == 0
        assert first("PRAGMA foreign_keys") == 1
        assert first("PRAGMA mmap_size") in {0, None}


def test_the_path_of_a_file_may_have_any_characters(tmp_path: Path) -> None:
    address = DatabaseAddress.parse(f"sqlite:{tmp_path}/a b?c#d%41é.db")
    with contextlib.closing(Database.open(address)) as database, contextlib.closing(database.facts()) as facts:
        add(database)
        assert facts.tenant("acme") is not None
    assert (tmp_path / "a b?c#d%41é.db").exists()

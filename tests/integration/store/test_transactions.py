"""One transaction at a time a thread, all of it or nothing, the same on SQLite and PostgreSQL."""

import contextlib
import threading
from pathlib import Path

import pytest
from pony.orm import db_session

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import Busy, Conflict
from doorward.domain.facts import FactKind
from doorward.store.database import Database
from support.databases import undone_by
from support.records import a_tenant, an_account


class Undone(Exception):  # noqa: N818 - what a use case raises
    pass


def test_an_error_undoes_everything(database: Database) -> None:
    with undone_by(Undone), database.change() as transaction:
        transaction.tenants.add(a_tenant())
        transaction.accounts.add(an_account())
        raise Undone
    with database.read() as transaction:
        assert transaction.tenants.find("acme") is None
        assert transaction.accounts.find("alice") is None


@pytest.mark.parametrize("outer", ["change", "read"])
@pytest.mark.parametrize("inner", ["change", "read"])
def test_a_transaction_within_another_one_is_refused(database: Database, outer: str, inner: str) -> None:
    with getattr(database, outer)() as transaction:
        with pytest.raises(RuntimeError, match="in a transaction already"), getattr(database, inner)():
            pass
        assert transaction.tenants.find("acme") is None
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())


def test_a_transaction_within_one_of_another_database_or_of_the_host_is_refused(
    database: Database, tmp_path: Path
) -> None:
    other_address = DatabaseAddress.parse(f"sqlite:{tmp_path}/other.db")
    within = pytest.raises(RuntimeError, match="in a transaction already")
    with contextlib.closing(Database.open(other_address)) as other, other.read(), within, database.change():
        pass
    with db_session, pytest.raises(RuntimeError, match="in a transaction already"), database.change():
        pass


def test_a_transaction_that_reads_sees_one_moment(database: Database) -> None:
    def add() -> None:
        with database.change() as transaction:
            transaction.tenants.add(a_tenant())

    with database.read() as transaction:
        assert transaction.tenants.find("acme") is None
        writer = threading.Thread(target=add)
        writer.start()
        writer.join()
        assert transaction.tenants.find("acme") is None
    with database.read() as transaction:
        assert transaction.tenants.find("acme") is not None


def test_many_short_statements_fit_into_one_transaction(database: Database) -> None:
    with database.change() as transaction:
        for number in range(1_500):
            transaction.tenants.add(a_tenant(f"tenant-{number}"))
        assert transaction.tenants.find("tenant-1499") is not None


@pytest.mark.parametrize("database_address", ["postgresql"], indirect=True)
def test_a_transaction_that_goes_on_after_a_conflict_is_to_be_tried_again(database: Database) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())
    with undone_by(Busy, "somebody else recorded the same"), database.change() as transaction:
        with pytest.raises(Conflict):
            transaction.tenants.add(a_tenant())
        transaction.tenants.find("acme")
    with undone_by(Busy, "somebody else recorded the same"), database.change() as transaction:
        with pytest.raises(Conflict):
            transaction.tenants.add(a_tenant())
        transaction.touch(FactKind.TENANT, "acme")  # written last, as it ends

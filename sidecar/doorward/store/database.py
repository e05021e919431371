"""The database: opened, migrated where nobody has to be asked, and used one transaction at a time a thread."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pony.orm import Database as PonyDatabase
from pony.orm import db_session
from pony.orm.core import local as pony_local

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.ledger.books import Books
from doorward.store.backends import backend_of
from doorward.store.entities import define_entities
from doorward.store.facts import FactsReader
from doorward.store.faults import faults_told
from doorward.store.ledger.lane import Lane
from doorward.store.migrations import Report, Step, migrate, prepare
from doorward.store.patience import patience
from doorward.store.sqlite import FileOwner
from doorward.store.transaction import Repositories, StoredTransaction

MOST_CONNECTIONS: Final = 16


class Database:
    """The port `Records`."""

    def __init__(self, address: DatabaseAddress, most_connections: int, owner: FileOwner | None) -> None:
        """Made by `open`."""
        self.address = address
        self._backend = backend = backend_of(address, most_connections)
        self._owner = owner
        pony = PonyDatabase()
        backend.bind(pony)
        self._repositories = Repositories(pony, define_entities(pony), address.kind, backend.row_lock)

    @classmethod
    def open(cls, address: DatabaseAddress, *, most_connections: int = MOST_CONNECTIONS) -> "Database":
        """The database at an address, ready to be used.

        Raises:
            StateUnusable: another process owns the file, or its schema is not the one that this Doorward knows.
            StoreUnavailable: it cannot be used.
        """
        with contextlib.ExitStack() as undone:
            owner = FileOwner(address) if address.is_sqlite else None
            if owner is not None:
                undone.callback(owner.release)
            prepare(address)
            with faults_told(address), patience():
                database = cls(address, most_connections, owner)
            undone.pop_all()  # it is open
        return database

    @contextlib.contextmanager
    def change(self) -> Iterator[StoredTransaction]:
        """A transaction that writes: committed at the end of the block, undone by an exception.

        Raises:
            StoreUnavailable: the database is gone, locked, full, read-only, or too slow; within two seconds.
                If the commit itself was not answered, it may have happened.
        """
        # Not optimistic: rows are locked before they are changed, Pony need not look whether they are as they were.
        with self._use(), self._backend.changing(), db_session(optimistic=False):
            transaction = StoredTransaction(self._repositories)
            yield transaction
            transaction.finish()

    @contextlib.contextmanager
    def read(self) -> Iterator[StoredTransaction]:
        """A transaction that only reads, and sees one moment. Raises StoreUnavailable."""
        with self._use(), db_session:
            yield StoredTransaction(self._repositories)

    @contextlib.contextmanager
    def _use(self) -> Iterator[None]:
        # Pony would take it for a part of the one around it, a host's too, and commit it when that one ends.
        if pony_local.db_session is not None:
            raise RuntimeError("this thread is in a transaction already; end it before it begins another one")
        with faults_told(self.address), patience():
            yield

    def facts(self) -> FactsReader:
        """What decisions read, over connections of its own; close it before the database."""
        return FactsReader(self._backend.facts())

    def ledger(
        self, new_id: Callable[[], str], applied: Callable[[Books], None], clock: Callable[[], float] = time.time
    ) -> Lane:
        """What counts usage; close it before the database. See Lane."""
        return Lane(self.address, self._backend.sessions(), new_id, applied, clock)

    def close(self) -> None:
        """Close what is open and nobody uses, and give an SQLite file up."""
        self._backend.close()
        if self._owner is not None:
            self._owner.release()


def migrate_database(address: DatabaseAddress, report: Report) -> Sequence[Step]:
    """Apply the steps that a database has not had, telling of each; those that were applied.

    Raises:
        StateUnusable: another process owns the file, or a newer Doorward has changed the database.
        StoreUnavailable: it cannot be used.
    """
    if not address.is_sqlite:
        return migrate(address, report)
    owner = FileOwner(address)
    try:
        return migrate(address, report)
    finally:
        owner.release()

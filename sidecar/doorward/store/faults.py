"""What went wrong in the database: told to an operator, or as the conflict that it is."""

import contextlib
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pony.orm import core as pony
from pony.orm.dbapiprovider import DBException

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import Busy, Conflict, StoreUnavailable

_LOCK_TIMEOUT: Final = "55P03"
_FOREIGN_KEY: Final = "23503"
_FAILED_TRANSACTION: Final = "25P02"
# Classes of SQLSTATE that are no fault of a statement: connection, rollback (deadlock), resources (disk full), object
# state (locked), operator (shutdown, time limit), system, internal; and single codes: read-only, idle for too long, no
# privilege, no such table.
_UNAVAILABLE: Final = ("08", "40", "53", "55", "57", "58", "XX", "25006", "25P03", "42501", "42P01")
_UNIQUE_SQLITE: Final = "UNIQUE constraint failed: "


def database_errors() -> tuple[type[Exception], ...]:
    """What a database raises, through Pony or by itself; call it where it is caught."""
    return (*_driver_errors(), DBException, pony.OrmError)


def _driver_errors() -> tuple[type[Exception], ...]:
    postgresql = _psycopg2()
    return (sqlite3.Error,) if postgresql is None else (sqlite3.Error, postgresql.Error)


def _psycopg2() -> Any:  # noqa: ANN401 - it has no types
    """PostgreSQL's driver, if a database has loaded it: nobody else can have raised its errors."""
    return sys.modules.get("psycopg2")


@contextlib.contextmanager
def faults_told(address: DatabaseAddress) -> Iterator[None]:
    """Raise StoreUnavailable for what keeps the database at `address` from being used.

    Raises Busy where a transaction went on after a conflict that nobody could foresee: PostgreSQL has ended it.
    """
    try:
        yield
    except database_errors() as error:
        original = original_of(error)
        if getattr(original, "pgcode", None) == _FAILED_TRANSACTION:
            raise Busy("somebody else recorded the same at the same time; try again in a moment") from error
        if not _is_unavailable(original):
            raise
        detail = str(original).strip().partition("\n")[0] or type(original).__name__
        raise StoreUnavailable(f"the database {address} cannot be used: {detail}; {_hint(detail)}") from error


def original_of(error: BaseException | None) -> BaseException | None:
    """The driver's error in one of Pony's."""
    while error is not None and not isinstance(error, _driver_errors()):
        inner = getattr(error, "original_exc", None)
        several = getattr(error, "exceptions", None)
        error = several[0][1] if several else inner
    return error


def _is_unavailable(error: BaseException | None) -> bool:
    postgresql = _psycopg2()
    if postgresql is not None and isinstance(error, postgresql.Error):
        is_gone = isinstance(error, postgresql.OperationalError | postgresql.InterfaceError)
        return is_gone or (error.pgcode or "").startswith(_UNAVAILABLE)
    # Exactly DatabaseError: no database, or a damaged one.
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _hint(detail: str) -> str:
    if "full" in detail or "space" in detail:
        return "make room on its disk"
    if "readonly" in detail or "read-only" in detail:
        return "let Doorward write to it"
    if "no such table" in detail or "does not exist" in detail:
        return "run `doorward migrate`, or give DOORWARD_DATABASE another one"
    return "look after it, or try again in a moment"


def is_lock_timeout(error: BaseException) -> bool:
    """Whether a statement waited for another transaction for too long."""
    return getattr(original_of(error), "pgcode", None) == _LOCK_TIMEOUT


@contextlib.contextmanager
def conflicts_told(taken: Mapping[str, Conflict], missing: Exception | None = None) -> Iterator[None]:
    """Raise the conflict that belongs to a unique constraint (TABLE_COLUMN...), `missing` for a foreign key."""
    try:
        yield
    except database_errors() as error:
        original = original_of(error)
        conflict = taken.get(_constraint(original)) or (missing if _is_foreign_key(original) else None)
        if conflict is None:
            raise
        raise conflict from error


def _constraint(error: BaseException | None) -> str:
    """TABLE_COLUMN..., as PostgreSQL's constraints are called here; SQLite says TABLE.COLUMN, TABLE.COLUMN."""
    diagnostics = getattr(error, "diag", None)
    if diagnostics is not None:  # PostgreSQL's
        return diagnostics.constraint_name or ""
    columns = str(error).removeprefix(_UNIQUE_SQLITE).split(", ")
    return "_".join([columns[0].partition(".")[0], *(column.partition(".")[2] for column in columns)])


def _is_foreign_key(error: BaseException | None) -> bool:
    return getattr(error, "pgcode", None) == _FOREIGN_KEY or "FOREIGN KEY" in str(error)

"""Connections to an SQLite file that one process owns: the only module that opens it."""

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import StateUnusable

BUSY_SECONDS: Final = 0.7
_OLDEST: Final = (3, 37, 0)  # STRICT tables, RETURNING
_OWNER: Final = "-owner"
_MOST_PAGES_AHEAD: Final = 4_000
_CACHE_KIB: Final = 8_192


def open_for_writing(address: DatabaseAddress) -> sqlite3.Connection:
    """The file, made at first, for its owner alone to read. Raises sqlite3.Error, StateUnusable.

    Only such a connection moves the write-ahead log into the database, and there is one at a time: several that do
    may damage the file (SQLite before 3.51.3).
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        message = f"SQLite {sqlite3.sqlite_version} is too old, 3.37 is needed; use a newer Python, or PostgreSQL"
        raise StateUnusable(message)
    _make_private(Path(address.place))
    connection = _connected(address.place, uri=False)
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Pages that are written again and again are moved into the database once in 16 MiB, not once in 4.
    connection.execute(f"PRAGMA wal_autocheckpoint = {_MOST_PAGES_AHEAD}").fetchone()
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    return connection


def open_for_reading(address: DatabaseAddress) -> sqlite3.Connection:
    """The file, which is there. Waits for no writer. Raises sqlite3.Error."""
    return _connected(f"file:{quote(address.place)}?mode=ro", uri=True)


def _connected(place: str, *, uri: bool) -> sqlite3.Connection:
    # Threads hand connections on through a pool or under a lock, they never share one.
    connection = sqlite3.connect(place, uri=uri, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    # Now and then SQLite would read a whole table for an index of its own, though there is one that fits.
    connection.execute("PRAGMA automatic_index = OFF")
    return connection


def _make_private(path: Path) -> None:
    """Make the file for its owner alone, or take it away from others.

    One that is there is not opened: closing it again would give up every lock that SQLite's connections of this
    process hold on it (POSIX), and whoever else looked at the file would then delete the write-ahead log in use.
    """
    try:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StateUnusable(
            f"the database {path} cannot be opened: {error.strerror}; give DOORWARD_DATABASE"
        ) from error


class FileOwner:
    """Exclusive ownership of an SQLite file, held until `release` or the process ends."""

    def __init__(self, address: DatabaseAddress) -> None:
        """Take it. Raises StateUnusable where another process has it."""
        path = address.place + _OWNER
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise StateUnusable(f"the database {address} cannot be opened: {path}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise StateUnusable(f"the database {address} is used by another process; stop it first") from error
        self._file: int | None = file

    def release(self) -> None:
        """Give it up, once."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

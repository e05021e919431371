"""Recorded state: the state directory with its lock and the first key, and the database."""

from doorward.store.database import Database, migrate_database
from doorward.store.migrations import Step, pending
from doorward.store.state import LockedState, StateLock, read_lock, read_or_make_admin_key

__all__ = [
    "Database",
    "LockedState",
    "StateLock",
    "Step",
    "migrate_database",
    "pending",
    "read_lock",
    "read_or_make_admin_key",
]

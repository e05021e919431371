"""Recorded state: the state directory with its lock and the first key, and the database."""

from doorward.store.database import Database, migrate_database
from doorward.store.migrations import Step, pending
from doorward.store.state import (
    ADMIN_KEY_NAME,
    LockedState,
    StateLock,
    read_admin_key,
    read_lock,
    read_or_make_admin_key,
)

__all__ = [
    "ADMIN_KEY_NAME",
    "Database",
    "LockedState",
    "StateLock",
    "Step",
    "migrate_database",
    "pending",
    "read_admin_key",
    "read_lock",
    "read_or_make_admin_key",
]

"""Recorded state. So far: the state directory with its lock and the first key."""

from doorward.store.state import LockedState, StateLock, read_lock, read_or_make_admin_key

__all__ = ["LockedState", "StateLock", "read_lock", "read_or_make_admin_key"]

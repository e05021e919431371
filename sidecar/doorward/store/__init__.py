"""Recorded state: the state directory with its lock and the first key, and the database.

No name is imported here: who only looks who holds the state directory must not load two database drivers for it.
"""

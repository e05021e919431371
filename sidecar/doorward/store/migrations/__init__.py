"""The schema of the database and how it comes to be: plain SQL, a file a step, a folder a dialect.

A step and the row that notes it are one transaction, under a lock: killed at any moment, it is there or not at all.
"""

from doorward.store.migrations.runner import Report, migrate, pending, prepare, require_current
from doorward.store.migrations.steps import Step

__all__ = ["Report", "Step", "migrate", "pending", "prepare", "require_current"]

"""Bring a database to the schema that this Doorward knows, or say why not."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import StateUnusable
from doorward.store.faults import faults_told
from doorward.store.migrations.sessions import Migrating, looking, migrating
from doorward.store.migrations.steps import Step, known_steps

_NOTES_TABLE: Final = "schema_migration"
Report = Callable[[Step], None]
_NOTES: Final = """CREATE TABLE IF NOT EXISTS schema_migration (
  version BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  applied_at BIGINT NOT NULL
)"""


@dataclass(frozen=True, slots=True)
class Applied:
    """A step that a database has, as it notes it."""

    version: int
    name: str
    digest: str


def pending(address: DatabaseAddress) -> Sequence[Step]:
    """The steps that a database has not had; all of them where there is no file yet. Changes nothing.

    Raises:
        StateUnusable: a newer Doorward has changed the database, or a step is not what it was.
        StoreUnavailable: the database cannot be used.
    """
    if address.is_sqlite and not Path(address.place).exists():
        return known_steps(address.kind)
    with faults_told(address), looking(address) as session:
        return _missing(address, session)


def migrate(
    address: DatabaseAddress, report: Report = lambda _: None, *, clock: Callable[[], float] = time.time
) -> Sequence[Step]:
    """Apply what is pending, telling of each; what was applied. Raises as `pending`.

    A database that has none gets all of them in one transaction, so that nobody finds it half made; another one
    gets one step a transaction.
    """
    applied: list[Step] = []
    with faults_told(address), migrating(address) as session:
        while steps := _next_applied(address, session, clock):
            for step in steps:
                report(step)
            applied += steps
    return applied


def require_current(address: DatabaseAddress) -> None:
    """Raise StateUnusable unless a database has the schema that this Doorward knows."""
    missing = pending(address)
    if missing:
        message = f"the database {address} lacks {len(missing)} schema steps; back it up, then run `doorward migrate`"
        raise StateUnusable(message)


def prepare(address: DatabaseAddress) -> None:
    """Migrate where nobody has to be asked: an SQLite file, and a PostgreSQL database without tables.

    Raises:
        StateUnusable: it has to be asked for, see `require_current`; or as `pending`.
        StoreUnavailable: the database cannot be used.
    """
    if address.is_sqlite or _is_empty(address):
        migrate(address)
    require_current(address)


def _is_empty(address: DatabaseAddress) -> bool:
    with (
        faults_told(address),
        migrating(address) as session,
        session.locked(),
    ):  # where another process migrates: what it left
        return not session.tables()


def _next_applied(address: DatabaseAddress, session: Migrating, clock: Callable[[], float]) -> Sequence[Step]:
    with session.locked():
        session.rows(_NOTES)
        missing = _missing(address, session)
        steps = missing if len(missing) == len(known_steps(address.kind)) else missing[:1]
        for step in steps:
            session.run(step)
            note = (step.version, step.name, step.digest, int(clock() * 1_000_000))
            session.rows("INSERT INTO schema_migration (version, name, digest, applied_at) VALUES (?, ?, ?, ?)", note)
        return steps


def _missing(address: DatabaseAddress, session: Migrating) -> Sequence[Step]:
    known = known_steps(address.kind)
    applied = {one.version: one for one in _applied(session)}
    newest = max(applied, default=0)
    if newest > known[-1].version:
        raise StateUnusable(
            f"the database {address} has schema {newest}, this Doorward knows {known[-1].version}: use a newer one"
        )
    for step in known:
        if step.version in applied and applied[step.version].digest != step.digest:
            raise StateUnusable(
                f"the database {address} had another schema step {step.version:04} ({step.name}) than this Doorward "
                "has: use the Doorward that made it, or restore a backup"
            )
    return [step for step in known if step.version not in applied]


def _applied(session: Migrating) -> Sequence[Applied]:
    if _NOTES_TABLE not in session.tables():
        return []
    return [Applied(*row) for row in session.rows("SELECT version, name, digest FROM schema_migration")]

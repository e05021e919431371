"""The version of the facts, and what each version changed: written last in a transaction that touches them."""

from typing import Final

from doorward.domain.facts import FactKind
from doorward.store.rows import Statements

CHANNEL: Final = "doorward_facts"
KEPT_VERSIONS: Final = 10_000
_PRUNED_EACH: Final = 256


class FactsLog:
    """What one transaction says of facts."""

    def __init__(self, statements: Statements, *, notifies: bool) -> None:
        self._statements = statements
        self._notifies = notifies
        self._touched: set[tuple[FactKind, str]] = set()
        self._version: int | None = None

    def touch(self, kind: FactKind, record_id: str) -> None:
        """Say that what decisions know of a record is stale with this transaction."""
        if self._version is not None:
            raise RuntimeError("facts_version() was taken already; touch before")
        self._touched.add((kind, record_id))

    def version(self) -> int:
        """The version that this transaction makes; where nothing was touched, the one that is there.

        From here to the commit nobody else makes one: the row's lock keeps versions in the order of commits.
        """
        if self._version is None:
            self._version = self._write() if self._touched else self._read()
        return self._version

    def finish(self) -> None:
        """Write what was touched, if nobody has asked for the version."""
        if self._touched:
            self.version()

    def _read(self) -> int:
        found: int = self._statements.first("SELECT version FROM facts")
        return found

    def _write(self) -> int:
        version: int = self._statements.first("UPDATE facts SET version = version + 1 WHERE id = 1 RETURNING version")
        for kind, record in sorted(self._touched):
            self._statements.count(
                "INSERT INTO facts_change (version, kind, record) VALUES ($version, $kind, $record)",
                version=version,
                kind=kind.value,
                record=record,
            )
        if version % _PRUNED_EACH == 0:
            self._statements.count("DELETE FROM facts_change WHERE version <= $old", old=version - KEPT_VERSIONS)
        if self._notifies:
            self._statements.first("SELECT pg_notify($channel, $version)", channel=CHANNEL, version=str(version))
        return version

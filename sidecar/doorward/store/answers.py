"""Answers by Idempotency-Key, as rows; whoever takes a key makes others wait until its transaction ends."""

from typing import Final

from doorward.domain.answers import KeptAnswer
from doorward.domain.errors import Conflict
from doorward.store.faults import database_errors, is_lock_timeout
from doorward.store.rows import Statements

_AT_WORK: Final = "the request with this Idempotency-Key is still being carried out; try again in a moment"


class AnswerRows:
    """The port `KeptAnswers`."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def begin(self, scope: str, key: str, fingerprint: str, now: int, *, stale: int) -> KeptAnswer | None:
        """The answer that is kept, or None after the key was taken by this transaction.

        A key that was taken at the time `stale` or before, and was never answered, is taken over.

        Raises Conflict where somebody else took it, and is still at it.
        """
        if self._taken_now(scope, key, fingerprint, now, stale):
            return None
        found = self._statements.rows(
            "SELECT fingerprint, sealed, kept_at FROM kept_answer WHERE scope = $scope AND key = $key",
            scope=scope,
            key=key,
        )
        for kept, sealed, kept_at in found:
            if sealed is None:
                raise Conflict(_AT_WORK)
            return KeptAnswer(fingerprint=kept, sealed=sealed, kept_at=kept_at)
        return None

    def _taken_now(self, scope: str, key: str, fingerprint: str, now: int, stale: int) -> bool:
        """Insert the row, or take one over whose answer was never kept; waits for a transaction that is at it."""
        try:
            return self._statements.changed(
                "INSERT INTO kept_answer AS a (scope, key, fingerprint, kept_at)"
                " VALUES ($scope, $key, $fingerprint, $now)"
                " ON CONFLICT (scope, key) DO UPDATE SET fingerprint = $fingerprint, kept_at = $now"
                " WHERE a.sealed IS NULL AND a.kept_at <= $stale",
                scope=scope,
                key=key,
                fingerprint=fingerprint,
                now=now,
                stale=stale,
            )
        except database_errors() as error:
            if not is_lock_timeout(error):
                raise
            raise Conflict(_AT_WORK) from error

    def give_back(self, scope: str, key: str) -> None:
        """Forget a key that was taken and not answered."""
        self._statements.count(
            "DELETE FROM kept_answer WHERE scope = $scope AND key = $key AND sealed IS NULL", scope=scope, key=key
        )

    def keep(self, scope: str, key: str, sealed: str) -> None:
        """Keep the answer of the key that this transaction took."""
        self._statements.count(
            "UPDATE kept_answer SET sealed = $sealed WHERE scope = $scope AND key = $key",
            scope=scope,
            key=key,
            sealed=sealed,
        )

    def prune(self, before: int, most: int) -> int:
        """Forget answers kept before a time, so many at most; how many were forgotten."""
        return self._statements.count(
            "DELETE FROM kept_answer WHERE (scope, key) IN"
            " (SELECT scope, key FROM kept_answer WHERE kept_at < $before LIMIT $most)",
            before=before,
            most=most,
        )

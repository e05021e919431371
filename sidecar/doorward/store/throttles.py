"""The tries to log in, as rows that one statement counts."""

from typing import Final

from doorward.domain.sessions import CountedTry, Throttle
from doorward.store.rows import Statements

# All of it reads the row as it was before. Where the account is locked, a try is counted alone (`was_open` 0); else it
# counts towards a lock, and the one that is number $most locks for 1, 2, 4 or 8 times $lock and begins a new streak.
_TRY: Final = """
INSERT INTO login_throttle AS t
  (account, failures, streak, lockouts, locked_until, last_failed_at, streak_before_lock, was_open)
VALUES (
  $account, 1,
  CASE WHEN $most <= 1 THEN 0 ELSE 1 END,
  CASE WHEN $most <= 1 THEN 1 ELSE 0 END,
  CASE WHEN $most <= 1 THEN $now + CAST($lock AS bigint) ELSE 0 END,
  $now, 0, 1
)
ON CONFLICT (account) DO UPDATE SET
  failures = t.failures + 1,
  streak = CASE WHEN t.locked_until > $now THEN t.streak WHEN t.streak + 1 >= $most THEN 0 ELSE t.streak + 1 END,
  lockouts = CASE WHEN t.locked_until <= $now AND t.streak + 1 >= $most THEN t.lockouts + 1 ELSE t.lockouts END,
  locked_until = CASE WHEN t.locked_until <= $now AND t.streak + 1 >= $most
    THEN $now + CAST($lock AS bigint) * CASE t.lockouts WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 4 ELSE 8 END
    ELSE t.locked_until END,
  last_failed_at = $now,
  streak_before_lock = CASE WHEN t.locked_until <= $now AND t.streak + 1 >= $most
    THEN t.streak ELSE t.streak_before_lock END,
  was_open = CASE WHEN t.locked_until > $now THEN 0 ELSE 1 END
RETURNING was_open, failures
"""
_COUNT_LESS: Final = "UPDATE login_throttle SET failures = failures - 1 WHERE account = $account AND failures > 0"
# With a streak there is one less in it; without one this try was among those that locked, which it must not do.
_TAKE_BACK: Final = """
UPDATE login_throttle SET
  failures = CASE WHEN failures > 0 THEN failures - 1 ELSE 0 END,
  streak = CASE WHEN streak > 0 THEN streak - 1 ELSE streak_before_lock END,
  lockouts = CASE WHEN streak = 0 AND lockouts > 0 THEN lockouts - 1 ELSE lockouts END,
  locked_until = CASE WHEN streak = 0 THEN 0 ELSE locked_until END,
  streak_before_lock = CASE WHEN streak = 0 THEN 0 ELSE streak_before_lock END
WHERE account = $account
"""


class ThrottleRows:
    """The port `Throttles`."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def find(self, account: str) -> Throttle | None:
        """What is noted of an account."""
        rows = self._statements.rows(
            "SELECT failures, streak, lockouts, locked_until, last_failed_at FROM login_throttle"
            " WHERE account = $account",
            account=account,
        )
        for failures, streak, lockouts, locked_until, last_failed_at in rows:
            return Throttle(
                account=account,
                failures=failures,
                streak=streak,
                lockouts=lockouts,
                locked_until=locked_until,
                last_failed_at=last_failed_at,
            )
        return None

    def try_once(self, account: str, now: int, most: int, lock: int) -> CountedTry:
        """Count a try beforehand as one that fails; it is not open where the account is locked, and counted alone.

        The try that is number `most` locks the account for `lock` microseconds, twice as long each time, eight times
        at most.
        """
        ((was_open, failures),) = self._statements.rows(_TRY, account=account, now=now, most=most, lock=lock)
        return CountedTry(bool(was_open), failures)

    def take_back(self, account: str, *, was_open: bool) -> None:
        """Count one try less: it was none that failed. The lock that it led to is undone.

        `was_open` is what `try_once` said of it: a try that came while the account was locked led to none.
        """
        self._statements.count(_TAKE_BACK if was_open else _COUNT_LESS, account=account)

    def touch(self, account: str) -> None:
        """Write what is noted of an account as it is: it takes as long to commit as if something was noted."""
        self._statements.count(
            "UPDATE login_throttle SET was_open = was_open WHERE account = $account", account=account
        )

    def succeeded(self, account: str) -> None:
        """Forget the tries of an account: somebody logged in."""
        self._statements.count("DELETE FROM login_throttle WHERE account = $account", account=account)

    def prune(self, before: int, most: int) -> int:
        """Forget accounts whose last failure, and lock, is before a time, so many at most; how many were forgotten."""
        return self._statements.count(
            "DELETE FROM login_throttle WHERE account IN (SELECT account FROM login_throttle"
            " WHERE last_failed_at < $before AND locked_until < $before LIMIT $most)",
            before=before,
            most=most,
        )

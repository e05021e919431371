"""Housekeeping: what nobody needs any more is forgotten, and when keys were used last is noted."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from doorward.domain.plans import Per
from doorward.domain.usage import BILLED_RETENTION_DAYS, RESERVATIONS_KEPT_DAYS, RETENTION_DAYS, WINDOWS_KEPT_DAYS
from doorward.domain.usage_thresholds import KEPT_DAYS
from doorward.services.ports import Clock, Records, Transaction
from doorward.services.recording import ANSWERS_KEPT_SECONDS

SESSIONS_KEPT_SECONDS: Final = 30 * 86_400
"""After a session has ended it is kept this long, for whoever wants to know how it ended."""
TRIES_KEPT_SECONDS: Final = 86_400
FORGOTTEN_AT_ONCE: Final = 1_000
HOURS_AT_ONCE: Final = 50
MOST_PURGED: Final = 5_000
"""Events and hours of a purged tenant that are taken away at once; the rest follows."""
_TURNS: Final = 200
_SECOND: Final = 1_000_000
_DAY: Final = 86_400 * _SECOND


class Housekeeping:
    """Done now and then, beside everything else."""

    def __init__(self, records: Records, clock: Clock, retention_days: int = RETENTION_DAYS) -> None:
        self._records = records
        self._clock = clock
        self._retention_days = retention_days
        self._uses: Callable[[], Sequence[tuple[str, int]]] = list
        self._totals: Callable[[], Collection[str]] | None = None
        self._has_billed: Callable[[], bool] = bool

    def takes(self, uses: Callable[[], Sequence[tuple[str, int]]]) -> None:
        """Where to learn which keys were used since it was asked last."""
        self._uses = uses

    def keeps(self, totals: Callable[[], Collection[str]], has_billed: Callable[[], bool] = bool) -> None:
        """Where to learn of what that was consumed some may be given back at any time, and of billing periods.

        Until that is known, no usage is forgotten. Where limits are counted by billing periods, events are kept for
        as long as these may need them.
        """
        self._totals = totals
        self._has_billed = has_billed

    def run(self) -> None:
        """Do it once. Raises StoreUnavailable."""
        now = int(self._clock() * _SECOND)
        used = self._uses()
        with self._records.change() as transaction:
            transaction.api_keys.note_used(used)
        self._forget(lambda one, most: one.answers.prune(now - ANSWERS_KEPT_SECONDS * _SECOND, most))
        self._forget(lambda one, most: one.sessions.prune(now - SESSIONS_KEPT_SECONDS * _SECOND, most))
        self._forget(lambda one, most: one.throttles.prune(now - TRIES_KEPT_SECONDS * _SECOND, most))
        self._forget(lambda one, most: one.usage.drop_windows(now - WINDOWS_KEPT_DAYS * _DAY, most))
        self._forget(lambda one, most: one.usage.drop_reservations(now - RESERVATIONS_KEPT_DAYS * _DAY, most))
        self._forget(lambda one, most: one.thresholds.prune(now - KEPT_DAYS * _DAY, most))
        self._forget(lambda one, most: one.usage.prune_purged(most), MOST_PURGED)
        if self._totals is not None:
            totals, before = self._totals(), now - self._kept_days() * _DAY
            self._forget(lambda one, most: one.usage.forget(before, totals, most), HOURS_AT_ONCE)

    def _kept_days(self) -> int:
        if self._retention_days >= BILLED_RETENTION_DAYS:
            return self._retention_days
        with self._records.read() as transaction:
            is_billed = self._has_billed() or transaction.limit_overrides.has_per(Per.BILLING_PERIOD)
        return BILLED_RETENTION_DAYS if is_billed else self._retention_days

    def _forget(self, prune: Callable[[Transaction, int], int], most: int = FORGOTTEN_AT_ONCE) -> None:
        """Forget by and by: all at once would hold up others, or take longer than the database is given."""
        for _ in range(_TURNS):
            with self._records.change() as transaction:
                forgotten = prune(transaction, most)
            if forgotten < most:
                return

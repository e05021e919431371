"""Housekeeping: what nobody needs any more is forgotten, and when keys were used last is noted."""

from collections.abc import Callable, Sequence
from typing import Final

from doorward.services.ports import Clock, Records, Transaction
from doorward.services.recording import ANSWERS_KEPT_SECONDS

SESSIONS_KEPT_SECONDS: Final = 30 * 86_400
"""After a session has ended it is kept this long, for whoever wants to know how it ended."""
TRIES_KEPT_SECONDS: Final = 86_400
FORGOTTEN_AT_ONCE: Final = 1_000
_TURNS: Final = 200
_SECOND: Final = 1_000_000


class Housekeeping:
    """Done now and then, beside everything else."""

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._uses: Callable[[], Sequence[tuple[str, int]]] = list

    def takes(self, uses: Callable[[], Sequence[tuple[str, int]]]) -> None:
        """Where to learn which keys were used since it was asked last."""
        self._uses = uses

    def run(self) -> None:
        """Do it once. Raises StoreUnavailable."""
        now = int(self._clock() * _SECOND)
        used = self._uses()
        with self._records.change() as transaction:
            transaction.api_keys.note_used(used)
        self._forget(lambda one, most: one.answers.prune(now - ANSWERS_KEPT_SECONDS * _SECOND, most))
        self._forget(lambda one, most: one.sessions.prune(now - SESSIONS_KEPT_SECONDS * _SECOND, most))
        self._forget(lambda one, most: one.throttles.prune(now - TRIES_KEPT_SECONDS * _SECOND, most))

    def _forget(self, prune: Callable[[Transaction, int], int]) -> None:
        """Forget by and by: all at once would hold up others, or take longer than the database is given."""
        for _ in range(_TURNS):
            with self._records.change() as transaction:
                forgotten = prune(transaction, FORGOTTEN_AT_ONCE)
            if forgotten < FORGOTTEN_AT_ONCE:
                return

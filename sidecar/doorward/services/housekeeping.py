"""Housekeeping: what nobody needs any more is forgotten, and when keys were used last is noted."""

from collections.abc import Callable, Sequence
from typing import Final

from doorward.services.ports import Clock, Records
from doorward.services.recording import ANSWERS_KEPT_SECONDS

SESSIONS_KEPT_SECONDS: Final = 30 * 86_400
"""After a session has ended it is kept this long, for whoever wants to know how it ended."""
TRIES_KEPT_SECONDS: Final = 86_400
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
            transaction.answers.prune(now - ANSWERS_KEPT_SECONDS * _SECOND)
            transaction.sessions.prune(now - SESSIONS_KEPT_SECONDS * _SECOND)
            transaction.throttles.prune(now - TRIES_KEPT_SECONDS * _SECOND)

"""Thresholds: which shares of limits a tenant reached, and telling somebody, once each."""

import random
import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from doorward.domain.actors import Actor
from doorward.domain.errors import BadRequest, NotPermitted
from doorward.domain.usage_thresholds import Threshold, is_over, next_try
from doorward.services.ports import Clock, Records

LOOK_SECONDS: Final = 1.0
CLAIMED_SECONDS: Final = 60
"""A sender that dies is waited for this long; a try must take less."""
_SECOND: Final = 1_000_000
_TOO_OLD: Final = "it was reached more than a day ago"


class Thresholds:
    """Reads thresholds."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def page(self, actor: Actor, tenant: str, after: str, count: int) -> Sequence[Threshold]:
        """Some of a tenant, by id; an empty name is the key's own tenant. Raises BadRequest, NotPermitted."""
        name = tenant or actor.tenant
        if name is None:
            raise BadRequest("tenant is missing; name one")
        if not actor.may_see(name):
            raise NotPermitted(f"this key is bound to a tenant, and the request names another, {tenant[:100]!r}")
        with self._records.read() as transaction:
            return transaction.thresholds.page(name, after, count)


class Teller(Protocol):
    """Tells somebody of a threshold."""

    def tell(self, threshold: Threshold, now: int) -> str | None:
        """Tell it; None where it was heard, else why not."""
        ...


class ThresholdSender:
    """Tells of thresholds, one after the other; those that could not be told again and again, for a day."""

    def __init__(
        self,
        records: Records,
        teller: Teller,
        clock: Clock,
        log: Callable[[str], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._records = records
        self._teller = teller
        self._clock = clock
        self._log = log
        self._chance = chance

    def send_due(self, stop: threading.Event | None = None) -> int:
        """Tell all that are due now, or until it is to stop; how many were tried. Raises StoreUnavailable."""
        tried = 0
        while not (stop is not None and stop.is_set()) and self._send_one():
            tried += 1
        return tried

    def follow(self, stop: threading.Event) -> None:
        """Tell what comes, until it is to stop."""
        while not stop.wait(LOOK_SECONDS):
            try:
                self.send_due(stop)
            except Exception as error:  # noqa: BLE001 - whoever waits to be told must not wait for ever
                self._log(f"thresholds wait: {type(error).__name__}: {error}")

    def _send_one(self) -> bool:
        with self._records.read() as transaction:
            if not transaction.thresholds.has_due(self._now()):
                return False
        with self._records.change() as transaction:
            now = self._now()
            threshold = transaction.thresholds.claim(now, now + CLAIMED_SECONDS * _SECOND)
        if threshold is None:
            return False
        fault = _TOO_OLD if is_over(threshold, now) else self._teller.tell(threshold, now)
        with self._records.change() as transaction:
            now = self._now()
            if fault is None:
                transaction.thresholds.note_delivered(threshold.id, now)
            else:
                transaction.thresholds.put_off(threshold.id, next_try(threshold, now, self._chance()))
        if fault is not None:
            self._log(f"threshold {threshold.id} could not be told, try {threshold.tries}: {fault}")
        return True

    def _now(self) -> int:
        return int(self._clock() * _SECOND)

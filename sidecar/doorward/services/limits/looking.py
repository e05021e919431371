"""Looking at limits without counting: from memory, at most a second old."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import StoreUnavailable
from doorward.domain.facts import FactsMissing
from doorward.domain.ledger.accounts import Account, Standing
from doorward.domain.ledger.books import Books
from doorward.domain.ledger.requests import Asked
from doorward.services.ports import Clock
from doorward.services.ports.usage import UsageSource

OLD_SECONDS: Final = 1.0
DUE_SECONDS: Final = 0.7
"""What is older is read ahead, if it was looked at lately."""
LOOK_SECONDS: Final = 0.1
MOST_IDLE: Final = 10
"""How often something is read ahead that nobody looks at any more."""
MOST_WATCHED: Final = 1_000
SLOW_SECONDS: Final = 0.25
"""A database that fails after so long is waited for by nobody for a while."""
MOST_ACCOUNTS: Final = 100_000
_READ_AT_ONCE: Final = 200
_GAUGE: Final = Aggregation.LATEST
_Key = tuple[str, str]
_log = logging.getLogger("doorward.usage")


class _Known:
    """An account as it was at a time; `asked` is what it was last looked at for, `idle` how often it was read since."""

    __slots__ = ("account", "asked", "idle", "is_watched", "read_at")

    def __init__(self, account: Account, read_at: float) -> None:
        self.account = account
        self.read_at = read_at
        self.asked: Asked | None = None
        self.idle = 0
        self.is_watched = False

    def replace(self, account: Account, read_at: float) -> None:
        """Remember a newer one. Who looks meanwhile may take the new one for an old one, not the other way round."""
        self.account = account
        self.read_at = read_at


class UsageMemory:
    """Accounts that were looked at or counted in lately. Nobody who looks waits for who counts.

    Those that are looked at now and again are read ahead of time, by `follow`, so that nobody who looks waits.
    """

    def __init__(self, source: UsageSource, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._accounts: dict[_Key, _Known] = {}
        self._watched: dict[_Key, _Known] = {}
        self._being_read: Counter[_Key] = Counter()
        self._lock = threading.Lock()
        self._away: tuple[float, StoreUnavailable] | None = None

    def account(self, tenant: str, asked: Asked, now: int, *, may_block: bool) -> Account:
        """What a tenant used under a name, with the periods of its rules.

        Raises:
            FactsMissing: it has to be read, and nobody may block.
            StoreUnavailable: it has to be read, and cannot be.
        """
        key = (tenant, asked.name)
        known = self._accounts.get(key)
        if known is not None and self._monotonic() - known.read_at <= OLD_SECONDS and _has(known.account, asked):
            known.asked = asked
            known.idle = 0
            if not known.is_watched and len(self._watched) < MOST_WATCHED:
                known.is_watched = True
                self._watched[key] = known
            return known.account
        if not may_block:
            raise FactsMissing
        return self._read([(tenant, asked)], now)[key]

    def follow(self, stop: threading.Event, clock: Clock) -> None:
        """Read ahead what is looked at, until it is to stop. What cannot be read is told to whoever looks."""
        while not stop.wait(LOOK_SECONDS):
            try:
                self.read_ahead(int(clock() * 1_000_000))
            except StoreUnavailable:
                pass
            except Exception:  # noqa: BLE001 - whatever it is, others must go on being read
                _log.exception("usage could not be read ahead")

    def read_ahead(self, now: int) -> None:
        """Read again what was looked at lately and is soon too old. Raises StoreUnavailable."""
        due: list[tuple[str, Asked]] = []
        soon = self._monotonic() - DUE_SECONDS
        for key, known in list(self._watched.items()):  # at once: others add to it, and nobody locks
            if self._accounts.get(key) is not known or known.idle > MOST_IDLE or known.asked is None:
                self._watched.pop(key, None)
                known.is_watched = False  # last: else who looks in between would add it, and it would be taken away
            elif known.read_at < soon:
                known.idle += 1
                due.append((key[0], known.asked))
        for start in range(0, len(due), _READ_AT_ONCE):
            self._read(due[start : start + _READ_AT_ONCE], now)

    def _read(self, asked: Sequence[tuple[str, Asked]], now: int) -> Mapping[_Key, Account]:
        """Read accounts, and remember each unless something was counted under its name meanwhile."""
        self._require_database()
        keys = [(tenant, one.name) for tenant, one in asked]
        with self._lock:
            self._being_read.update(keys)
        began = self._monotonic()
        found: Mapping[_Key, Account] = {}
        try:
            found = self._source.accounts(asked, now)
        except StoreUnavailable as error:
            ended = self._monotonic()
            if ended - began >= SLOW_SECONDS:
                self._away = (ended, error)
            raise
        finally:
            self._keep(keys, began, found)
        return found

    def _require_database(self) -> None:
        """Raise StoreUnavailable at once where it was waited for in vain lately; one asker a second tries again."""
        with self._lock:
            if self._away is None:
                return
            since, error = self._away
            now = self._monotonic()
            if now - since <= OLD_SECONDS:
                raise StoreUnavailable(str(error)) from error
            self._away = (now, error)

    def _keep(self, keys: Sequence[_Key], began: float, found: Mapping[_Key, Account]) -> None:
        with self._lock:
            for key in keys:
                self._being_read[key] -= 1
                if not self._being_read[key]:
                    del self._being_read[key]
            if found:
                self._away = None
            if len(self._accounts) + len(found) > MOST_ACCOUNTS:
                self._accounts.clear()
            for key, account in found.items():
                self._remember(key, account, began)

    def take(self, books: Books) -> None:
        """Remember what a group of requests left, where it was remembered before or is being read."""
        read_at = self._monotonic()
        with self._lock:
            self._away = None
            for key, account in books.accounts.items():
                if key in self._accounts or key in self._being_read:
                    self._remember(key, account, read_at)

    def _remember(self, key: _Key, account: Account, read_at: float) -> None:
        known = self._accounts.get(key)
        if known is None:
            self._accounts[key] = _Known(account, read_at)
        elif known.read_at < read_at:
            known.replace(account, read_at)


def _has(account: Account, asked: Asked) -> bool:
    if asked.aggregation is _GAUGE:  # it stands where it stands, whatever the period
        return True
    return all(not rule.ends_at or rule.key in account.periods for rule in asked.rules)


class LimitLooking:
    """Answers how limits stand."""

    def __init__(self, memory: UsageMemory) -> None:
        self._memory = memory

    def standings(
        self, tenant: str, asked: Asked, now: int, *, current: int | None = None, may_block: bool
    ) -> list[Standing]:
        """How each rule of a limit stands before what is asked; `current` is what is used, as the caller knows it.

        Raises as UsageMemory.account.
        """
        if current is None:
            account = self._memory.account(tenant, asked, now, may_block=may_block)
            return [account.standing(rule, asked.amount, now, asked.aggregation) for rule in asked.rules]
        return [
            Standing(rule, current, 0, None, rule.ends_at, has_room=True)
            if rule.amount is None
            else Standing(
                rule,
                current,
                0,
                max(0, rule.amount - current),
                rule.ends_at,
                current + asked.amount <= rule.amount,
            )
            for rule in asked.rules
        ]

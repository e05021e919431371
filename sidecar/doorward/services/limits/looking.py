"""Looking at limits without counting: from memory, at most a second old."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import StoreUnavailable
from doorward.domain.facts import FactsMissing
from doorward.domain.ledger.accounts import Account, Standing
from doorward.domain.ledger.books import Books
from doorward.domain.ledger.requests import Asked
from doorward.services.ports.usage import UsageSource

OLD_SECONDS: Final = 1.0
SLOW_SECONDS: Final = 0.25
"""A database that fails after so long is waited for by nobody for a while."""
MOST_ACCOUNTS: Final = 100_000


class UsageMemory:
    """Accounts that were looked at or counted in lately. Nobody who looks waits for who counts."""

    def __init__(self, source: UsageSource, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._accounts: dict[tuple[str, str], tuple[float, Account]] = {}
        self._being_read: Counter[tuple[str, str]] = Counter()
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
        if known is not None and self._monotonic() - known[0] <= OLD_SECONDS and _has(known[1], asked):
            return known[1]
        if not may_block:
            raise FactsMissing
        self._require_database()
        with self._lock:
            self._being_read[key] += 1
        began = self._monotonic()
        try:
            found = self._source.account(tenant, asked, now)
        except BaseException as error:
            self._read(key)
            ended = self._monotonic()
            if isinstance(error, StoreUnavailable) and ended - began >= SLOW_SECONDS:
                self._away = (ended, error)
            raise
        self._read(key, (began, found))
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

    def _read(self, key: tuple[str, str], found: tuple[float, Account] | None = None) -> None:
        """Remember what was read, unless something was counted under the name meanwhile."""
        with self._lock:
            self._being_read[key] -= 1
            if not self._being_read[key]:
                del self._being_read[key]
            if found is None:
                return
            self._away = None
            known = self._accounts.get(key)
            if known is None or known[0] < found[0]:
                if len(self._accounts) >= MOST_ACCOUNTS:
                    self._accounts.clear()
                self._accounts[key] = found

    def take(self, books: Books) -> None:
        """Remember what a group of requests left, where it was remembered before or is being read."""
        read_at = self._monotonic()
        with self._lock:
            self._away = None
            for key, account in books.accounts.items():
                if key in self._accounts or key in self._being_read:
                    self._accounts[key] = (read_at, account)


def _has(account: Account, asked: Asked) -> bool:
    if asked.aggregation is Aggregation.LATEST:  # it stands where it stands, whatever the period
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

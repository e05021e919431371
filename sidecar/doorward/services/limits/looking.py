"""Looking at limits without counting: from memory, at most a second old."""

import threading
import time
from collections.abc import Callable
from typing import Final

from doorward.domain.facts import FactsMissing
from doorward.domain.ledger.accounts import Account, Standing
from doorward.domain.ledger.books import Books
from doorward.domain.ledger.requests import Asked
from doorward.services.ports.usage import UsageSource

OLD_SECONDS: Final = 1.0
MOST_ACCOUNTS: Final = 100_000


class UsageMemory:
    """Accounts that were looked at or counted in lately. Nobody who looks waits for who counts."""

    def __init__(self, source: UsageSource, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._accounts: dict[tuple[str, str], tuple[float, Account]] = {}
        self._epoch = 0
        self._lock = threading.Lock()

    def account(self, tenant: str, asked: Asked, now: int, *, may_block: bool) -> Account:
        """What a tenant used under a name, with the periods of its rules.

        Raises:
            FactsMissing: it has to be read, and nobody may block.
            StoreUnavailable: it has to be read, and cannot be.
        """
        known = self._accounts.get((tenant, asked.name))
        if known is not None and self._monotonic() - known[0] <= OLD_SECONDS and _has(known[1], asked):
            return known[1]
        if not may_block:
            raise FactsMissing
        epoch, began = self._epoch, self._monotonic()
        found = self._source.account(tenant, asked, now)
        with self._lock:
            if epoch == self._epoch:
                if len(self._accounts) >= MOST_ACCOUNTS:
                    self._accounts.clear()
                self._accounts[tenant, asked.name] = (began, found)
        return found

    def take(self, books: Books) -> None:
        """Remember what a group of requests left, where it was remembered before."""
        read_at = self._monotonic()
        with self._lock:
            self._epoch += 1
            for key, account in books.accounts.items():
                if key in self._accounts:
                    self._accounts[key] = (read_at, account)


def _has(account: Account, asked: Asked) -> bool:
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

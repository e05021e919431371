"""What services need of the database: one transaction a use case, with repositories of domain values."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from doorward.domain.answers import KeptAnswer
from doorward.domain.audit import AuditEvent
from doorward.domain.encryption import WrappedKey
from doorward.domain.facts import FactKind
from doorward.services.ports.overrides import FlagOverrides, LimitOverrides
from doorward.services.ports.people import Accounts, ApiKeys, Sessions, Tenants, Throttles
from doorward.services.ports.subscriptions import Subscriptions
from doorward.services.ports.usage_records import Thresholds, Usage, UsageChecks


class AuditTrail(Protocol):
    """What happened, in order."""

    def record(self, event: AuditEvent) -> None:
        """Write an event, in this transaction."""
        ...


class KeptAnswers(Protocol):
    """Answers by Idempotency-Key."""

    def begin(self, scope: str, key: str, fingerprint: str, now: int, *, stale: int) -> KeptAnswer | None:
        """The answer that is kept, or None after the key was taken by this transaction.

        A key that was taken at the time `stale` or before, and was never answered, is taken over.

        Raises Conflict where somebody else took it, and is still at it.
        """
        ...

    def give_back(self, scope: str, key: str) -> None:
        """Forget a key that was taken and not answered."""
        ...

    def keep(self, scope: str, key: str, sealed: str) -> None:
        """Keep the answer of the key that this transaction took."""
        ...

    def prune(self, before: int, most: int) -> int:
        """Forget answers kept before a time, so many at most; how many were forgotten."""
        ...


class EncryptionKeys(Protocol):
    """Keys as they are kept, wrapped."""

    def all(self) -> Sequence[WrappedKey]:
        """Every key, the oldest first."""
        ...

    def lock(self) -> None:
        """Let nobody else make keys, or wrap them anew, until the transaction ends. Read them after it."""
        ...

    def add(self, key: WrappedKey) -> None:
        """Record one."""
        ...

    def replace(self, key: WrappedKey) -> None:
        """Write one that is wrapped anew."""
        ...

    def remove(self, key_id: str) -> None:
        """Forget one that seals nothing any more."""
        ...


class Transaction(Protocol):
    """One use case's view of the database: what it writes is there altogether, or not at all."""

    @property
    def tenants(self) -> Tenants:
        """Its tenants."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Its users."""
        ...

    @property
    def api_keys(self) -> ApiKeys:
        """Its API keys."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Its sessions."""
        ...

    @property
    def throttles(self) -> Throttles:
        """Its tries to log in."""
        ...

    @property
    def flag_overrides(self) -> FlagOverrides:
        """Its overrides of flags."""
        ...

    @property
    def limit_overrides(self) -> LimitOverrides:
        """Its overrides of limits."""
        ...

    @property
    def subscriptions(self) -> Subscriptions:
        """Its subscriptions."""
        ...

    @property
    def usage(self) -> Usage:
        """What was counted in it."""
        ...

    @property
    def usage_checks(self) -> UsageChecks:
        """Whether that is right."""
        ...

    @property
    def thresholds(self) -> Thresholds:
        """Its reached shares of limits."""
        ...

    @property
    def audit(self) -> AuditTrail:
        """Its audit trail."""
        ...

    @property
    def answers(self) -> KeptAnswers:
        """Its kept answers."""
        ...

    @property
    def encryption_keys(self) -> EncryptionKeys:
        """Its encryption keys."""
        ...

    def touch(self, kind: FactKind, record_id: str) -> None:
        """Say that what decisions know of a record is stale with this transaction."""
        ...

    def facts_version(self) -> int:
        """The version of the facts that this transaction makes; taken once, the last thing before it ends.

        Where nothing was touched: the version that is there.
        """
        ...


class Records(Protocol):
    """The database."""

    def change(self) -> AbstractContextManager[Transaction]:
        """A transaction that writes: committed at the end of the block, undone by an exception.

        Raises:
            StoreUnavailable: the database is gone, locked, full, read-only, or too slow; within two seconds.
                If the commit itself was not answered, it may have happened.
        """
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """A transaction that only reads. Raises StoreUnavailable."""
        ...

"""What services need of the database: one transaction a use case, repositories of domain values, facts."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from doorward.domain.answers import KeptAnswer
from doorward.domain.api_keys import ApiKey, ApiKeyFilter
from doorward.domain.audit import AuditEvent
from doorward.domain.encryption import WrappedKey
from doorward.domain.facts import FactChange, FactKind, TenantFacts, UserFacts
from doorward.domain.flag_overrides import FlagOverride, TenantOverrides
from doorward.domain.limit_overrides import LimitOverride
from doorward.domain.plans import Per
from doorward.domain.sessions import Session, SessionFilter, Throttle
from doorward.domain.tenants import Tenant, TenantFilter
from doorward.domain.users import Account, Grant, UserFilter
from doorward.services.ports.subscriptions import Subscriptions
from doorward.services.ports.usage_records import Thresholds, Usage, UsageChecks

if TYPE_CHECKING:
    from array import array


class Tenants(Protocol):
    """Recorded tenants, those that were deleted too."""

    def add(self, tenant: Tenant) -> None:
        """Record one. Raises Conflict where its id or domain is taken."""
        ...

    def find(self, tenant_id: str, *, lock: bool = False) -> Tenant | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        ...

    def hold(self, tenant_id: str) -> Tenant | None:
        """One by its id, as it stays until the transaction ends, whoever else holds it."""
        ...

    def find_by_domain(self, domain: str) -> Tenant | None:
        """One by its domain, in canonical spelling."""
        ...

    def save(self, tenant: Tenant) -> None:
        """Write one that was found with `lock`. Raises Conflict where its domain is taken."""
        ...

    def page(self, wanted: TenantFilter, now: int, after: str, count: int) -> Sequence[Tenant]:
        """At most `count` of those that are there, by id, after an id (empty: from the first).

        Whoever asks for a plan gets also those whose subscription may have gone to it, or from it, by now.
        """
        ...


class Accounts(Protocol):
    """Recorded users with their roles and recovery codes, those that were deleted too."""

    def add(self, account: Account) -> None:
        """Record one. Raises Conflict where its id, username or address is taken."""
        ...

    def find(self, user_id: str, *, lock: bool = False) -> Account | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        ...

    def find_by_email(self, email_index: str) -> Account | None:
        """One by the keyed hash of its address."""
        ...

    def find_by_username(self, tenant: str, username_key: str) -> Account | None:
        """One by its username in a tenant, in canonical spelling."""
        ...

    def save(self, account: Account) -> None:
        """Write one that was found with `lock`. Raises Conflict where its username or address is taken."""
        ...

    def page(self, wanted: UserFilter, after: str, count: int) -> Sequence[Account]:
        """At most `count` of those that are there, by id, after an id (empty: from the first)."""
        ...

    def of_tenant(self, tenant: str, count: int) -> Sequence[Account]:
        """At most `count` users of a tenant that are not purged, deleted ones too, locked."""
        ...

    def grants(self, user_ids: Iterable[str]) -> dict[str, tuple[Grant, ...]]:
        """The recorded roles of some users, sorted."""
        ...

    def give(self, user_id: str, grant: Grant, now: int, actor: str) -> bool:
        """Give a role; False where it was given already."""
        ...

    def take(self, user_id: str, grant: Grant) -> bool:
        """Take a role away; False where it was not given."""
        ...

    def use_step(self, user_id: str, step: int) -> bool:
        """Note that the one-time code of a time step was used; False where it, or a later one, was used before."""
        ...

    def set_recovery_codes(self, user_id: str, digests: Iterable[str]) -> None:
        """Replace the recovery codes."""
        ...

    def use_recovery_code(self, user_id: str, digest: str) -> bool:
        """Use a recovery code up; False where there is no such code."""
        ...

    def sealed_with_others(self, key_id: str, count: int) -> Sequence[Account]:
        """At most `count` users with a value that another key than `key_id` sealed, locked; deleted ones too."""
        ...

    def count_sealed_with_others(self, key_id: str) -> int:
        """How many users have such a value."""
        ...


class ApiKeys(Protocol):
    """Recorded API keys."""

    def add(self, key: ApiKey) -> None:
        """Record one with its secrets."""
        ...

    def find(self, key_id: str, *, lock: bool = False) -> ApiKey | None:
        """One by its id."""
        ...

    def save(self, key: ApiKey) -> None:
        """Write one that was found with `lock`, its secrets too."""
        ...

    def page(self, wanted: ApiKeyFilter, after: str, count: int) -> Sequence[ApiKey]:
        """At most `count`, by id, after an id, revoked ones too."""
        ...

    def any(self) -> bool:
        """Whether any key was ever recorded."""
        ...

    def note_used(self, used: Iterable[tuple[str, int]]) -> None:
        """Note when keys were used last, if it is later than what is noted. Changes no version."""
        ...


class Sessions(Protocol):
    """Recorded sessions."""

    def add(self, session: Session) -> None:
        """Record one."""
        ...

    def find(self, session_id: str, *, lock: bool = False) -> Session | None:
        """One by its id."""
        ...

    def find_by_digest(self, digest: str) -> Session | None:
        """One by the hash of its token."""
        ...

    def save(self, session: Session) -> None:
        """Write one."""
        ...

    def seen(self, session_id: str, now: int) -> None:
        """Note that it was used."""
        ...

    def page(self, wanted: SessionFilter, after: str, count: int) -> Sequence[Session]:
        """At most `count`, by id, after an id."""
        ...

    def live_of(self, user_id: str, now: int) -> Sequence[Session]:
        """The live sessions of a user, the oldest first."""
        ...

    def revoke_all(self, user_id: str, now: int, keep: str | None = None) -> int:
        """Revoke the sessions of a user, but for one; how many were revoked."""
        ...

    def forget_all(self, user_id: str) -> None:
        """Forget every session of a user."""
        ...

    def prune(self, before: int, most: int) -> int:
        """Forget sessions that ended before a time, so many at most; how many were forgotten."""
        ...


class Throttles(Protocol):
    """The tries to log in, by account."""

    def find(self, account: str) -> Throttle | None:
        """What is noted of an account."""
        ...

    def try_once(self, account: str, now: int, most: int, lock: int) -> bool:
        """Count a try beforehand as one that fails; False where the account is locked: then it is counted alone.

        One statement, so that tries at the same time are counted one by one. The try that is number `most`
        locks the account for `lock` microseconds, twice as long each time, eight times at most. A lock that has
        ended begins a new streak.
        """
        ...

    def take_back(self, account: str, *, was_open: bool) -> None:
        """Count one try less: it was none that failed. `was_open` is what `try_once` said of it.

        The lock that an open one led to is undone; one that came while the account was locked changes no lock.
        """
        ...

    def succeeded(self, account: str) -> None:
        """Forget the tries of an account: somebody logged in."""
        ...

    def prune(self, before: int, most: int) -> int:
        """Forget accounts whose last failure, and lock, is before a time, so many at most; how many were forgotten."""
        ...


class FlagOverrides(Protocol):
    """The values that tenants have of flags."""

    def find(self, flag: str, tenant: str, *, lock: bool = False) -> FlagOverride | None:
        """A tenant's own value of a flag; with `lock` nobody else changes it until the transaction ends."""
        ...

    def put(self, override: FlagOverride) -> FlagOverride:
        """Set one, in the place of what is there; when and by whom it was made first is kept."""
        ...

    def remove(self, flag: str, tenant: str) -> bool:
        """Take one away; False where there is none."""
        ...

    def remove_all(self, tenant: str) -> int:
        """Take away all of a tenant; how many they were."""
        ...

    def of_flag(self, flag: str, after: str, count: int) -> Sequence[FlagOverride]:
        """At most `count` of a flag, by tenant, after a tenant (empty: from the first)."""
        ...

    def page(self, after: tuple[str, str], count: int) -> Sequence[FlagOverride]:
        """At most `count` of all, by tenant and flag, after a (tenant, flag); two empty texts: from the first."""
        ...


class LimitOverrides(Protocol):
    """The amounts that tenants have of limits, whatever their plans say."""

    def find(self, tenant: str, limit: str, per: Per, *, lock: bool = False) -> LimitOverride | None:
        """A tenant's own amount of a limit; with `lock` nobody else changes it until the transaction ends."""
        ...

    def put(self, override: LimitOverride) -> LimitOverride:
        """Set one, in the place of what is there; when and by whom it was made first is kept."""
        ...

    def remove(self, tenant: str, limit: str, per: Per) -> bool:
        """Take one away; False where there is none."""
        ...

    def remove_all(self, tenant: str) -> int:
        """Take away all of a tenant; how many they were."""
        ...

    def of_tenants(self, tenants: Iterable[str]) -> dict[str, tuple[LimitOverride, ...]]:
        """All of some tenants, those that ended too, by name and `per`."""
        ...


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


class FactsSource(Protocol):
    """Reads what decisions need, behind nobody's lock. Every method raises StoreUnavailable."""

    def user(self, user_id: str) -> UserFacts | None:
        """A user with its roles; deleted and purged ones too: their ids are managed for ever."""
        ...

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        """A tenant, deleted and purged ones too."""
        ...

    def tenant_of_domain(self, domain: str) -> str | None:
        """The id of the tenant that has a domain, in canonical spelling, and is there."""
        ...

    def overrides(self, tenant_id: str) -> TenantOverrides:
        """The values that a tenant has of flags; none where it is not recorded and has none."""
        ...

    def user_id_hashes(self) -> "array[int]":
        """The `id_hash` of every user that was ever recorded, sorted."""
        ...

    def api_keys(self, ids: Iterable[str] | None = None) -> Sequence[ApiKey]:
        """All keys that are not revoked, or some of them."""
        ...

    def version(self) -> int:
        """The version of the facts that is committed."""
        ...

    def changes(self, after: int) -> Sequence[FactChange] | None:
        """What changed after a version, in order; None where that is no longer known: forget everything."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after some seconds."""
        ...

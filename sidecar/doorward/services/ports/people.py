"""What services need to keep of tenants, of users, and of what they prove themselves with."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from doorward.domain.api_keys import ApiKey, ApiKeyFilter
from doorward.domain.sessions import CountedTry, Session, SessionFilter, Throttle
from doorward.domain.tenants import Tenant, TenantFilter
from doorward.domain.users import Account, Grant, UserFilter


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
        """At most `count` of those that are there, as their tenants are, by id, after an id (empty: from the first)."""
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

    def sealed_with_others(self, key_id: str, after: str, count: int) -> Sequence[Account]:
        """At most `count` users with a value that another key than `key_id` sealed, locked; deleted ones too.

        By id, after an id (empty: from the first).
        """
        ...

    def count_sealed_with_others(self, key_id: str, after: str = "") -> int:
        """How many users have such a value, after an id."""
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

    def try_once(self, account: str, now: int, most: int, lock: int) -> CountedTry:
        """Count a try beforehand as one that fails; it is not open where the account is locked, and counted alone.

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

    def touch(self, account: str) -> None:
        """Write what is noted of an account as it is: it takes as long to commit as if something was noted."""
        ...

    def succeeded(self, account: str) -> None:
        """Forget the tries of an account: somebody logged in."""
        ...

    def prune(self, before: int, most: int) -> int:
        """Forget accounts whose last failure, and lock, is before a time, so many at most; how many were forgotten."""
        ...

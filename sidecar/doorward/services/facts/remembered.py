"""What is remembered of users, tenants, domains and overrides: answered without a lock, forgotten when it changes."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from doorward.domain.facts import FactChange, FactKind, FactsMissing, TenantFacts, UserFacts
from doorward.domain.flag_overrides import TenantOverrides
from doorward.domain.record_names import is_record_id
from doorward.services.facts.managed import ManagedIds
from doorward.services.facts.second_chance import SecondChance

if TYPE_CHECKING:
    from array import array

KINDS: Final = ("user", "tenant", "domain", "overrides")


class _Nothing:
    """Remembered of a key that nothing is recorded under."""

    __slots__ = ("used",)

    def __init__(self) -> None:
        self.used = False


class _Owner:
    """Remembered of a domain: whose it is, None for nobody's, and of which state of all tenants that holds."""

    __slots__ = ("as_of", "tenant", "used")

    def __init__(self, tenant: str | None, as_of: int) -> None:
        self.tenant = tenant
        self.as_of = as_of
        self.used = False


class Remembered:
    """The view that never blocks: whatever would have to be read is FactsMissing.

    `epoch` grows whenever something is forgotten: what was read before that is not kept after it. `reads`
    counts what had to be read, by kind.
    """

    may_read = False

    def __init__(self, most_users: int, most_tenants: int) -> None:
        self.has_users = False
        self.epoch = 0
        self.reads = dict.fromkeys(KINDS, 0)
        self.managed = ManagedIds()
        self._users: SecondChance[UserFacts | _Nothing] = SecondChance(most_users)
        self._tenants: SecondChance[TenantFacts | _Nothing] = SecondChance(most_tenants)
        self._domains: SecondChance[_Owner] = SecondChance(most_tenants)
        self._overrides: SecondChance[TenantOverrides] = SecondChance(most_tenants)
        self._tenants_epoch = 0
        self._lock = threading.Lock()

    def user(self, user_id: str) -> UserFacts | None:
        """A user, deleted and purged ones too; None where the id was never recorded. Raises FactsMissing."""
        known = self._users.entries.get(user_id)
        if known is not None:
            known.used = True
            return known if isinstance(known, UserFacts) else None
        if user_id not in self.managed:
            return None
        raise FactsMissing

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        """A tenant, deleted and purged ones too. Raises FactsMissing."""
        known = self._tenants.entries.get(tenant_id)
        if known is None:
            if not is_record_id(tenant_id):
                return None
            raise FactsMissing
        known.used = True
        return known if isinstance(known, TenantFacts) else None

    def tenant_of_domain(self, domain: str) -> str | None:
        """The id of the tenant that has a domain, in canonical spelling, and is there. Raises FactsMissing."""
        known = self._domains.entries.get(domain)
        if known is None or known.as_of != self._tenants_epoch:
            raise FactsMissing
        known.used = True
        return known.tenant

    def overrides(self, tenant_id: str) -> TenantOverrides:
        """The values that a tenant has of flags. Raises FactsMissing."""
        known = self._overrides.entries.get(tenant_id)
        if known is None:
            raise FactsMissing
        known.used = True
        return known

    def keep_user(self, user_id: str, found: UserFacts | None, epoch: int) -> None:
        """Remember what was read of a user, unless something was forgotten since the epoch."""
        with self._lock:
            self.reads["user"] += 1
            if epoch == self.epoch:
                self._users.put(user_id, found or _Nothing())

    def keep_tenant(self, tenant_id: str, found: TenantFacts | None, epoch: int) -> None:
        """Remember what was read of a tenant, likewise."""
        with self._lock:
            self.reads["tenant"] += 1
            if epoch == self.epoch:
                self._tenants.put(tenant_id, found or _Nothing())

    def keep_domain(self, domain: str, found: str | None, epoch: int) -> None:
        """Remember whose a domain is, likewise."""
        with self._lock:
            self.reads["domain"] += 1
            if epoch == self.epoch:
                self._domains.put(domain, _Owner(found, self._tenants_epoch))

    def keep_overrides(self, tenant_id: str, found: TenantOverrides, epoch: int) -> None:
        """Remember the values that a tenant has of flags, likewise."""
        with self._lock:
            self.reads["overrides"] += 1
            if epoch == self.epoch:
                self._overrides.put(tenant_id, found)

    def forget(self, changes: Iterable[FactChange]) -> None:
        """Forget what changes name, and note new users."""
        users = {one.id for one in changes if one.kind is FactKind.USER}
        tenants = {one.id for one in changes if one.kind is FactKind.TENANT}
        with self._lock:
            self.epoch += 1
            if users:
                self.managed.add(users)
                self.has_users = True
            for one in users:
                self._users.forget(one)
            for one in tenants:
                self._tenants.forget(one)
                self._overrides.forget(one)
            if tenants:
                self._tenants_epoch += 1  # a domain may be another tenant's now, or somebody's that was nobody's

    def begin_again(self, hashes: "array[int]") -> None:
        """Forget everything; `hashes` are those of all users that were ever recorded, sorted."""
        with self._lock:
            self.epoch += 1
            self._tenants_epoch += 1
            self.managed.load(hashes)
            self.has_users = len(hashes) > 0
            self._users.clear()
            self._tenants.clear()
            self._domains.clear()
            self._overrides.clear()

    def sizes(self) -> dict[str, int]:
        """How many entries are remembered, by kind."""
        users, tenants = len(self._users.entries), len(self._tenants.entries)
        domains, overrides = len(self._domains.entries), len(self._overrides.entries)
        return dict(zip(KINDS, (users, tenants, domains, overrides), strict=True))

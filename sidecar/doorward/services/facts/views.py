"""How decisions see what is recorded: a view that may read the store, and what every view answers."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from doorward.domain.errors import StoreUnavailable
from doorward.domain.facts import FactsMissing, TenantFacts, UserFacts
from doorward.domain.flag_overrides import TenantOverrides
from doorward.services.facts.remembered import Remembered
from doorward.services.ports import FactsSource

T = TypeVar("T")


class FactsView(Protocol):
    """What is recorded of users and tenants."""

    @property
    def may_read(self) -> bool:
        """Whether it reads what it does not remember, and so may block."""
        ...

    @property
    def has_users(self) -> bool:
        """Whether any user was ever recorded."""
        ...

    def user(self, user_id: str) -> UserFacts | None:
        """A user, deleted and purged ones too; None where the id was never recorded.

        Raises:
            FactsMissing: it would have to be read, and this view reads nothing.
            StoreUnavailable: it has to be read, and the store does not answer.
        """
        ...

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        """A tenant, deleted and purged ones too. Raises as `user`."""
        ...

    def tenant_of_domain(self, domain: str) -> str | None:
        """The id of the tenant that has a domain, in canonical spelling, and is there. Raises as `user`."""
        ...

    def overrides(self, tenant_id: str) -> TenantOverrides:
        """The values that a tenant has of flags. Raises as `user`."""
        ...


class Reading:
    """What is remembered, and read where it is not; may block.

    While the store is known not to answer, nobody waits for it again: `outage` says since when (epoch seconds).
    """

    may_read = True

    def __init__(self, memory: Remembered, source: FactsSource, outage: Callable[[], float | None]) -> None:
        self._memory = memory
        self._source = source
        self._outage = outage

    @property
    def has_users(self) -> bool:
        """Whether any user was ever recorded."""
        return self._memory.has_users

    def user(self, user_id: str) -> UserFacts | None:
        """A user, deleted and purged ones too; None where the id was never recorded. Raises StoreUnavailable."""
        memory = self._memory
        try:
            return memory.user(user_id)
        except FactsMissing:
            epoch = memory.epoch
            found = self._read(self._source.user, user_id)
            memory.keep_user(user_id, found, epoch)
            return found

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        """A tenant, deleted and purged ones too. Raises StoreUnavailable."""
        memory = self._memory
        try:
            return memory.tenant(tenant_id)
        except FactsMissing:
            epoch = memory.epoch
            found = self._read(self._source.tenant, tenant_id)
            memory.keep_tenant(tenant_id, found, epoch)
            return found

    def tenant_of_domain(self, domain: str) -> str | None:
        """The id of the tenant that has a domain, in canonical spelling, and is there. Raises StoreUnavailable."""
        memory = self._memory
        try:
            return memory.tenant_of_domain(domain)
        except FactsMissing:
            epoch = memory.epoch
            found = self._read(self._source.tenant_of_domain, domain)
            memory.keep_domain(domain, found, epoch)
            return found

    def overrides(self, tenant_id: str) -> TenantOverrides:
        """The values that a tenant has of flags. Raises StoreUnavailable."""
        memory = self._memory
        try:
            return memory.overrides(tenant_id)
        except FactsMissing:
            epoch = memory.epoch
            found = self._read(self._source.overrides, tenant_id)
            memory.keep_overrides(tenant_id, found, epoch)
            return found

    def _read(self, read: Callable[[str], T], key: str) -> T:
        if self._outage() is not None:
            raise StoreUnavailable("the database does not answer, and this is not remembered; try again in a moment")
        return read(key)

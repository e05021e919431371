"""What services need to read of the database for decisions."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from doorward.domain.api_keys import ApiKey
from doorward.domain.facts import FactChange, TenantFacts, UserFacts
from doorward.domain.flag_overrides import TenantOverrides

if TYPE_CHECKING:
    from array import array


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

"""What services need to keep of overrides: the values of flags, and the amounts of limits, that tenants have."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from doorward.domain.flag_overrides import FlagOverride
from doorward.domain.limit_overrides import LimitOverride
from doorward.domain.plans import Per


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

    def has_per(self, per: Per) -> bool:
        """Whether some tenant has an amount of its own that is counted so."""
        ...

    def of_tenants(self, tenants: Iterable[str]) -> dict[str, tuple[LimitOverride, ...]]:
        """All of some tenants, those that ended too, by name and `per`."""
        ...

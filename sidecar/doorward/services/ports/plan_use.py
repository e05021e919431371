"""What services need to know which plans tenants have."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from doorward.domain.subscriptions import Subscription


class PlanUseSource(Protocol):
    """Counts tenants by their plans, behind nobody's lock. Times are epoch microseconds."""

    def settled(self, now: int) -> Mapping[str, int]:
        """How many tenants have each plan of their own, where time has changed nothing. Raises StoreUnavailable."""
        ...

    def changed(self, now: int) -> Iterable[tuple[str, Subscription]]:
        """The others: the plan of their own, and the subscription that it depends on. Raises StoreUnavailable."""
        ...

    def pending(self, now: int) -> Mapping[str, int]:
        """How many subscriptions go on with another plan, by that. Raises StoreUnavailable."""
        ...

"""What services need of the database for subscriptions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from doorward.domain.subscriptions import Subscription, SubscriptionFilter


class Subscriptions(Protocol):
    """Recorded subscriptions, as they were stored last: what time has done since is not in them."""

    def add(self, subscription: Subscription) -> None:
        """Record one. Raises Conflict where its tenant has a live one."""
        ...

    def find(self, subscription_id: str, *, lock: bool = False) -> Subscription | None:
        """One by its id; with `lock` nobody else changes it until the transaction ends."""
        ...

    def newest(self, tenant: str, *, lock: bool = False) -> Subscription | None:
        """The live one of a tenant as it is stored, else the one that began last."""
        ...

    def newest_of(self, tenants: Iterable[str]) -> Mapping[str, Subscription]:
        """The same of several tenants, of those that have had one."""
        ...

    def had_trial(self, tenant: str) -> bool:
        """Whether any subscription of a tenant began with a trial."""
        ...

    def save(self, subscription: Subscription) -> None:
        """Write one that was found with `lock`."""
        ...

    def page(self, wanted: SubscriptionFilter, now: int, after: str, count: int) -> Sequence[Subscription]:
        """At most `count` by id, after an id (empty: from the first), of those that may be what is wanted by now.

        Days of grace are the catalog's: whoever asks for what is past due or has expired gets both.
        """
        ...

    def remove_all(self, tenant: str) -> int:
        """Take away all of a tenant; how many they were."""
        ...

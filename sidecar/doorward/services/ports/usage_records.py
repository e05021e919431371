"""What services need of the database about usage, beside the lane that counts."""

from collections.abc import Collection, Sequence
from typing import Protocol

from doorward.domain.catalog import Aggregation
from doorward.domain.usage import Checked
from doorward.domain.usage_thresholds import Threshold


class Usage(Protocol):
    """What was counted, as it is forgotten."""

    def forget(self, before: int, totals: Collection[str], most: int) -> int:
        """Forget the events of so many hours at most that ended before a time; how many hours they were.

        Kept are the first event of each value that is told apart, and what was consumed of `totals` and not returned.
        """
        ...

    def drop_windows(self, before: int, most: int) -> int:
        """Forget the counts of so many periods at most that ended before a time; how many they were."""
        ...

    def drop_reservations(self, before: int, most: int) -> int:
        """Forget so many reservations at most that were over before a time; how many they were."""
        ...

    def remove_all(self, tenant: str, most: int) -> int:
        """Take away what a tenant used, so many events and hours at most; how many of these there were."""
        ...

    def prune_purged(self, most: int) -> int:
        """Take away what is left of one tenant that was purged, so much at most; `most` where there may be more."""
        ...


class UsageChecks(Protocol):
    """Whether what is kept of usage is what its events say."""

    def next_key(self, after: tuple[str, str], tenant: str | None) -> tuple[str, str] | None:
        """The first (tenant, name) after one that something is kept of, or has events; of one tenant, where given."""
        ...

    def look(self, tenant: str, name: str, aggregation: Aggregation) -> Checked:
        """Compare a ledger, its hours and the periods that claim to be current with the events, while others count."""
        ...

    def check(self, tenant: str, name: str, aggregation: Aggregation, *, repair: bool) -> Checked:
        """The same while nobody else counts under the name; what differs is mended if that is wanted."""
        ...


class Thresholds(Protocol):
    """Shares of limits that were reached."""

    def page(self, tenant: str, after: str, count: int) -> Sequence[Threshold]:
        """At most `count` of a tenant, by id, after an id (empty: from the first)."""
        ...

    def has_due(self, now: int) -> bool:
        """Whether one is to be told by now."""
        ...

    def claim(self, now: int, until: int) -> Threshold | None:
        """One that is to be told by now; nobody else claims it until a time."""
        ...

    def note_delivered(self, threshold_id: str, now: int) -> None:
        """Note that one was told."""
        ...

    def prune(self, before: int, most: int) -> int:
        """Forget so many of periods at most that were reached before a time; how many were forgotten."""
        ...

    def put_off(self, threshold_id: str, until: int) -> None:
        """Have one told again after a time."""
        ...

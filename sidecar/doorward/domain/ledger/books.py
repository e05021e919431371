"""Books: what a group of requests finds, and what it leaves to be written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from doorward.domain.audit import AuditEvent
from doorward.domain.ledger.accounts import Account, WindowKey
from doorward.domain.ledger.requests import Held

EventKey = tuple[str, str, str]
"""Tenant, source and id."""
HELD: Final = "held"
COMMITTED: Final = "committed"
RELEASED: Final = "released"
EXPIRED: Final = "expired"
"""Noted once a ledger was looked at after a reservation's end: its room is free, whatever other clocks say."""


class Event:
    """One item of what was counted under an id."""

    __slots__ = (
        "amount",
        "at",
        "changed",
        "corrected",
        "corrects",
        "digest",
        "kind",
        "name",
        "recorded_at",
        "returned",
        "returned_at",
        "value",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        name: str,
        kind: str,
        amount: int,
        value: str | None,
        at: int,
        recorded_at: int,
        corrects: str | None,
        digest: str,
        corrected: int = 0,
        returned: int = 0,
        returned_at: int = 0,
    ) -> None:
        self.name = name
        self.kind = kind
        self.amount = amount
        self.value = value
        self.at = at
        self.recorded_at = recorded_at
        self.corrects = corrects
        self.digest = digest
        self.corrected = corrected
        self.returned = returned
        self.returned_at = returned_at
        self.changed = False


class Passed(NamedTuple):
    """A share of a limit that was reached."""

    tenant: str
    name: str
    window: WindowKey
    percent: int
    used: int
    amount: int
    at: int


@dataclass(slots=True)
class Books:
    """What is known of everything that a group of requests is about.

    `events` and `reservations` hold those of the ids that are asked for, `values` which of the periods have seen a
    value, `consumed_since` what a gauge's name was consumed after the time of a report, `gauge_changes` what this group
    of requests adds to that.
    """

    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    events: dict[EventKey, list[Event]] = field(default_factory=dict)
    reservations: dict[tuple[str, str], list[Held]] = field(default_factory=dict)
    values: dict[tuple[str, str, str], set[WindowKey]] = field(default_factory=dict)
    consumed_since: dict[tuple[str, str, int], int] = field(default_factory=dict)
    new_events: list[EventKey] = field(default_factory=list)
    new_reservations: list[tuple[str, str]] = field(default_factory=list)
    gauge_changes: list[tuple[str, str, int, int]] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    audit: list[AuditEvent] = field(default_factory=list)

    def account(self, tenant: str, name: str) -> Account:
        """The account of a name; it was read before."""
        return self.accounts[tenant, name]

    def record(self, key: EventKey, events: Sequence[Event]) -> None:
        """Note new events under an id."""
        self.events[key] = list(events)
        self.new_events.append(key)

    def note_of_gauge(self, account: Account, at: int, amount: int) -> None:
        """Note what was consumed at a time, or given back of it (less than 0): it matters to a report of a gauge."""
        self.gauge_changes.append((account.tenant, account.name, at, amount))

    def consumed_of_gauge(self, account: Account, since: int) -> int:
        """What was consumed of a gauge, and not given back, after a report of it was true."""
        known = self.consumed_since.get((account.tenant, account.name, since), 0)
        mine = (account.tenant, account.name)
        return known + sum(one[3] for one in self.gauge_changes if one[2] > since and one[:2] == mine)

"""Accounts: what was used under one name by one tenant, and how much room a limit leaves.

They are read and changed for every request, so they are plain slotted classes.
"""

from typing import Final, NamedTuple

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import Conflict
from doorward.domain.plans import MAX_AMOUNT, Per
from doorward.domain.windows import hour_of

WindowKey = tuple[Per, int]
MOST_HELD: Final = 10_000
"""Reservations of one name at once: what they hold is added up for each request."""
_SECOND_NS: Final = 1_000_000_000
_MICROSECOND_NS: Final = 1_000
_TOTAL: Final[WindowKey] = (Per.TOTAL, 0)
# To look a member of an enumeration up takes longer than what is done with it below.
_EVER: Final = Per.TOTAL
_RATE: Final = Per.RATE_PER_SECOND
_GAUGE: Final = Aggregation.LATEST


class Rule(NamedTuple):
    """How much of a limit there is per period; `amount` is None where it is unlimited. Times are epoch microseconds."""

    per: Per
    amount: int | None
    starts_at: int
    ends_at: int

    @property
    def key(self) -> WindowKey:
        """Which window it is about."""
        return self.per, self.starts_at


class Standing(NamedTuple):
    """How a limit stands: what is used, what is held by reservations, what remains (None: unlimited).

    `resets_at` is when more becomes free by time alone, 0 where it never does. `retry_at` is when what was refused
    may be tried again, 0 where time does not help.
    """

    rule: Rule
    used: int
    held: int
    remaining: int | None
    resets_at: int
    has_room: bool
    retry_at: int = 0


class Period:
    """What was used within a period, when the ledger stood at `as_of`; `changed` where that stands nowhere else."""

    __slots__ = ("as_of", "changed", "ends_at", "used")

    def __init__(self, ends_at: int, used: int, as_of: int, *, changed: bool = False) -> None:
        self.ends_at = ends_at
        self.used = used
        self.as_of = as_of
        self.changed = changed


class Hour:
    """What a group of requests adds to an hour."""

    __slots__ = ("amount", "events", "largest", "last", "last_at", "last_by", "returned")

    def __init__(self) -> None:
        self.amount = self.returned = self.events = self.largest = self.last = self.last_at = 0
        self.last_by = ""


class Account:
    """What was counted under a name. `periods` are those that limits ask for, `held` what reservations hold of each.

    `holding` is how many these are.
    """

    __slots__ = (
        "arrival",
        "changed",
        "held",
        "held_until",
        "holding",
        "hours",
        "name",
        "periods",
        "reported_at",
        "reported_by",
        "seq",
        "tenant",
        "used",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        tenant: str,
        name: str,
        seq: int = 0,
        used: int = 0,
        reported_at: int = 0,
        reported_by: str = "",
        arrival: int = 0,
        held_until: int = 0,
    ) -> None:
        self.tenant = tenant
        self.name = name
        self.seq = seq
        self.used = used
        self.reported_at = reported_at
        self.reported_by = reported_by
        self.arrival = arrival
        self.held_until = held_until
        self.periods: dict[WindowKey, Period] = {}
        self.held: dict[WindowKey, int] = {}
        self.holding = 0
        self.hours: dict[int, Hour] = {}
        self.changed = False

    def standing(self, rule: Rule, amount: int, now: int, aggregation: Aggregation) -> Standing:
        """How a limit stands before `amount` more at `now` (epoch microseconds), and whether that fits."""
        if rule.per is _RATE:
            return self._rate(rule, amount, now)
        used = self.used_of(rule, aggregation)
        held = 0
        if self.held_until > now:
            held = self.held.get(_TOTAL if aggregation is _GAUGE else rule.key, 0)
        if rule.amount is None:
            return Standing(rule, used, held, None, rule.ends_at, has_room=True)
        remaining = max(0, rule.amount - used - held)
        retry_at = rule.ends_at if amount <= rule.amount else 0
        return Standing(rule, used, held, remaining, rule.ends_at, amount <= remaining, retry_at)

    def used_of(self, rule: Rule, aggregation: Aggregation) -> int:
        """What counts against a limit that is no rate: of a gauge what it stands at, whatever the period."""
        if rule.per is _EVER or aggregation is _GAUGE:
            return self.used
        return self.periods[rule.key].used

    def _rate(self, rule: Rule, amount: int, now: int) -> Standing:
        """GCRA (ITU-T I.371): the next is due at `arrival`, and a second's worth may come ahead of it."""
        if rule.amount is None:
            return Standing(rule, 0, 0, None, 0, has_room=True)
        if rule.amount == 0:
            return Standing(rule, 0, 0, 0, 0, has_room=False)
        interval = _interval(rule.amount)
        now_ns = now * _MICROSECOND_NS
        ahead = max(self.arrival - now_ns, 0)
        free = max(0, (rule.amount * interval - ahead) // interval)
        wait = ahead + amount * interval - rule.amount * interval
        return Standing(
            rule,
            rule.amount - free,
            0,
            free,
            now + -(-ahead // _MICROSECOND_NS) if ahead else 0,
            wait <= 0,
            0 if amount > rule.amount else now + -(-max(wait, 0) // _MICROSECOND_NS),
        )

    def take_rate(self, rule: Rule, amount: int, now: int) -> None:
        """Let `amount` pass a rate."""
        if rule.amount:
            arrival = max(self.arrival, now * _MICROSECOND_NS) + amount * _interval(rule.amount)
            self.arrival = min(arrival, MAX_AMOUNT)
            self.changed = True

    def time_of(self, at: int) -> int:
        """When what is consumed now counts: of a gauge after its last report, though that may be of a later time."""
        return at if at > self.reported_at else self.reported_at + 1

    def check_sum(self, amount: int) -> None:
        """Raise Conflict where `amount` more is more than can be counted."""
        if self.used + amount > MAX_AMOUNT:
            raise Conflict(f"{self.name!r} would be more than {MAX_AMOUNT}; nothing was counted")

    def check_held(self, amount: int) -> None:
        """Raise Conflict where `amount` more, beside what is held, is more than can be counted, or looked at."""
        self.check_sum(amount + self.held.get(_TOTAL, 0))
        if self.holding >= MOST_HELD:
            raise Conflict(f"{MOST_HELD} reservations of {self.name!r} are held; commit or release some first")

    def add(self, amount: int, at: int) -> None:
        """Count `amount` (less than 0: taken back) at a time: in the total, in its hour, in the periods it lies in."""
        self.check_sum(amount)
        self.used += amount
        self._counted(amount, at, int(amount > 0), amount)
        for (_, starts_at), period in self.periods.items():
            if starts_at <= at < period.ends_at:
                period.used += amount

    def raise_to(self, amount: int, at: int) -> None:
        """Count a report of a meter that keeps the most."""
        self.used = max(self.used, amount)
        self._counted(0, at, 1, amount)
        for (_, starts_at), period in self.periods.items():
            if starts_at <= at < period.ends_at and amount > period.used:
                period.used = amount

    def set_to(self, amount: int, at: int, by: str, consumed_since: int) -> None:
        """Count a report of a gauge: the latest one holds, with what was consumed after it."""
        hour = self._counted(0, at, 1, amount)
        if (at, by) >= (hour.last_at, hour.last_by):
            hour.last, hour.last_at, hour.last_by = amount, at, by
        if (at, by) >= (self.reported_at, self.reported_by):
            self.reported_at, self.reported_by = at, by
            self.used = min(amount + consumed_since, MAX_AMOUNT)

    def note_unique(self, at: int, new_in: frozenset[WindowKey], *, is_new: bool) -> None:
        """Count a value of a meter of unique values; `new_in` are the periods that had not seen it."""
        self.used += is_new
        self._counted(1, at, 1, 1)
        for key in new_in:
            self.periods[key].used += 1

    def give_back(self, amount: int, at: int) -> None:
        """Lower the total by what was consumed at a time; what a period used stays used.

        What was consumed before a gauge's last report is a part of that report: it stands at what was reported.
        """
        if at > self.reported_at:
            self.used -= amount
        self._hour(at).returned += amount
        self.changed = True

    def hold(self, amount: int, reserved_at: int, expires_at: int) -> None:
        """Keep room for a reservation, or give it up again (less than 0)."""
        self.held[_TOTAL] = self.held.get(_TOTAL, 0) + amount
        for key, period in self.periods.items():
            if key[1] <= reserved_at < period.ends_at:
                self.held[key] = self.held.get(key, 0) + amount
        self.holding += 1 if amount > 0 else -1
        self.held_until = max(self.held_until, expires_at)
        self.changed = True

    def _counted(self, amount: int, at: int, events: int, largest: int) -> Hour:
        """Note what an hour is to be summed up by; of the most and of what was reported last there is no sum.

        Every period is of the new `seq`: those that are not among `periods` are not, and are computed when asked for.
        """
        self.seq += 1
        self.changed = True
        hour = self._hour(at)
        hour.amount += amount
        hour.events += events
        hour.largest = max(hour.largest, largest)
        return hour

    def _hour(self, at: int) -> Hour:
        begins = hour_of(at)
        hour = self.hours.get(begins)
        if hour is None:
            hour = self.hours[begins] = Hour()
        return hour


def _interval(amount: int) -> int:
    """Nanoseconds between two of a rate, rounded up: never more than the plan says."""
    return -(-_SECOND_NS // amount)

"""Usage events: what a host says was used, and which of them are taken."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from doorward.domain.errors import BadRequest, Conflict, DoorwardError, NotFound, NotPermitted
from doorward.domain.ledger.requests import CONSUMED
from doorward.domain.windows import SECOND

MOST_EVENTS: Final = 1_000
MAX_EVENT_TEXT: Final = 256
AHEAD_SECONDS: Final = 300
"""How far the clock of a host may be ahead of ours."""
LATE_DAYS: Final = 31
"""Events of longer ago are not taken: the periods that they belong to are settled."""
_DAY: Final = 86_400 * SECOND
_WORST_FIRST: Final = (NotPermitted, BadRequest, NotFound, Conflict)


class UsageEvent(NamedTuple):
    """An event as it was sent.

    `place` is where it stands: empty, or like `[3].`. An empty `tenant` is the key's own. `at` is epoch microseconds,
    None where the event names no time. `value` and `corrects` are what its data say, of any JSON type, None where they
    do not. `digest` is of all that makes it this event.
    """

    place: str
    id: str
    source: str
    meter: str
    tenant: str
    at: int | None
    value: object
    corrects: object
    digest: str


def check_event_id(member: str, value: object) -> str:
    """An id or a source. Raises BadRequest unless it is a text of 1 to 256 printable characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_EVENT_TEXT or not value.isprintable():
        raise BadRequest(f"{member}: must be a text of 1 to {MAX_EVENT_TEXT} printable characters")
    return value


def check_source(member: str, value: object) -> str:
    """A source. Raises BadRequest, also for the one under which Doorward keeps what is consumed."""
    source = check_event_id(member, value)
    if source == CONSUMED:
        raise BadRequest(f"{member}: {CONSUMED!r} is where consumed limits are kept; name the source otherwise")
    return source


def check_time(member: str, at: int, now: int) -> int:
    """Raise BadRequest for a time that is to come, or too long ago; both are epoch microseconds."""
    if at > now + AHEAD_SECONDS * SECOND:
        raise BadRequest(f"{member}: is more than {AHEAD_SECONDS} seconds ahead of the clock here; mend that clock")
    if at < now - LATE_DAYS * _DAY:
        raise BadRequest(f"{member}: is more than {LATE_DAYS} days ago; events are taken up to then")
    return at


def together(faults: Sequence[DoorwardError]) -> DoorwardError:
    """One error that tells of all, a line each: of the kind that weighs most."""
    if len(faults) == 1:
        return faults[0]
    for kind in _WORST_FIRST:
        if any(type(one) is kind for one in faults):
            return kind("\n".join(map(str, faults)))
    return faults[0]


class Difference(NamedTuple):
    """Something that is kept of usage and is not what the events say. `per` and `starts_at` say which period."""

    tenant: str
    name: str
    what: str
    per: str | None
    starts_at: int | None
    kept: int
    right: int


class Checked(NamedTuple):
    """What came of checking one ledger: its key, and what was wrong with it."""

    tenant: str
    name: str
    differences: Sequence[Difference]


RETENTION_DAYS: Final = 2_555
"""How long events are kept where nobody says otherwise; their sums by the hour stay."""
LEAST_RETENTION_DAYS: Final = 40
"""How long at least: so long one may be late, be sent again or be corrected."""
BILLED_RETENTION_DAYS: Final = 400
"""How long where something is counted by billing periods: one of a year may begin in the middle of an hour."""
RESERVATIONS_KEPT_DAYS: Final = 40
"""How long after its end it is known what became of a reservation; what was committed is known by its event."""
WINDOWS_KEPT_DAYS: Final = 40
"""How long after its end the count of a period is kept; it can be computed again."""

"""Periods: months and years in a time zone, counted from an anchor, each up to where the next begins.

Instants are epoch microseconds. What a wall clock does not show, or shows twice, is read as RFC 5545 (3.3.5) reads it:
a wall time that a change of the clock skips by the offset before the change, so it comes later by what was skipped;
one that comes twice is the first. The anchor itself is the instant that it is.
"""

import calendar
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from doorward.domain.errors import BadRequest, NotSupported

UTC_NAME: Final = "UTC"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - wall times have no zone
_MICROSECOND: Final = timedelta(microseconds=1)
_MONTHS_A_YEAR: Final = 12
_NO_ZONES: Final = frozenset({"localtime", "Factory"})  # where a machine stands, or that nobody has said it


class BillingPeriod(StrEnum):
    """How often a subscription is paid for."""

    MONTHLY = "monthly"
    YEARLY = "yearly"

    @property
    def months(self) -> int:
        """Its length."""
        return _MONTHS_A_YEAR if self is BillingPeriod.YEARLY else 1


class Period(NamedTuple):
    """From `start` up to `end`, which is the next one's start."""

    start: int
    end: int


def check_zone(member: str, name: str) -> str:
    """The name of a time zone. Raises BadRequest where this machine's IANA database has none of that name."""
    if name in _zone_names():
        return name
    raise BadRequest(f"{member} {name[:100]!r} is no time zone; give a name like Europe/Berlin, or UTC")


def period_at(anchor: int, interval: BillingPeriod, zone: str, instant: int) -> Period:
    """The period that an instant is in, also before the anchor.

    Period n is from `boundary(n)` up to `boundary(n + 1)`, so that there is one for each instant, and one only.
    """
    there = _zone(zone)
    first, asked = _wall(anchor, there), _wall(instant, there)
    months = (asked.year - first.year) * _MONTHS_A_YEAR + asked.month - first.month
    number = months // interval.months  # the right one, or one beside it: the days within the month tell
    while boundary(anchor, interval, zone, number) > instant:
        number -= 1
    while (end := boundary(anchor, interval, zone, number + 1)) <= instant:
        number += 1
    return Period(boundary(anchor, interval, zone, number), end)


def boundary(anchor: int, interval: BillingPeriod, zone: str, number: int) -> int:
    """Where period `number` begins: so many intervals from the anchor, at its time of day on the wall.

    Always counted from the anchor: 31 January, 28 February, 31 March. A day that a month does not have is its last.
    """
    if number == 0:
        return anchor
    there = _zone(zone)
    return _instant(_months_on(_wall(anchor, there), number * interval.months), there)


def days_after(instant: int, days: int, zone: str) -> int:
    """The same time of day on the wall, so many days on: days of 23 and of 25 hours are days."""
    if days == 0:
        return instant
    there = _zone(zone)
    return _instant(_wall(instant, there) + timedelta(days=days), there)


def calendar_month(instant: int) -> Period:
    """The month in UTC that an instant is in."""
    wall = _wall(instant, UTC)
    start = wall.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Period(_instant(start, UTC), _instant(_months_on(start, 1), UTC))


def days_from(instant: int, zone: str, shift: int = 0) -> Iterator[int]:
    """Where days begin on the wall: the one that an instant is in, so many days on, and those after it."""
    there = _zone(zone)
    day = _wall(instant, there).replace(hour=0, minute=0, second=0, microsecond=0)
    return (_instant(day + timedelta(days=number), there) for number in itertools.count(shift))


def months_from(instant: int, zone: str, shift: int = 0) -> Iterator[int]:
    """Where months begin on the wall: the one that an instant is in, so many months on, and those after it."""
    there = _zone(zone)
    first = _wall(instant, there).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (_instant(_months_on(first, number), there) for number in itertools.count(shift))


def _months_on(wall: datetime, months: int) -> datetime:
    years, month = divmod(wall.month - 1 + months, _MONTHS_A_YEAR)
    year = wall.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return wall.replace(year=year, month=month + 1, day=min(wall.day, last))


def _wall(instant: int, zone: tzinfo) -> datetime:
    """What the clock on the wall shows, without a zone."""
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone).replace(tzinfo=None, fold=0)


def _instant(wall: datetime, zone: tzinfo) -> int:
    """When the clock on the wall shows it; see the module for those that it skips, or shows twice."""
    offset = wall.replace(tzinfo=zone).utcoffset() or timedelta()
    return (wall - _WALL_EPOCH - offset) // _MICROSECOND


@lru_cache(maxsize=1_024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # another machine, with newer zones, accepted it
        raise NotSupported(f"this machine knows no time zone {name[:100]!r}; install a newer tzdata") from error


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)

"""Periods tile time, whatever the anchor, the zone and the interval; and the calendar's traps by name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.domain.errors import BadRequest, NotSupported
from doorward.domain.periods import (
    BillingPeriod,
    boundary,
    calendar_month,
    check_zone,
    days_after,
    period_at,
)
from support.subscriptions import DAY, HOUR, at, wall

MONTHLY, YEARLY = BillingPeriod.MONTHLY, BillingPeriod.YEARLY
ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
INSTANTS = st.datetimes(datetime(1890, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda time: (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
)
INTERVALS = st.sampled_from(BillingPeriod)


def boundaries(anchor: str, interval: BillingPeriod, count: int, zone: str = "UTC") -> list[str]:
    return [wall(boundary(at(anchor, zone), interval, zone, number), zone) for number in range(count)]


@given(anchor=INSTANTS, interval=INTERVALS, zone=ZONES, instant=INSTANTS)
@example(anchor=at("2011-11-30T10:00", "Pacific/Apia"), interval=MONTHLY, zone="Pacific/Apia", instant=at("2011-12-30"))
def test_each_instant_is_in_one_period_and_the_next_one_begins_where_it_ends(
    anchor: int, interval: BillingPeriod, zone: str, instant: int
) -> None:
    start, end = period_at(anchor, interval, zone, instant)
    assert start <= instant < end
    assert period_at(anchor, interval, zone, start) == (start, end)
    assert period_at(anchor, interval, zone, end - 1) == (start, end)
    assert period_at(anchor, interval, zone, end)[0] == end
    assert period_at(anchor, interval, zone, start - 1)[1] == start


@given(anchor=INSTANTS, interval=INTERVALS, zone=ZONES)
def test_a_period_begins_at_the_anchor(anchor: int, interval: BillingPeriod, zone: str) -> None:
    assert period_at(anchor, interval, zone, anchor).start == anchor
    assert period_at(anchor, interval, zone, anchor - 1).end == anchor


@given(anchor=INSTANTS, interval=INTERVALS, zone=ZONES, number=st.integers(-500, 500))
def test_boundaries_come_in_their_order_a_month_or_a_year_apart(
    anchor: int, interval: BillingPeriod, zone: str, number: int
) -> None:
    one = boundary(anchor, interval, zone, number % (40 if interval is YEARLY else 500))
    two = boundary(anchor, interval, zone, number % (40 if interval is YEARLY else 500) + 1)
    shortest, longest = (26, 33) if interval is MONTHLY else (363, 368)  # zones have moved by a day, and by two
    assert shortest * DAY < two - one < longest * DAY


@given(anchor=INSTANTS, zone=ZONES)
def test_twelve_months_are_a_year(anchor: int, zone: str) -> None:
    for years in (-3, 1, 4):
        assert boundary(anchor, MONTHLY, zone, 12 * years) == boundary(anchor, YEARLY, zone, years)


@given(instant=INSTANTS, zone=ZONES, days=st.integers(0, 400))
def test_days_follow_each_other(instant: int, zone: str, days: int) -> None:
    here, there = days_after(instant, days, zone), days_after(instant, days + 1, zone)
    assert here <= there <= here + 2 * DAY + HOUR
    assert days_after(instant, 0, zone) == instant


@given(instant=INSTANTS)
def test_calendar_months_tile_time(instant: int) -> None:
    start, end = calendar_month(instant)
    assert start <= instant < end
    assert calendar_month(end).start == end
    assert wall(start).endswith("-01 00:00")


def test_month_ends_are_counted_from_the_anchor_not_from_each_other() -> None:
    assert boundaries("2026-01-31T12:00", MONTHLY, 6) == [
        "2026-01-31 12:00",
        "2026-02-28 12:00",
        "2026-03-31 12:00",
        "2026-04-30 12:00",
        "2026-05-31 12:00",
        "2026-06-30 12:00",
    ]


def test_month_ends_before_the_anchor_are_counted_from_it_too() -> None:
    start, end = period_at(at("2026-05-31"), MONTHLY, "UTC", at("2026-03-10"))
    assert (wall(start), wall(end)) == ("2026-02-28 00:00", "2026-03-31 00:00")


def test_29_february_comes_back_after_three_years_of_the_28th() -> None:
    assert [one[:10] for one in boundaries("2024-02-29T00:00", YEARLY, 5)] == [
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


def test_29_february_does_not_come_back_in_a_year_that_skips_its_leap_day() -> None:
    assert wall(boundary(at("2096-02-29"), YEARLY, "UTC", 4)) == "2100-02-28 00:00"


def test_days_may_go_over_a_month_end() -> None:
    assert wall(days_after(at("2026-01-25T09:30"), 14, "UTC")) == "2026-02-08 09:30"
    assert wall(days_after(at("2028-02-20T09:30"), 14, "UTC")) == "2028-03-05 09:30"


def test_a_day_of_23_hours_and_one_of_25_are_days() -> None:
    before_spring, before_autumn = at("2026-03-28T12:00", "Europe/Berlin"), at("2026-10-24T12:00", "Europe/Berlin")
    assert days_after(before_spring, 1, "Europe/Berlin") - before_spring == 23 * HOUR
    assert days_after(before_autumn, 1, "Europe/Berlin") - before_autumn == 25 * HOUR


def test_the_time_of_day_stays_when_the_clocks_change() -> None:
    assert boundaries("2026-01-15T08:00", MONTHLY, 5, "America/New_York") == [
        "2026-01-15 08:00",
        "2026-02-15 08:00",
        "2026-03-15 08:00",
        "2026-04-15 08:00",
        "2026-05-15 08:00",
    ]


def test_a_time_that_the_clocks_skip_comes_later_by_what_they_skip() -> None:
    assert boundaries("2026-02-28T02:30", MONTHLY, 3, "Europe/Berlin")[1] == "2026-03-28 02:30"
    assert boundaries("2026-02-28T02:30", YEARLY, 2, "Europe/Berlin")[1] == "2027-02-28 02:30"
    assert boundaries("2026-01-29T02:30", MONTHLY, 4, "Europe/Berlin") == [
        "2026-01-29 02:30",
        "2026-02-28 02:30",
        "2026-03-29 03:30",
        "2026-04-29 02:30",
    ]


def test_midnight_that_the_clocks_skip_is_one_in_the_morning() -> None:
    assert wall(boundary(at("2018-10-04", "America/Sao_Paulo"), MONTHLY, "America/Sao_Paulo", 1), "UTC") == (
        "2018-11-04 03:00"
    )


def test_a_time_that_comes_twice_is_the_first() -> None:
    assert boundary(at("2026-09-25T02:30", "Europe/Berlin"), MONTHLY, "Europe/Berlin", 1) == at(
        "2026-10-25T02:30", "Europe/Berlin", fold=0
    )


def test_an_anchor_at_the_second_of_two_is_where_it_is() -> None:
    second = at("2026-10-25T02:30", "Europe/Berlin", fold=1)
    assert period_at(second, MONTHLY, "Europe/Berlin", second).start == second
    assert period_at(second, MONTHLY, "Europe/Berlin", second - 1).end == second
    assert second - at("2026-10-25T02:30", "Europe/Berlin") == HOUR


def test_a_day_that_a_country_skipped_altogether_is_the_next() -> None:
    assert boundaries("2011-11-30T10:00", MONTHLY, 3, "Pacific/Apia")[1] == "2011-12-31 10:00"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Etc/GMT+5", "America/Argentina/Buenos_Aires"])
def test_names_of_the_iana_database_are_time_zones(zone: str) -> None:
    assert check_zone("time_zone", zone) == zone


@pytest.mark.parametrize(
    "zone",
    [
        pytest.param("", id="empty"),
        pytest.param("Europe", id="a folder"),
        pytest.param("../UTC", id="a path out of the database"),
        pytest.param("/etc/localtime", id="an absolute path"),
        pytest.param("Europe/../UTC", id="a path that is not normal"),
        pytest.param("UTC\0", id="NUL"),
        pytest.param("europe/berlin", id="another spelling"),
        pytest.param("+02:00", id="an offset"),
        pytest.param("localtime", id="the machine's own"),
        pytest.param("Factory", id="none at all"),
        pytest.param("right/UTC", id="with leap seconds"),
        pytest.param("\ud800", id="a lone surrogate"),
        pytest.param("x" * 100_000, id="a long text"),
    ],
)
def test_anything_else_is_not(zone: str) -> None:
    with pytest.raises(BadRequest, match=r"time_zone .* is no time zone; give a name like Europe/Berlin") as raised:
        check_zone("time_zone", zone)
    assert len(str(raised.value)) < 250


def test_a_zone_that_only_another_machine_knows_is_told() -> None:
    with pytest.raises(NotSupported, match="this machine knows no time zone 'Mars/Olympus'; install a newer tzdata"):
        days_after(0, 1, "Mars/Olympus")

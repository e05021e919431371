"""Series of usage: days and months are those of the tenant's wall clock, whole and without gaps."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.domain.catalog import Aggregation
from doorward.domain.errors import BadRequest
from doorward.services.limits import Allowance, Allowances
from doorward.services.ports.usage import UsageSource
from doorward.services.usage import By, MeterUsage, UsageReading
from doorward.services.usage.reading import MOST_STRETCHES
from support.subscriptions import HOUR, at, wall

NOW = at("2026-11-28T07:30")


class Source:
    """Says how many hours each stretch has."""

    @staticmethod
    def between(_tenant: str, _name: str, _aggregation: Aggregation, edges: Sequence[int]) -> list[int]:
        return [(end - start) // HOUR for start, end in pairwise(edges)]


class Has:
    """What a tenant in a time zone has."""

    tenant = "acme"
    now = NOW

    def __init__(self, zone: str, aggregation: Aggregation = Aggregation.SUM) -> None:
        self.time_zone = zone
        self._aggregation = aggregation

    def asked(self, _name: str, _amount: int) -> Any:
        class Asked:
            aggregation = self._aggregation

        return Asked

    @staticmethod
    def unit(_name: str) -> None:
        return None


def used(zone: str, start: str | int | None, end: str | int | None, by: By, **more: Any) -> MeterUsage:
    reading = UsageReading(cast("UsageSource", Source()), Allowances(), lambda: NOW / 1_000_000)
    times = [at(one, zone) if isinstance(one, str) else one for one in (start, end)]
    return reading.used(cast("Allowance", Has(zone, **more)), "api_calls", *times, by)


def test_the_day_of_a_change_of_the_clock_has_23_or_25_hours() -> None:
    spring = used("Europe/Berlin", "2026-03-28", "2026-03-31", By.DAY)
    autumn = used("Europe/Berlin", "2026-10-24", "2026-10-27", By.DAY)

    assert [value for _, _, value in spring.series] == [24, 23, 24]
    assert [value for _, _, value in autumn.series] == [24, 25, 24]
    assert (spring.total, autumn.total) == (71, 73)


def test_a_day_whose_midnight_is_skipped_begins_later_and_the_next_one_at_midnight() -> None:
    found = used("America/Sao_Paulo", "2018-11-03", "2018-11-06", By.DAY)

    assert [wall(start, "America/Sao_Paulo")[-5:] for start, _, _ in found.series] == ["00:00", "01:00", "00:00"]
    assert [value for _, _, value in found.series] == [24, 23, 24]


def test_months_are_those_of_the_wall_clock() -> None:
    found = used("Asia/Kolkata", "2026-01-01", "2026-04-01", By.MONTH)

    assert [value for _, _, value in found.series] == [31 * 24, 28 * 24, 31 * 24]
    assert found.series[0][0] == at("2025-12-31T18:30")


def test_the_first_and_the_last_stretch_are_cut_where_they_are_asked_for() -> None:
    found = used("UTC", "2026-01-01T18:00", "2026-01-03T05:00", By.DAY)

    assert [value for _, _, value in found.series] == [6, 24, 5]


@pytest.mark.parametrize(("by", "places"), [(By.HOUR, 24), (By.DAY, 31), (By.MONTH, 12)])
def test_without_times_the_last_ones_are_told_up_to_the_end_of_this_one(by: By, places: int) -> None:
    found = used("Pacific/Auckland", None, None, by)

    assert len(found.series) == places
    assert found.series[-1][0] <= NOW < found.series[-1][1]


def test_the_total_of_what_is_no_sum_is_asked_for_by_itself() -> None:
    assert used("UTC", "2026-01-01", "2026-01-03", By.DAY, aggregation=Aggregation.MAX).total == 48


@given(
    days=st.integers(1, 40_000),
    minutes=st.integers(0, 1_439),
    hours=st.integers(1, 24 * 400),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    by=st.sampled_from(By),
)
def test_a_series_tiles_its_time(days: int, minutes: int, hours: int, zone: str, by: By) -> None:
    begins = days * 24 * HOUR + minutes * HOUR // 60
    ends = begins + hours * HOUR
    try:
        found = used(zone, begins, ends, by)
    except BadRequest:
        assert by is By.HOUR
        assert hours > MOST_STRETCHES - 2
        return
    assert found.series[0][0] == begins
    assert found.series[-1][1] == ends
    assert all(one[1] == other[0] for one, other in pairwise(found.series))
    assert all(one[0] < one[1] for one in found.series)

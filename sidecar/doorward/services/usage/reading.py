"""What usage comes to: how limits stand, and what was used between two times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.catalog import Aggregation
from doorward.domain.errors import BadRequest
from doorward.domain.ledger.accounts import Standing
from doorward.domain.periods import days_from, months_from
from doorward.domain.plans import MAX_AMOUNT
from doorward.domain.windows import HOUR, hour_of
from doorward.services.facts import FactsView
from doorward.services.limits import Allowance, Allowances
from doorward.services.ports import Clock, PolicySnapshot
from doorward.services.ports.usage import UsageSource

MOST_STRETCHES: Final = 1_000
_SECOND: Final = 1_000_000
_BEGINNING: Final = 0
_END: Final = 1 << 62


class By(StrEnum):
    """How long the stretches of a series are: hours of UTC, days and months where the tenant is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


_LOOKED_BACK: Final = {By.HOUR: 24, By.DAY: 31, By.MONTH: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterStanding:
    """How one limit of a tenant stands."""

    name: str
    aggregation: Aggregation
    unit: str | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterUsage:
    """What was used from `start` up to `end` (None: open), and in each stretch of (start, end, value)."""

    tenant: str
    name: str
    aggregation: Aggregation
    unit: str | None
    time_zone: str
    start: int | None
    end: int | None
    total: int
    series: Sequence[tuple[int, int, int]]


class UsageReading:
    """Reads usage, as it is in the database."""

    def __init__(self, source: UsageSource, allowances: Allowances, clock: Clock) -> None:
        self._source = source
        self._allowances = allowances
        self._clock = clock

    def allowance(self, tenant: str, caller: Caller, policy: PolicySnapshot, facts: FactsView) -> Allowance:
        """What a tenant has now. Raises as Allowances.of."""
        return self._allowances.of(tenant, caller, policy, facts, int(self._clock() * _SECOND))

    def standings(self, allowance: Allowance) -> list[MeterStanding]:
        """How all limits and meters of a tenant stand, by name. Raises StoreUnavailable."""
        asked = [(allowance.tenant, allowance.asked(name, 0)) for name in allowance.names]
        accounts = self._source.accounts(asked, allowance.now)
        return [
            MeterStanding(
                name=one.name,
                aggregation=one.aggregation,
                unit=allowance.unit(one.name),
                standing=accounts[tenant, one.name].standing(rule, 0, allowance.now, one.aggregation),
            )
            for tenant, one in asked
            for rule in one.rules
        ]

    def used(self, allowance: Allowance, name: str, start: int | None, end: int | None, by: By | None) -> MeterUsage:
        """What was used from a time up to another (epoch microseconds, None: open), and in each stretch of it.

        Raises:
            BadRequest: the times are not in order, or too many stretches lie between them.
            NotFound: there is no such meter.
            StoreUnavailable: the database does not answer.
        """
        aggregation = allowance.asked(name, 0).aggregation
        zone = allowance.time_zone
        edges: Sequence[int] = ()
        if by is not None:
            edges = _edges(by, zone, start, end, allowance.now)
            start, end = edges[0], edges[-1]
        first, last = _BEGINNING if start is None else start, _END if end is None else end
        if first >= last:
            raise BadRequest("end must be after start")
        values = self._source.between(allowance.tenant, name, aggregation, edges) if edges else []
        if edges and aggregation in {Aggregation.SUM, Aggregation.COUNT}:
            total = min(sum(values), MAX_AMOUNT)
        else:
            total = self._source.between(allowance.tenant, name, aggregation, (first, last))[0]
        return MeterUsage(
            tenant=allowance.tenant,
            name=name,
            aggregation=aggregation,
            unit=allowance.unit(name),
            time_zone=zone,
            start=start,
            end=end,
            total=total,
            series=[(*stretch, value) for stretch, value in zip(pairwise(edges), values, strict=True)],
        )


def _edges(by: By, zone: str, start: int | None, end: int | None, now: int) -> list[int]:
    """Where stretches begin and end; the first and the last are cut where they are asked for."""
    if start is None:
        last = now if end is None else end - 1
        start = next(_begins(by, zone, last, 1 - _LOOKED_BACK[by]))
    if end is None:
        end = next(_begins(by, zone, max(now, start), 1))
    if start >= end:
        raise BadRequest("end must be after start")
    edges = [start]
    for edge in _begins(by, zone, start, 1):
        edges.append(min(edge, end))
        if edge >= end:
            return edges
        if len(edges) > MOST_STRETCHES:
            break
    raise BadRequest(f"more than {MOST_STRETCHES} {by.value}s lie between start and end; ask for less at a time")


def _begins(by: By, zone: str, instant: int, shift: int) -> Iterator[int]:
    """Where stretches begin: the one that an instant is in, so many on, and those after it."""
    match by:
        case By.HOUR:
            return iter(range(hour_of(instant) + shift * HOUR, _END, HOUR))
        case By.DAY:
            return days_from(instant, zone, shift)
        case By.MONTH:
            return months_from(instant, zone, shift)

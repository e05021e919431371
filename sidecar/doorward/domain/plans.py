"""Plans: what a tenant pays for, which features it gets, and how much of each limit."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from doorward.domain.errors import BadRequest

MAX_AMOUNT: Final = (1 << 63) - 1
UNLIMITED: Final = "unlimited"
MAX_PRICE: Final = 10**15
MAX_DAYS: Final = 36_500
_NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})


class Per(StrEnum):
    """What an amount is counted in: all there is at a time, what comes within a period, or a rate."""

    TOTAL = "total"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    BILLING_PERIOD = "billing_period"
    RATE_PER_SECOND = "rate/second"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLimit:
    """How much of a limit a plan gives; `amount` is None where it is unlimited."""

    limit: str
    per: Per
    amount: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """What policies/catalog.yaml says of a plan. Prices are in minor units: 4900 is 49.00."""

    title: str
    description: str | None = None
    price_monthly: int = 0
    price_yearly: int = 0
    trial_days: int = 0
    grace_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRows:
    """What policies/plans.csv says of a plan, from `line` on: its features, inherited ones last, and its limits."""

    features: tuple[str, ...] = ()
    limits: tuple[PlanLimit, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan that policies/plans.csv or policies/catalog.yaml names.

    `name` is its id, `title` what people call it. Prices are in minor units. `features` are all that it
    has, inherited ones included; a limit that is not among `limits` is 0. `place` is the FILE:LINE that names
    it: what it costs, else the first of its rows.
    """

    name: str
    title: str
    description: str | None
    price_monthly: int
    price_yearly: int
    trial_days: int
    grace_days: int
    features: tuple[str, ...]
    limits: tuple[PlanLimit, ...]
    place: str | None = field(default=None, compare=False)
    limits_by_name: Mapping[str, tuple[PlanLimit, ...]] = field(init=False, compare=False, repr=False)
    least: Mapping[str, float] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Sort the limits once: by name, and what conditions read of each."""
        by_name = _by_name(self.limits)
        object.__setattr__(self, "limits_by_name", by_name)
        object.__setattr__(self, "least", least_of(by_name))


def read_amount(member: str, value: object) -> int | None:
    """How much a limit gives: a whole number, or None for `unlimited`. Raises BadRequest naming the member."""
    if value == UNLIMITED:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_AMOUNT:
        raise BadRequest(f"{member} must be a whole number from 0 to {MAX_AMOUNT}, or {UNLIMITED!r}")
    return value


def read_per(member: str, value: object) -> Per:
    """What an amount is counted in. Raises BadRequest naming the member."""
    found = next((one for one in Per if one.value == value), None)
    if found is None:
        raise BadRequest(f"{member} must be one of {', '.join(Per)}")
    return found


def plans_of(
    rows: Mapping[str, PlanRows], entries: Mapping[str, PlanEntry], places: Mapping[str, str] = _NOWHERE
) -> Mapping[str, Plan]:
    """Every plan that rows or entries name, by name; one without an entry costs nothing. `places` are by name too."""
    names = sorted(rows.keys() | entries.keys())
    return MappingProxyType({name: _plan(name, rows.get(name), entries.get(name), places.get(name)) for name in names})


def _plan(name: str, rows: PlanRows | None, entry: PlanEntry | None, place: str | None) -> Plan:
    said, sold = rows or PlanRows(), entry or PlanEntry(title=name)
    return Plan(
        name=name,
        title=sold.title,
        description=sold.description,
        price_monthly=sold.price_monthly,
        price_yearly=sold.price_yearly,
        trial_days=sold.trial_days,
        grace_days=sold.grace_days,
        features=said.features,
        limits=said.limits,
        place=place,
    )


def least_of(limits: Mapping[str, Iterable[PlanLimit]]) -> dict[str, float]:
    """The smallest amount of each limit, over all that it is counted in; unlimited is infinity.

    A condition that asks for room asks for the strictest, and unlimited compares as what it means.
    """
    return {
        name: min(math.inf if one.amount is None else one.amount for one in several) for name, several in limits.items()
    }


def _by_name(limits: Iterable[PlanLimit]) -> Mapping[str, tuple[PlanLimit, ...]]:
    found: dict[str, tuple[PlanLimit, ...]] = {}
    for one in limits:
        found[one.limit] = (*found.get(one.limit, ()), one)
    return MappingProxyType(found)

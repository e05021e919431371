"""Limits: how much of what a tenant may have, by its plan and by overrides of its own."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from doorward.domain.catalog import Meter
from doorward.domain.errors import BadRequest
from doorward.domain.limit_overrides import OwnLimit
from doorward.domain.plans import Per, Plan, PlanLimit

Limits = Mapping[str, tuple[PlanLimit, ...]]
"""Amounts by the limit's name; one for each `per` that it is counted in. A limit that is not there is 0."""
_NONE: Final[Limits] = MappingProxyType({})


def effective_limits(plan: Plan | None, overrides: Sequence[OwnLimit], now: int) -> Limits:
    """What a tenant may have at a time in epoch microseconds.

    An override stands in the place of what the plan says of the same name and `per`, and beside what it says of
    another `per`; one that has ended does not count.
    """
    given = _NONE if plan is None else plan.limits_by_name
    counting = [one.limit for one in overrides if one.counts(now)]
    if not counting:
        return given
    found = {name: {one.per: one for one in limits} for name, limits in given.items()}
    for one in counting:
        found.setdefault(one.limit, {})[one.per] = one
    return {name: tuple(limits.values()) for name, limits in found.items()}


def usual_per(limit: str, plans: Iterable[Plan], meters: Mapping[str, Meter]) -> Per:
    """What a limit is counted in: by its meter, else by the plans, else a total.

    Raises BadRequest where the plans count it in several ways.
    """
    meter = meters.get(limit)
    if meter is not None and meter.per is not None:
        return meter.per
    return only_per(limit, [one for plan in plans for one in plan.limits_by_name.get(limit, ())])


def only_per(limit: str, given: Iterable[PlanLimit]) -> Per:
    """What some amounts of a limit are counted in, a total where there are none. Raises BadRequest for several."""
    counted = {one.per for one in given}
    if len(counted) > 1:
        raise counted_in_several(limit, "is counted", counted)
    return counted.pop() if counted else Per.TOTAL


def counted_in_several(limit: str, what: str, pers: Iterable[Per]) -> BadRequest:
    """The error for a limit of which one `per` has to be named."""
    given = set(pers)
    named = " and per ".join(one for one in Per if one in given)
    return BadRequest(f"{limit} {what} per {named}; name one of them as per")

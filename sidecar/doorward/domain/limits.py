"""Limits: how much of what a tenant may have, by its plan and by overrides of its own."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from doorward.domain.limit_overrides import OwnLimit
from doorward.domain.plans import Plan, PlanLimit

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


def strictest(limits: Limits) -> Mapping[str, int | None]:
    """The smallest amount of each limit, over all that it is counted in; None where all of them are unlimited."""
    return {
        name: min((one.amount for one in several if one.amount is not None), default=None)
        for name, several in limits.items()
    }

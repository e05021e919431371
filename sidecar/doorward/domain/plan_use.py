"""Which plans tenants have, and how many of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from doorward.domain.catalog import Catalog
from doorward.domain.subscriptions import RecordedSubscription, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUse:
    """How many tenants have a plan, and how many subscriptions go on with it at the end of their period.

    Tenants of a plan that is not `is_declared` have no feature, and nothing of any limit but by overrides.
    """

    plan: str
    tenants: int
    pending: int
    is_declared: bool


def plans_at(
    settled: Mapping[str, int], changed: Iterable[tuple[str, Subscription]], now: int, catalog: Catalog
) -> Mapping[str, int]:
    """How many tenants have each plan at a time (epoch microseconds).

    `settled` counts those whose own plan is the one that counts; of the others it depends on their subscription,
    which stands behind their own plan in `changed`.
    """
    found = Counter(settled)
    for own, stored in changed:
        found[RecordedSubscription(stored).plan_state(own, now, catalog).plan] += 1
    return found


def plan_uses(tenants: Mapping[str, int], pending: Mapping[str, int], declared: Collection[str]) -> Sequence[PlanUse]:
    """Every plan that somebody has or gets, by name."""
    return [
        PlanUse(plan=plan, tenants=tenants.get(plan, 0), pending=pending.get(plan, 0), is_declared=plan in declared)
        for plan in sorted(tenants.keys() | pending.keys())
    ]

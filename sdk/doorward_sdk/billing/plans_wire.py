"""Plans from the wire. Each function raises MalformedAnswer for anything else."""

from __future__ import annotations

from doorward_sdk.billing.declared_plans import Plan, PlanLimit
from doorward_sdk.limits.overrides_wire import amount_in
from doorward_sdk.wire.members import list_in, members_of, number_in, text_in, text_or_none_in, texts_in


def plan_of(value: object) -> Plan:
    """A plan."""
    told = members_of(value)
    return Plan(
        name=text_in(told, "name"),
        title=text_in(told, "title"),
        description=text_or_none_in(told, "description"),
        currency=text_in(told, "currency"),
        price_monthly=number_in(told, "price_monthly"),
        price_yearly=number_in(told, "price_yearly"),
        trial_days=number_in(told, "trial_days"),
        grace_days=number_in(told, "grace_days"),
        features=texts_in(told, "features"),
        limits=tuple(_limit_of(one) for one in list_in(told, "limits")),
        place=text_in(told, "place"),
    )


def _limit_of(value: object) -> PlanLimit:
    told = members_of(value)
    return PlanLimit(text_in(told, "limit"), text_in(told, "per"), amount_in(told, "amount"))

"""Which plans tenants have, and the same from the wire."""

from __future__ import annotations

from dataclasses import dataclass

from doorward_sdk.wire.members import flag_in, members_of, number_in, text_in


@dataclass(frozen=True)
class PlanUse:
    """How many tenants have a plan.

    Attributes:
        plan: the plan's name.
        tenants: how many have it.
        pending: how many subscriptions go on with it when their period ends.
        declared: whether the served policy has it; one that it has not gives no feature, and 0 of every limit.
    """

    plan: str
    tenants: int
    pending: int
    declared: bool


def plan_use_of(value: object) -> PlanUse:
    """One, from the wire. Raises MalformedAnswer for anything else."""
    told = members_of(value)
    return PlanUse(
        plan=text_in(told, "plan"),
        tenants=number_in(told, "tenants"),
        pending=number_in(told, "pending"),
        declared=flag_in(told, "declared"),
    )

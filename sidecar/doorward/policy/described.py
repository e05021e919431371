"""Plans and security policies as plain data, for people and JSON."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from doorward.domain.plans import UNLIMITED, Plan
from doorward.domain.security import SecurityPolicies


def described_plans(plans: Mapping[str, Plan]) -> list[dict[str, Any]]:
    """Every plan, with `unlimited` where an amount is."""
    return [dataclasses.asdict(plan) | {"limits": _limits(plan)} for plan in plans.values()]


def _limits(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"limit": one.limit, "per": one.per.value, "amount": UNLIMITED if one.amount is None else one.amount}
        for one in plan.limits
    ]


def described_security(security: SecurityPolicies) -> dict[str, Any]:
    """What holds, type by type, and the policies that say so."""
    return {
        "passwords": dataclasses.asdict(security.passwords),
        "sessions": dataclasses.asdict(security.sessions),
        "access": dataclasses.asdict(security.access),
        "data": dataclasses.asdict(security.data),
        "declared": [
            {"name": one.name, "type": one.type.value, "level": one.level.value, "rules": dict(one.rules)}
            for one in security.declared
        ],
    }

"""Plans, security policies and flags as plain data, for people and JSON."""

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from doorward.domain.flags import DeclaredFlags, Flag, FlagRule
from doorward.domain.plans import UNLIMITED, Plan
from doorward.domain.security import SecurityPolicies
from doorward.policy.tree import FLAGS


def described_plans(plans: Mapping[str, Plan]) -> list[dict[str, Any]]:
    """Every plan, with `unlimited` where an amount is."""
    return [_plan(plan) for plan in plans.values()]


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "title": plan.title,
        "description": plan.description,
        "price_monthly": plan.price_monthly,
        "price_yearly": plan.price_yearly,
        "trial_days": plan.trial_days,
        "grace_days": plan.grace_days,
        "features": list(plan.features),
        "limits": _limits(plan),
    }


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


def described_flags(declared: DeclaredFlags) -> dict[str, Any]:
    """Flags and segments as the file has them, weights in thousandths of a percent."""
    return {
        "flags": [_flag(flag) for flag in declared.flags.values()],
        "segments": {segment.name: segment.condition for segment in declared.segments.values()},
    }


def _flag(flag: Flag) -> dict[str, Any]:
    return {
        "place": f"{FLAGS}:{flag.line}",
        "key": flag.key,
        "type": flag.type.value,
        "description": flag.description,
        "owner": flag.owner,
        "variants": dict(flag.variants),
        "default": flag.default,
        "off": flag.off,
        "enabled": flag.is_enabled,
        "expires": None if flag.expires is None else flag.expires.isoformat(),
        "requires": {key: list(variants) for key, variants in flag.requires.items()},
        "from_plan": flag.from_plan,
        "rules": [_flag_rule(rule) for rule in flag.rules],
    }


def _flag_rule(rule: FlagRule) -> dict[str, Any]:
    """What a rule says, without what it leaves out."""
    split = rule.split
    said = {
        "place": f"{FLAGS}:{rule.line}",
        "when": rule.when,
        "segment": list(rule.segments) or None,
        "from": _moment(rule.start),
        "until": _moment(rule.end),
        "serve": rule.serve,
        "split": None if split is None else dict(split.weights),
        "by": None if split is None else f"r.ctx.{'.'.join(split.by)}",
        "salt": None if split is None else split.salt,
    }
    return {key: value for key, value in said.items() if value is not None}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

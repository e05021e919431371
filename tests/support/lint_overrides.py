"""Overrides, and plans of tenants, as a sidecar has them, for lint."""

from datetime import datetime

from doorward.domain.flag_overrides import FlagOverride
from doorward.domain.plan_use import PlanUse
from doorward.policy.lint import LiveOverride

ON = True


def live_override(
    flag: str = "a",
    value: object = ON,
    *,
    tenant: str = "acme",
    expires_at: str | None = None,
    state: str = "active",
) -> LiveOverride:
    """One, with what the wire says of it."""
    end = 0 if expires_at is None else int(datetime.fromisoformat(expires_at).timestamp()) * 1_000_000
    override = FlagOverride(
        flag=flag,
        tenant=tenant,
        value=value,
        reason=None,
        expires_at=end,
        created_at=1,
        updated_at=1,
        created_by="ann",
        version=1,
    )
    return LiveOverride(override=override, counts=state == "active")


def live_plan(plan: str, tenants: int = 1, pending: int = 0, *, declared: bool = True) -> PlanUse:
    """A plan that tenants have, with what the wire says of it."""
    return PlanUse(plan=plan, tenants=tenants, pending=pending, is_declared=declared)

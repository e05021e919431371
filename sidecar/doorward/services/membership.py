"""Who belongs where: users in tenants as recorded and declared, and why somebody is shut out."""

from typing import Final

from doorward.domain.access import ANY, Decision, DecisionError, Refusal
from doorward.domain.facts import Recorded, TenantFacts, UserFacts
from doorward.domain.tenants import SETTABLE_STATUSES, TenantStatus
from doorward.domain.users import UserStatus
from doorward.services.facts import FactsView
from doorward.services.ports import PolicySnapshot

_DENIED: Final = Decision(False)
NOT_ACTIVE: Final = Refusal(_DENIED, "the user is suspended or deleted")
STRANGER: Final = Refusal(_DENIED, "the user neither belongs to the tenant nor has a role in it")


def refused(status: int, message: str, *, retryable: bool = False) -> Refusal:
    """No decision can be made; the message says why."""
    return Refusal(Decision(False, error=DecisionError(status, message, retryable=retryable)), message)


def closed(tenant: TenantFacts) -> Refusal:
    """Of a tenant that is not active: a deleted one is as one that never was."""
    if tenant.status is TenantStatus.SUSPENDED:
        return refused(403, f"the tenant {tenant.id!r} is suspended")
    return unknown(tenant.id)


def unknown(tenant: object) -> Refusal:
    """Nobody has recorded or declared such a tenant."""
    return refused(404, f"unknown tenant {tenant!r}")


def is_active(user: UserFacts, tenant: str | None, facts: FactsView) -> bool:
    """Whether a user is neither suspended nor deleted, nor gone with its own tenant; `tenant` is looked at anyhow."""
    if user.status is not UserStatus.ACTIVE:
        return False
    if user.tenant == tenant:
        return True
    home = facts.tenant(user.tenant)
    return home is not None and home.status in SETTABLE_STATUSES


def belongs(user: UserFacts, subject: str, tenant: str, policy: PolicySnapshot) -> bool:
    """Whether a user is a member of a tenant, or has a role in it."""
    return (
        user.tenant == tenant
        or any(where in (tenant, ANY) for _, where in user.grants)
        or policy.has_role_in(subject, tenant)
    )


def granted(user: UserFacts, tenant: str, policy: PolicySnapshot) -> tuple[str, ...]:
    """The recorded roles of a user in a tenant, as `role:NAME`; those that the policy does not know are left out."""
    held = {f"role:{name}": None for name, where in user.grants if where in (tenant, ANY)}
    return tuple(role for role in held if policy.knows_role(role))


def recorded_of(user: UserFacts | None, tenant: TenantFacts | None, policy: PolicySnapshot, now: float) -> Recorded:
    """What is recorded of both, with the plan that counts for the tenant now (epoch seconds), as the policy has it."""
    if tenant is None:
        return Recorded(user)
    held = tenant.subscription
    if held is None:
        return Recorded(user, tenant, policy.plans.get(tenant.plan))
    state = held.plan_state(tenant.plan, int(now * 1_000_000), policy.catalog)
    return Recorded(user, tenant, policy.plans.get(state.plan), state)

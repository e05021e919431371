"""The plan of a tenant, with its subscription: what time has done to both, stored before anything is changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from doorward.domain.catalog import Catalog
from doorward.domain.errors import BadRequest
from doorward.domain.plans import Plan
from doorward.domain.subscription_changes import Move
from doorward.domain.subscriptions import RecordedSubscription, Subscription, plan_after, state_at
from doorward.domain.tenants import Tenant
from doorward.services.ports import PolicySnapshot, Transaction

Exceeded = Callable[[Transaction, str, Plan], Sequence[str]]
"""Which limits of a plan a tenant exceeds already."""


def nothing_exceeded(_transaction: Transaction, _tenant: str, _plan: Plan) -> Sequence[str]:
    """Where nothing is counted."""
    return ()


def declared_plan(policy: PolicySnapshot, name: str) -> Plan:
    """A plan that the policy declares. Raises BadRequest."""
    plan = policy.plans.get(name)
    if plan is None:
        known = ", ".join(sorted(policy.plans)) or "none: the policy has no models/plans.conf and policies/plans.csv"
        raise BadRequest(f"the plan {name[:100]!r} is not declared; there are {known}")
    return plan


def plan_name(tenant: Tenant, stored: Subscription | None, now: int, catalog: Catalog) -> str:
    """The plan that counts for a tenant now (epoch microseconds), by its newest subscription as it is stored."""
    return tenant.plan if stored is None else RecordedSubscription(stored).plan_state(tenant.plan, now, catalog).plan


def settled(transaction: Transaction, tenant: Tenant, now: int, catalog: Catalog) -> tuple[Tenant, Subscription | None]:
    """A locked tenant and its newest subscription, after what time has done to them was stored."""
    stored = transaction.subscriptions.newest(tenant.id, lock=True)
    if stored is None or not stored.is_live:
        return tenant, stored
    return stored_as(transaction, tenant, stored, state_at(stored, now, catalog).subscription, now, catalog)


def moved(  # noqa: PLR0913, PLR0917 - what is changed, how, and when
    transaction: Transaction, tenant: Tenant, standing: Subscription, move: Move, now: int, catalog: Catalog
) -> tuple[Tenant, Subscription]:
    """A locked tenant and its subscription, which is settled, after a change of it."""
    return stored_as(transaction, tenant, standing, move(standing, now), now, catalog)


def stored_as(  # noqa: PLR0913, PLR0917 - what is there, what will be, and when
    transaction: Transaction, tenant: Tenant, before: Subscription, then: Subscription, now: int, catalog: Catalog
) -> tuple[Tenant, Subscription]:
    """Store how a subscription stands, and the plan that its tenant has with that; nothing where nothing changed."""
    if then == before:
        return tenant, before
    then = replace(then, updated_at=now, version=before.version + 1)
    transaction.subscriptions.save(then)
    return with_plan(transaction, tenant, then.plan if then.is_live else plan_after(then, catalog), now), then


def resubscribed(transaction: Transaction, tenant: str, move: Move, now: int, catalog: Catalog) -> bool:
    """Change the live subscription of a locked tenant, whose own plan is the caller's to write; whether it changed."""
    stored = transaction.subscriptions.newest(tenant, lock=True)
    if stored is None or not stored.is_live:
        return False
    now = max(now, stored.updated_at)
    standing = state_at(stored, now, catalog).subscription
    then = move(standing, now) if standing.is_live else standing
    if then == stored:
        return False
    transaction.subscriptions.save(replace(then, updated_at=now, version=stored.version + 1))
    return True


def with_plan(transaction: Transaction, tenant: Tenant, plan: str, now: int) -> Tenant:
    """A locked tenant with a plan of its own."""
    if plan == tenant.plan:
        return tenant
    changed = tenant.changed(now, plan=plan)
    transaction.tenants.save(changed)
    return changed

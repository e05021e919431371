"""Overrides of limits: set, shown and taken away, and what a tenant may have by its plan and by them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from doorward.domain.actors import Actor, not_there
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import NotFound, PreconditionFailed
from doorward.domain.facts import FactKind
from doorward.domain.limit_overrides import LimitOverride, LimitOverrideState, NewLimitOverride
from doorward.domain.limits import counted_in_several, effective_limits, only_per, usual_per
from doorward.domain.plans import UNLIMITED, Per, Plan, PlanLimit
from doorward.domain.tenants import Tenant
from doorward.services.ports import PolicySnapshot, Transaction
from doorward.services.recording import Done, Recorder, check_version
from doorward.services.tenant_plans import plan_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLimitOverride:
    """An override, and whether it counts."""

    override: LimitOverride
    state: LimitOverrideState


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveLimit:
    """What a tenant may have: by an override where it has one that counts, else by its plan.

    `of_plan` is what the plan says, None where it says nothing of it.
    """

    limit: PlanLimit
    of_plan: PlanLimit | None
    override: LimitOverride | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantLimits:
    """All that a tenant may have, by its plan's order, and all its overrides, those that ended too."""

    plan: str
    effective: tuple[EffectiveLimit, ...]
    overrides: tuple[ShownLimitOverride, ...]


class LimitOverrideService:
    """The limits of tenants. Overrides count in every process as soon as it knows the facts."""

    def __init__(self, recorder: Recorder, policy: Callable[[], PolicySnapshot]) -> None:
        self._recorder = recorder
        self._policy = policy

    def now(self) -> int:
        """Epoch microseconds."""
        return self._recorder.now()

    def of_tenant(self, actor: Actor, tenant_id: str) -> TenantLimits:
        """What a tenant may have, and where each of it comes from. Raises NotFound."""
        now = self._recorder.now()
        with self._recorder.records.read() as transaction:
            tenant = _there(transaction.tenants.find(tenant_id), actor, tenant_id)
            overrides = transaction.limit_overrides.of_tenants([tenant_id])[tenant_id]
            name = self._plan_name(transaction, tenant, now)
        plan = self._policy().plans.get(name)
        found = effective_limits(plan, [one.own for one in overrides], now)
        of_plan = {} if plan is None else {(one.limit, one.per): one for one in plan.limits}
        counting = {(one.limit.limit, one.limit.per): one for one in overrides if one.own.counts(now)}
        return TenantLimits(
            plan=name,
            effective=tuple(
                EffectiveLimit(
                    limit=one, of_plan=of_plan.get((one.limit, one.per)), override=counting.get((one.limit, one.per))
                )
                for several in found.values()
                for one in several
            ),
            overrides=tuple(_shown(one, now) for one in overrides),
        )

    def _plan_name(self, transaction: Transaction, tenant: Tenant, now: int) -> str:
        return plan_name(tenant, transaction.subscriptions.newest(tenant.id), now, self._policy().catalog)

    def find(self, actor: Actor, tenant_id: str, limit: str, per: Per | None) -> ShownLimitOverride:
        """A tenant's own amount of a limit. Raises NotFound, BadRequest where it has several and `per` is None."""
        with self._recorder.records.read() as transaction:
            tenant = transaction.tenants.find(tenant_id)
            is_there = tenant is not None and tenant.is_there and actor.may_see(tenant_id)
            found = _find(transaction, tenant_id, limit, per) if is_there else None
        if found is None:
            raise _no_override(tenant_id, limit)
        return _shown(found, self._recorder.now())

    def set(
        self, actor: Actor, tenant_id: str, limit: str, new: NewLimitOverride, wanted: frozenset[int] | None = None
    ) -> Done[ShownLimitOverride]:
        """Give a tenant an amount of its own.

        Raises NotFound for a limit or a tenant that is not there, BadRequest where the limit is counted in several ways
        and none is named, PreconditionFailed where it is another override by now.
        """
        actor.require_unbound("no tenant sets its own limits")
        policy = self._policy()
        _require_limit(limit, policy)

        def work(transaction: Transaction) -> ShownLimitOverride:
            tenant = _there(transaction.tenants.hold(tenant_id), actor, tenant_id)
            now = self._recorder.now()
            plan = policy.plans.get(self._plan_name(transaction, tenant, now))
            per = new.per or _usual_per(limit, plan, policy)
            _check(transaction.limit_overrides.find(tenant_id, limit, per, lock=True), wanted)
            made = transaction.limit_overrides.put(
                LimitOverride(
                    tenant=tenant_id,
                    limit=PlanLimit(limit=limit, per=per, amount=new.amount),
                    reason=new.reason,
                    expires_at=new.expires_at,
                    created_at=now,
                    updated_at=now,
                    created_by=actor.caller.name,
                    version=1,
                )
            )
            details = {"reason": made.reason, "expires_at": made.expires_at or None}
            self._noted(transaction, actor, made, "set_override", details)
            return _shown(made, now)

        return self._recorder.run(actor, work)

    def remove(
        self, actor: Actor, tenant_id: str, limit: str, per: Per | None, wanted: frozenset[int] | None = None
    ) -> Done[None]:
        """Take a tenant's own amount away, also of a limit that is gone.

        Raises NotFound, PreconditionFailed, BadRequest where it has several and `per` is None.
        """
        actor.require_unbound("no tenant sets its own limits")

        def work(transaction: Transaction) -> None:
            found = _find(transaction, tenant_id, limit, per, lock=True)
            if found is None:
                raise _no_override(tenant_id, limit)
            check_version(found.version, wanted)
            transaction.limit_overrides.remove(tenant_id, limit, found.limit.per)
            self._noted(transaction, actor, found, "remove_override", {})

        return self._recorder.run(actor, work)

    def _noted(
        self, transaction: Transaction, actor: Actor, override: LimitOverride, verb: str, more: Mapping[str, Any]
    ) -> None:
        limit = override.limit
        amount = UNLIMITED if limit.amount is None else limit.amount
        self._recorder.note(
            transaction,
            actor,
            AuditEventType.CONFIG_CHANGE,
            f"limit:{limit.limit}",
            f"limits.{verb}",
            tenant=override.tenant,
            details={"per": limit.per.value, "amount": amount, **more},
        )
        transaction.touch(FactKind.TENANT, override.tenant)


def _there(tenant: Tenant | None, actor: Actor, tenant_id: str) -> Tenant:
    """The tenant, recorded and there for this caller. Raises NotFound."""
    if tenant is None or not tenant.is_there or not actor.may_see(tenant.id):
        raise not_there(f"tenant {tenant_id[:200]!r}")
    return tenant


def _find(
    transaction: Transaction, tenant_id: str, limit: str, per: Per | None, *, lock: bool = False
) -> LimitOverride | None:
    """The override of a `per`, or the only one of the limit. Raises BadRequest where it has several."""
    overrides = transaction.limit_overrides
    if per is None:
        own = [one.limit.per for one in overrides.of_tenants([tenant_id])[tenant_id] if one.limit.limit == limit]
        if len(own) > 1:
            raise counted_in_several(limit, "has overrides", own)
        per = own[0] if own else None
    return None if per is None else overrides.find(tenant_id, limit, per, lock=lock)


def _require_limit(limit: str, policy: PolicySnapshot) -> None:
    """Raise NotFound for a name that neither a plan nor the catalog has."""
    catalog = policy.catalog
    is_known = limit in catalog.meters or limit in catalog.limits
    if not is_known and not any(limit in one.limits_by_name for one in policy.plans.values()):
        raise NotFound(
            f"there is no limit and no meter {limit[:200]!r}; `doorward billing plans` or GET /v1/plans lists limits"
        )


def _usual_per(limit: str, plan: Plan | None, policy: PolicySnapshot) -> Per:
    """What a limit is counted in: by the tenant's plan, else as everywhere. Raises BadRequest for several."""
    own = () if plan is None else plan.limits_by_name.get(limit, ())
    return only_per(limit, own) if own else usual_per(limit, policy.plans.values(), policy.catalog.meters)


def _check(found: LimitOverride | None, wanted: frozenset[int] | None) -> None:
    """Raise PreconditionFailed unless what is there is a version that the caller wants to change."""
    if found is not None:
        check_version(found.version, wanted)
    elif wanted is not None:
        raise PreconditionFailed("there is no such override any more; leave If-Match out to set one")


def _no_override(tenant_id: str, limit: str) -> NotFound:
    return not_there(f"override of the limit {limit[:200]!r} for the tenant {tenant_id[:200]!r}")


def _shown(override: LimitOverride, now: int) -> ShownLimitOverride:
    return ShownLimitOverride(override=override, state=override.state(now))

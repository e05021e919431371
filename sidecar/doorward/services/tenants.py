"""Tenants: created, found, changed, deleted and purged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from doorward.domain.actors import Actor, not_there
from doorward.domain.audit import AuditEventType
from doorward.domain.errors import BadRequest, Conflict, DoorwardError
from doorward.domain.facts import FactKind
from doorward.domain.imports import Added, Outcome
from doorward.domain.limit_overrides import LimitOverride
from doorward.domain.limits import Limits, effective_limits
from doorward.domain.plans import Plan
from doorward.domain.subscription_changes import Move, When, cancel_at, change_of
from doorward.domain.subscriptions import Subscription
from doorward.domain.tenants import NewTenant, Tenant, TenantFilter, TenantStatus
from doorward.services.housekeeping import MOST_PURGED
from doorward.services.key_removal import revoke_keys
from doorward.services.ports import PolicySnapshot, Transaction
from doorward.services.recording import Done, Recorder, check_version
from doorward.services.tenant_plans import declared_plan, plan_name, resubscribed
from doorward.services.user_removal import purge_users

DEFAULT_PLAN: Final = "basic"
_OWN_TO_CHANGE: Final = frozenset({"name", "settings"})
CurrentPolicy = Callable[[], PolicySnapshot]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTenant:
    """A tenant with the plan that counts for it now; `plan` is None where the policy does not declare it any more.

    `limits` are the amounts that it may have, overrides of its own included.
    """

    tenant: Tenant
    plan_name: str
    plan: Plan | None
    limits: Limits


class TenantService:
    """The life of tenants."""

    def __init__(
        self, recorder: Recorder, policy: CurrentPolicy, new_id: Callable[[], str], default_plan: str = DEFAULT_PLAN
    ) -> None:
        self._recorder = recorder
        self._policy = policy
        self._new_id = new_id
        self._default_plan = default_plan

    def create(self, actor: Actor, new: NewTenant) -> Done[ShownTenant]:
        """Record a tenant. Raises Conflict where its id or domain is taken, BadRequest for a plan that is not there."""
        actor.require_unbound("tenants are made by nobody in one")
        made = self._made(new)

        def work(transaction: Transaction) -> ShownTenant:
            return self._add(transaction, actor, made)

        return self._recorder.run(actor, work)

    def add_many(self, actor: Actor, given: Sequence[NewTenant | DoorwardError], *, dry_run: bool) -> Done[list[Added]]:
        """Record several, each by itself: what is wrong with one stands in its place. A dry run records nothing."""
        actor.require_unbound("tenants are made by nobody in one")

        def work(transaction: Transaction) -> list[Added]:
            return [self._added(transaction, actor, one) for one in given]

        return Done(value=self._recorder.rehearse(work), version=0) if dry_run else self._recorder.run(actor, work)

    def find(self, actor: Actor, tenant_id: str) -> ShownTenant:
        """One tenant. Raises NotFound."""
        with self._recorder.records.read() as transaction:
            tenant = _there(transaction.tenants.find(tenant_id), actor, tenant_id)
            return self._shown(transaction, [tenant])[0]

    def page(self, actor: Actor, wanted: TenantFilter, after: str, count: int) -> list[ShownTenant]:
        """Some tenants, by id; a caller that is bound to one sees that one alone."""
        with self._recorder.records.read() as transaction:
            if actor.tenant is not None:
                own = transaction.tenants.find(actor.tenant)
                is_asked = own is not None and own.id > after and _fits(own, wanted)
                shown = self._shown(transaction, [own] if own is not None and is_asked else [])
                return [one for one in shown if wanted.plan in {None, one.plan_name}]
            found: list[ShownTenant] = []
            while len(found) < count:
                rows = transaction.tenants.page(wanted, self._recorder.now(), after, count)
                found += [one for one in self._shown(transaction, rows) if wanted.plan in {None, one.plan_name}]
                if len(rows) < count:
                    break
                after = rows[-1].id
        return found[:count]

    def update(
        self, actor: Actor, tenant_id: str, fields: Mapping[str, Any], wanted: frozenset[int] | None = None
    ) -> Done[ShownTenant]:
        """Change fields of a tenant, as `domain.tenants.checked_changes` gave them.

        A caller that is bound to a tenant changes what it is called and its settings: what it may use, and whether it
        may, is for others to say.

        Raises NotFound, PreconditionFailed, NotPermitted, Conflict where the domain is taken, BadRequest for an unknown
        plan.
        """
        if not fields.keys() <= _OWN_TO_CHANGE:
            actor.require_unbound(f"no tenant changes its own {', '.join(sorted(fields.keys() - _OWN_TO_CHANGE))}")
        if "plan" in fields:
            declared_plan(self._policy(), fields["plan"])

        def work(transaction: Transaction) -> ShownTenant:
            tenant = self._locked(transaction, actor, tenant_id, wanted)
            changed = {name: value for name, value in fields.items() if getattr(tenant, name) != value}
            if "plan" in fields and self._resubscribed(transaction, tenant, change_of(fields["plan"], None, When.NOW)):
                changed["plan"] = fields["plan"]
            if not changed:
                return self._shown(transaction, [tenant])[0]
            other = tenant.changed(self._recorder.now(), **changed)
            transaction.tenants.save(other)
            self._noted(transaction, actor, AuditEventType.UPDATE, other, "update", {"fields": sorted(changed)})
            return self._shown(transaction, [other])[0]

        return self._recorder.run(actor, work)

    def delete(self, actor: Actor, tenant_id: str, wanted: frozenset[int] | None = None) -> Done[None]:
        """Delete a tenant: nothing finds it, its keys and its subscription end, its id and domain stay taken.

        Raises NotFound.
        """
        actor.require_unbound("no tenant deletes itself")

        def work(transaction: Transaction) -> None:
            tenant = self._locked(transaction, actor, tenant_id, wanted)
            gone = tenant.changed(self._recorder.now(), status=TenantStatus.DELETED)
            transaction.tenants.save(gone)
            subscribed = self._resubscribed(transaction, gone, cancel_at(When.NOW))
            keys = revoke_keys(transaction, self._recorder, actor, tenant_id)
            details = {"keys": keys, "subscriptions": int(subscribed)}
            self._noted(transaction, actor, AuditEventType.DELETE, gone, "delete", details)

        return self._recorder.run(actor, work)

    def purge(self, actor: Actor, tenant_id: str, wanted: frozenset[int] | None = None) -> Done[None]:
        """Take away all that is recorded of a tenant but its id, deleted or not, and all its users with it.

        Raises NotFound, and Conflict where it has too many users to be purged with it.
        """
        actor.require_unbound("no tenant deletes itself")

        def work(transaction: Transaction) -> None:
            tenant = transaction.tenants.find(tenant_id, lock=True)
            if tenant is None or tenant.status is TenantStatus.PURGED:
                raise not_there(f"tenant {tenant_id[:200]!r}")
            check_version(tenant.version, wanted)
            users = purge_users(transaction, self._recorder, actor, tenant_id)
            keys = revoke_keys(transaction, self._recorder, actor, tenant_id)
            transaction.flag_overrides.remove_all(tenant_id)
            transaction.usage.remove_all(tenant_id, MOST_PURGED)
            transaction.limit_overrides.remove_all(tenant_id)
            transaction.subscriptions.remove_all(tenant_id)
            now = self._recorder.now()
            gone = tenant.changed(now, status=TenantStatus.PURGED, name="", domain=None, plan="", settings={})
            transaction.tenants.save(gone)
            self._noted(transaction, actor, AuditEventType.DELETE, gone, "purge", {"users": users, "keys": keys})

        return self._recorder.run(actor, work)

    def _made(self, new: NewTenant) -> Tenant:
        plan = self._plan_of(new)
        now = self._recorder.now()
        return Tenant(
            id=self._new_id() if new.id is None else new.id,
            name=new.name,
            domain=new.domain,
            plan=plan,
            status=TenantStatus.ACTIVE,
            settings=new.settings,
            created_at=now,
            updated_at=now,
            version=1,
        )

    def _plan_of(self, new: NewTenant) -> str:
        """The plan that is asked for, else the default one. Raises BadRequest where it is not declared."""
        plan = self._default_plan if new.plan is None else new.plan
        try:
            declared_plan(self._policy(), plan)
        except BadRequest as error:
            if new.plan is not None:
                raise
            raise BadRequest(f"plan is missing, and the default one cannot be had: {error}") from error
        return plan

    def _add(self, transaction: Transaction, actor: Actor, made: Tenant) -> ShownTenant:
        if transaction.tenants.find(made.id) is not None:
            raise Conflict(f"the id {made.id!r} is taken; ids are never used again, choose another one")
        if made.domain is not None and transaction.tenants.find_by_domain(made.domain) is not None:
            raise Conflict(
                f"the domain {made.domain!r} is taken by another tenant; give another, or purge it if it is deleted"
            )
        transaction.tenants.add(made)
        self._noted(transaction, actor, AuditEventType.CREATE, made, "create", {"plan": made.plan})
        return self._with_plan(made, None, ())

    def _added(self, transaction: Transaction, actor: Actor, one: NewTenant | DoorwardError) -> Added:
        if isinstance(one, DoorwardError):
            return Added(id=None, outcome=Outcome.INVALID, detail=str(one))
        known = _known(transaction, one)
        if known is not None:
            return Added(id=known.id, outcome=Outcome.EXISTS, detail=None)
        try:
            shown = self._add(transaction, actor, self._made(one))
        except (BadRequest, Conflict) as error:
            return Added(id=one.id, outcome=Outcome.INVALID, detail=str(error))
        return Added(id=shown.tenant.id, outcome=Outcome.CREATED, detail=None)

    def _locked(self, transaction: Transaction, actor: Actor, tenant_id: str, wanted: frozenset[int] | None) -> Tenant:
        tenant = _there(transaction.tenants.find(tenant_id, lock=True), actor, tenant_id)
        check_version(tenant.version, wanted)
        return tenant

    def _noted(  # noqa: PLR0913, PLR0917 - the parts of an event
        self,
        transaction: Transaction,
        actor: Actor,
        kind: AuditEventType,
        tenant: Tenant,
        verb: str,
        details: Mapping[str, Any],
    ) -> None:
        self._recorder.note(
            transaction, actor, kind, f"tenant:{tenant.id}", f"tenants.{verb}", tenant=tenant.id, details=details
        )
        transaction.touch(FactKind.TENANT, tenant.id)

    def _resubscribed(self, transaction: Transaction, tenant: Tenant, move: Move) -> bool:
        return resubscribed(transaction, tenant.id, move, self._recorder.now(), self._policy().catalog)

    def _shown(self, transaction: Transaction, tenants: Sequence[Tenant]) -> list[ShownTenant]:
        ids = [one.id for one in tenants]
        overrides, held = transaction.limit_overrides.of_tenants(ids), transaction.subscriptions.newest_of(ids)
        return [self._with_plan(one, held.get(one.id), overrides[one.id]) for one in tenants]

    def _with_plan(
        self, tenant: Tenant, stored: Subscription | None, overrides: Sequence[LimitOverride]
    ) -> ShownTenant:
        policy, now = self._policy(), self._recorder.now()
        name = plan_name(tenant, stored, now, policy.catalog)
        plan = policy.plans.get(name)
        limits = effective_limits(plan, [one.own for one in overrides], now)
        return ShownTenant(tenant=tenant, plan_name=name, plan=plan, limits=limits)


def _there(tenant: Tenant | None, actor: Actor, tenant_id: str) -> Tenant:
    if tenant is None or not tenant.is_there or not actor.may_see(tenant.id):
        raise not_there(f"tenant {tenant_id[:200]!r}")
    return tenant


def _fits(tenant: Tenant, wanted: TenantFilter) -> bool:
    return (tenant.is_there if wanted.status is None else tenant.status is wanted.status) and wanted.domain in {
        None,
        tenant.domain,
    }


def _known(transaction: Transaction, new: NewTenant) -> Tenant | None:
    """Which tenant is recorded under the id already; without one, which has the domain and the name."""
    if new.id is not None:
        return transaction.tenants.find(new.id)
    tenant = transaction.tenants.find_by_domain(new.domain)
    return tenant if tenant is not None and tenant.name == new.name else None

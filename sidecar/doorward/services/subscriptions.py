"""Subscriptions: begun, found, changed, canceled, resumed, paused and paid, each with the tenant's plan.

Whoever changes one holds its tenant first, then it, so that two who change the same do so one after the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from doorward.domain.actors import Actor, not_there
from doorward.domain.audit import AuditEventType
from doorward.domain.catalog import Catalog, SubscriptionStatus
from doorward.domain.errors import Conflict
from doorward.domain.facts import FactKind
from doorward.domain.periods import Period
from doorward.domain.subscription_changes import Move, NewSubscription
from doorward.domain.subscriptions import Subscription, SubscriptionFilter, current_period, grace_ends_at, state_at
from doorward.domain.tenants import Tenant
from doorward.services.ports import PolicySnapshot, Transaction
from doorward.services.recording import Done, Recorder, check_version
from doorward.services.tenant_plans import Exceeded, declared_plan, moved, nothing_exceeded, settled, with_plan

_READ_AT_ONCE: Final = 200
_NOT_ITS_OWN: Final = "what a tenant pays for is not for its own keys to say"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSubscription:
    """A subscription as it stands now, the period it is in, and when its days of grace end (0: none run).

    `exceeded` are the limits of its plan that are exceeded already, None where nobody asked.
    """

    subscription: Subscription
    period: Period | None
    grace_ends_at: int
    exceeded: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is done with one; `verb` names it in the audit trail, `plan` is the plan that it goes to, if it does."""

    verb: str
    move: Move
    plan: str | None = None


class SubscriptionService:
    """The life of subscriptions."""

    def __init__(
        self,
        recorder: Recorder,
        policy: Callable[[], PolicySnapshot],
        new_id: Callable[[], str],
        exceeded: Exceeded = nothing_exceeded,
    ) -> None:
        self._recorder = recorder
        self._policy = policy
        self._new_id = new_id
        self._exceeded = exceeded

    def create(self, actor: Actor, new: NewSubscription) -> Done[ShownSubscription]:
        """Begin one, and give the tenant its plan.

        Raises NotFound for a tenant that is not there, BadRequest for a plan that is not declared, Conflict where the
        tenant has a live one, or had its trial.
        """
        actor.require_unbound(_NOT_ITS_OWN)
        policy = self._policy()
        plan = declared_plan(policy, new.plan)

        def work(transaction: Transaction) -> ShownSubscription:
            tenant, now = _locked(transaction, new.tenant), self._recorder.now()
            tenant, held = settled(transaction, tenant, now, policy.catalog)
            if held is not None and held.is_live:
                raise Conflict(
                    f"the tenant {tenant.id!r} has the subscription {held.id} already; change that, or cancel it first"
                )
            made = new.begun(self._new_id(), plan, now, had_trial=transaction.subscriptions.had_trial(tenant.id))
            transaction.subscriptions.add(made)
            with_plan(transaction, tenant, made.plan, now)
            self._noted(transaction, actor, AuditEventType.CREATE, made, "create")
            return self._shown(made, policy.catalog, self._exceeded(transaction, tenant.id, plan))

        return self._recorder.run(actor, work)

    def find(self, actor: Actor, subscription_id: str) -> ShownSubscription:
        """One as it stands now. Raises NotFound."""
        with self._recorder.records.read() as transaction:
            found = _there(transaction.subscriptions.find(subscription_id), actor, subscription_id)
        return self._shown(found, self._policy().catalog)

    def page(self, actor: Actor, wanted: SubscriptionFilter, after: str, count: int) -> list[ShownSubscription]:
        """Some as they stand now, by id; a caller that is bound to a tenant sees its own alone."""
        if actor.tenant is not None:
            if wanted.tenant not in {None, actor.tenant}:
                return []
            wanted = replace(wanted, tenant=actor.tenant)
        catalog, now = self._policy().catalog, self._recorder.now()
        found: list[ShownSubscription] = []
        with self._recorder.records.read() as transaction:
            while len(found) < count:
                rows = transaction.subscriptions.page(wanted, now, after, _READ_AT_ONCE)
                shown = (self._shown(one, catalog) for one in rows)
                found += [one for one in shown if wanted.status in {None, one.subscription.status}]
                if len(rows) < _READ_AT_ONCE:
                    break
                after = rows[-1].id
        return found[:count]

    def change(
        self, actor: Actor, subscription_id: str, change: Change, wanted: frozenset[int] | None = None
    ) -> Done[ShownSubscription]:
        """Change one.

        Raises NotFound, PreconditionFailed, Conflict where it is not as the change needs it, BadRequest for a plan that
        is not declared.
        """
        actor.require_unbound(_NOT_ITS_OWN)
        policy = self._policy()
        target = None if change.plan is None else declared_plan(policy, change.plan)

        def work(transaction: Transaction) -> ShownSubscription:
            known = _there(transaction.subscriptions.find(subscription_id), actor, subscription_id)
            tenant = _locked(transaction, known.tenant)
            stored = _there(transaction.subscriptions.find(subscription_id, lock=True), actor, subscription_id)
            check_version(stored.version, wanted)
            now = max(self._recorder.now(), stored.updated_at)
            then = self._moved(transaction, tenant, stored, change.move, now, policy.catalog)
            if then != stored:
                self._noted(transaction, actor, AuditEventType.UPDATE, then, change.verb)
            exceeded = None if target is None else self._exceeded(transaction, tenant.id, target)
            return self._shown(then, policy.catalog, exceeded)

        return self._recorder.run(actor, work)

    @staticmethod
    def _moved(  # noqa: PLR0913, PLR0917 - what is changed, how, and when
        transaction: Transaction, tenant: Tenant, stored: Subscription, move: Move, now: int, catalog: Catalog
    ) -> Subscription:
        """One after a change; an older one of the tenant has ended, and says so itself."""
        tenant, newest = settled(transaction, tenant, now, catalog)
        standing = stored if newest is None or newest.id != stored.id else newest
        return moved(transaction, tenant, standing, move, now, catalog)[1]

    def _noted(
        self, transaction: Transaction, actor: Actor, kind: AuditEventType, then: Subscription, verb: str
    ) -> None:
        details: dict[str, Any] = {
            "plan": then.plan,
            "billing_period": then.billing_period,
            "status": then.status,
            "next_plan": then.next_plan,
            "change_at": then.change_at or None,
            "cancel_at": then.cancel_at or None,
        }
        self._recorder.note(
            transaction,
            actor,
            kind,
            f"subscription:{then.id}",
            f"subscriptions.{verb}",
            tenant=then.tenant,
            details={name: value for name, value in details.items() if value is not None},
        )
        transaction.touch(FactKind.TENANT, then.tenant)

    def _shown(
        self, stored: Subscription, catalog: Catalog, exceeded: Sequence[str] | None = None
    ) -> ShownSubscription:
        now = max(self._recorder.now(), stored.updated_at)
        standing = state_at(stored, now, catalog).subscription
        is_past_due = standing.status is SubscriptionStatus.PAST_DUE
        return ShownSubscription(
            subscription=standing,
            period=current_period(standing, now) if standing.is_live else None,
            grace_ends_at=grace_ends_at(standing, catalog) if is_past_due else 0,
            exceeded=exceeded,
        )


def _locked(transaction: Transaction, tenant_id: str) -> Tenant:
    """A tenant that is there; nobody else changes it, nor its subscriptions, until the transaction ends."""
    tenant = transaction.tenants.find(tenant_id, lock=True)
    if tenant is None or not tenant.is_there:
        raise not_there(f"tenant {tenant_id[:200]!r}")
    return tenant


def _there(found: Subscription | None, actor: Actor, subscription_id: str) -> Subscription:
    if found is None or not actor.may_see(found.tenant):
        raise not_there(f"subscription {subscription_id[:200]!r}")
    return found

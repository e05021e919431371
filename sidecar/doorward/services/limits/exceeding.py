"""Which limits of a plan a tenant exceeds already: asked when its subscription goes to another plan."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from doorward.domain.facts import TenantFacts
from doorward.domain.ledger.requests import Asked
from doorward.domain.plans import Per, Plan
from doorward.domain.subscriptions import NOTHING_PENDING, RecordedSubscription
from doorward.domain.tenants import TenantStatus
from doorward.services.limits.allowances import Allowances
from doorward.services.limits.looking import UsageMemory
from doorward.services.ports import PolicySnapshot, Transaction


class Exceeding:
    """Compares what a tenant uses with what it would have; what is used may be a second old."""

    def __init__(
        self,
        allowances: Allowances,
        memory: UsageMemory,
        policy: Callable[[], PolicySnapshot],
        now: Callable[[], int],
    ) -> None:
        self._allowances = allowances
        self._memory = memory
        self._policy = policy
        self._now = now

    def __call__(self, transaction: Transaction, tenant: str, plan: Plan) -> Sequence[str]:
        """The names of those limits, in order. A limit that the plan does not name is 0. Raises StoreUnavailable."""
        policy, now = self._policy(), self._now()
        facts = _supposed(transaction, tenant, plan)
        allowance = self._allowances.recorded(facts, policy, now)
        limited = {one.limit for known in policy.plans.values() for one in known.limits}
        limited |= {one.limit.limit for one in facts.limit_overrides if one.counts(now)}
        limited &= set(allowance.names)  # an override may be of a limit that the policy has no more
        return [name for name in sorted(limited) if self._is_exceeded(tenant, allowance.asked(name, 0), now)]

    def _is_exceeded(self, tenant: str, asked: Asked, now: int) -> bool:
        """Whether more is used, or held, than one of its rules gives. What a rate lets pass is over at once."""
        bounded = [one for one in asked.rules if one.amount is not None and one.per is not Per.RATE_PER_SECOND]
        if not bounded:
            return False
        account = self._memory.account(tenant, asked, now, may_block=True)
        stand = (account.standing(rule, 0, now, asked.aggregation) for rule in bounded)
        return any(one.rule.amount is not None and one.used + one.held > one.rule.amount for one in stand)


def _supposed(transaction: Transaction, tenant: str, plan: Plan) -> TenantFacts:
    """The tenant as if its subscription, as this transaction leaves it, were to the plan already."""
    overrides = transaction.limit_overrides.of_tenants([tenant])[tenant]
    held = transaction.subscriptions.newest(tenant)
    supposed = None if held is None else RecordedSubscription(replace(held, plan=plan.name, **NOTHING_PENDING))
    own = tuple(one.own for one in overrides)
    return TenantFacts(tenant, tenant, None, plan.name, TenantStatus.ACTIVE, {}, own, supposed)

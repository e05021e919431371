"""Allowances: what of each limit a tenant has at a time, from its plan, its own limits and its subscription."""

from collections.abc import Mapping, Sequence
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.catalog import Aggregation, Catalog, LimitKind, WhenUnavailable
from doorward.domain.errors import BadRequest, NotFound, NotPermitted
from doorward.domain.facts import TenantFacts
from doorward.domain.ledger.accounts import Rule, Standing
from doorward.domain.ledger.requests import Asked
from doorward.domain.limits import effective_limits
from doorward.domain.names import MAX_NAME
from doorward.domain.periods import UTC_NAME
from doorward.domain.plans import Per, Plan, PlanLimit
from doorward.domain.record_names import is_record_id
from doorward.domain.tenants import TenantStatus
from doorward.domain.windows import window
from doorward.services.facts import FactsView
from doorward.services.ports import PolicySnapshot

_LONGEST_SHOWN: Final = 200
_REPORTED_ONLY: Final = frozenset({Aggregation.MAX, Aggregation.UNIQUE})
_Amounts = Mapping[str, tuple[PlanLimit, ...]]


class _Known:
    """What a policy says of names that can be counted."""

    __slots__ = ("kinds", "plans", "policy", "usual")

    def __init__(self, policy: PolicySnapshot) -> None:
        self.policy = policy
        self.plans = sorted(policy.plans.values(), key=lambda one: (one.price_monthly, one.name))
        self.usual: dict[str, Per] = dict.fromkeys(policy.catalog.limits, Per.TOTAL)
        for name, meter in policy.catalog.meters.items():
            self.usual[name] = meter.per or Per.TOTAL
        for plan in self.plans:
            for one in plan.limits:
                self.usual.setdefault(one.limit, one.per)
        self.kinds = {name: _kind_of(name, per, policy.catalog) for name, per in self.usual.items()}


def _kind_of(name: str, usual: Per, catalog: Catalog) -> tuple[Per, Aggregation, bool]:
    """In which period a name is counted where nothing says another one, how it is added up, and whether it is soft."""
    meter, entry = catalog.meters.get(name), catalog.limits.get(name)
    aggregation = Aggregation.SUM if meter is None else meter.aggregation
    return usual, aggregation, entry is not None and entry.kind is LimitKind.SOFT


class Allowances:
    """Makes allowances; what a policy says of names is sorted once."""

    def __init__(self) -> None:
        self._known: _Known | None = None

    def of(self, tenant: str, caller: Caller, policy: PolicySnapshot, facts: FactsView, now: int) -> "Allowance":
        """What a tenant has at a time (epoch microseconds); an empty name is the key's own tenant.

        Raises:
            BadRequest: no tenant is named.
            NotPermitted: the key is bound to another tenant.
            NotFound: there is no such tenant.
            FactsMissing, StoreUnavailable: as the view does.
        """
        bound = caller.tenant
        if bound is not None and tenant not in {"", bound}:
            raise NotPermitted(f"this key is bound to a tenant, and the request names another, {tenant[:100]!r}")
        name = tenant or bound
        if name is None:
            raise BadRequest("tenant is missing; name one")
        found = facts.tenant(name) if is_record_id(name) else None
        if (name not in policy.tenants) if found is None else not _is_there(found):
            raise NotFound(f"there is no tenant {name[:_LONGEST_SHOWN]!r}")
        return Allowance(name, found, self._of_policy(policy), now)

    def recorded(self, tenant: TenantFacts, policy: PolicySnapshot, now: int) -> "Allowance":
        """What a tenant has at a time (epoch microseconds), or would have, if it were recorded so."""
        return Allowance(tenant.id, tenant, self._of_policy(policy), now)

    def _of_policy(self, policy: PolicySnapshot) -> _Known:
        known = self._known
        if known is None or known.policy is not policy:
            known = self._known = _Known(policy)
        return known


def _is_there(tenant: TenantFacts) -> bool:
    return tenant.status in {TenantStatus.ACTIVE, TenantStatus.SUSPENDED}


class Allowance:
    """What one tenant has at a time (epoch microseconds)."""

    __slots__ = ("_amounts", "_facts", "_known", "now", "plan", "tenant")

    def __init__(self, tenant: str, facts: TenantFacts | None, known: _Known, now: int) -> None:
        self.tenant = tenant
        self.now = now
        self._facts = facts
        self._known = known
        policy = known.policy
        self.plan: Plan | None = None
        if facts is not None:
            self.plan = policy.plans.get(facts.effective_plan(now, policy.catalog))
        self._amounts: _Amounts = effective_limits(self.plan, () if facts is None else facts.limit_overrides, now)

    @property
    def is_suspended(self) -> bool:
        """Whether the tenant may have nothing for the time being."""
        return self._facts is not None and self._facts.status is TenantStatus.SUSPENDED

    @property
    def names(self) -> Sequence[str]:
        """Every name that can be counted, in order."""
        return sorted(self._known.usual)

    @property
    def time_zone(self) -> str:
        """Where the tenant's days begin: what its subscription says, else UTC."""
        held = None if self._facts is None else self._facts.subscription
        return UTC_NAME if held is None else held.stored.time_zone

    def unit(self, name: str) -> str | None:
        """What a meter counts, where that is said."""
        meter = self._known.policy.catalog.meters.get(name)
        return None if meter is None else meter.unit

    def asked(self, name: str, amount: int, at: int | None = None) -> Asked:
        """A limit, and how much is asked of it, within the periods of a time. Raises NotFound for an unknown name."""
        usual, aggregation, is_soft = self._kind(name)
        when = self.now if at is None else at
        given = self._amounts.get(name)
        if given is None:
            rules: tuple[Rule, ...] = (self._rule(usual, 0, when),)
        elif len(given) == 1:
            rules = (self._rule(given[0].per, given[0].amount, when),)
        else:
            rules = tuple(self._rule(one.per, one.amount, when) for one in given)
        return Asked(name, amount, rules, aggregation, is_soft)

    def _kind(self, name: str) -> tuple[Per, Aggregation, bool]:
        found = self._known.kinds.get(name)
        if found is None:
            raise NotFound(
                f"there is no limit and no meter {name[:MAX_NAME]!r}; there are {', '.join(self.names[:20])}"
            )
        return found

    def consumed(self, name: str, amount: int, at: int | None = None) -> Asked:
        """`asked` of what may be consumed. Raises BadRequest where reports alone say how much it is."""
        found = self.asked(name, amount, at)
        if found.aggregation in _REPORTED_ONLY:
            raise BadRequest(
                f"{name!r} is a meter of {found.aggregation.value}: it is reported, not consumed; record usage"
            )
        return found

    def is_total(self, name: str) -> bool:
        """Whether what is consumed of a name may be returned: it is counted in all, not within periods."""
        usual = self._known.usual.get(name)
        return any(one.per is Per.TOTAL for one in self._amounts.get(name, ())) or usual is Per.TOTAL

    def lets_pass(self, name: str) -> bool:
        """Whether a limit lets everybody pass while nothing can be counted."""
        entry = self._known.policy.catalog.limits.get(name)
        return entry is not None and entry.when_unavailable is WhenUnavailable.ALLOW

    def plan_with_room(self, asked: Asked, standings: Sequence[Standing]) -> str | None:
        """The cheapest plan that has room for what was refused, as far as was looked; None where none is known to."""
        known = {one.rule.per: one for one in standings}
        for plan in self._known.plans:
            limits = plan.limits_by_name.get(asked.name, ())
            if limits and all(_has_room(one, asked, known.get(one.per)) for one in limits):
                return plan.name
        return None

    def _rule(self, per: Per, amount: int | None, at: int) -> Rule:
        if per is Per.BILLING_PERIOD and self._facts is not None:
            begins, ends = self._facts.billing_window(at, self._known.policy.catalog)
        else:
            begins, ends = window(per, at)
        return Rule(per, amount, begins, ends)


def _has_room(limit: PlanLimit, asked: Asked, standing: Standing | None) -> bool:
    if limit.amount is None:
        return True
    return standing is not None and limit.amount >= standing.used + standing.held + asked.amount

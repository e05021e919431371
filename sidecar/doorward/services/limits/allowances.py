"""Allowances: what of each limit a tenant has at a time, from its plan, its own limits and its subscription."""

from collections.abc import Sequence
from typing import Final

from doorward.domain.callers import Caller
from doorward.domain.catalog import Aggregation, WhenUnavailable
from doorward.domain.errors import BadRequest, NotFound, NotPermitted
from doorward.domain.facts import TenantFacts
from doorward.domain.ledger.accounts import Standing
from doorward.domain.ledger.requests import Asked
from doorward.domain.periods import UTC_NAME
from doorward.domain.plans import Per, PlanLimit
from doorward.domain.record_names import is_record_id
from doorward.domain.tenants import TenantStatus
from doorward.services.facts import FactsView
from doorward.services.limits.entitlements import Entitlement, KnownNames
from doorward.services.ports import PolicySnapshot

_LONGEST_SHOWN: Final = 200
_MOST_TENANTS: Final = 10_000
_SUSPENDED: Final = TenantStatus.SUSPENDED  # to look a member up takes longer than what is done with it below
_THERE: Final = frozenset({TenantStatus.ACTIVE, _SUSPENDED})
_REPORTED_ONLY: Final = frozenset({Aggregation.MAX, Aggregation.UNIQUE})


class Allowances:
    """Makes allowances; what a policy says of names is sorted once, and so is what a tenant has while it stays."""

    def __init__(self) -> None:
        self._known: KnownNames | None = None
        self._entitled: dict[str, Entitlement] = {}

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
        return Allowance(self._of_tenant(name, found, policy, now), now)

    def recorded(self, tenant: TenantFacts, policy: PolicySnapshot, now: int) -> "Allowance":
        """What a tenant has at a time (epoch microseconds), or would have, if it were recorded so."""
        return Allowance(Entitlement(tenant.id, tenant, self._of_policy(policy), now), now)

    def _of_tenant(self, name: str, facts: TenantFacts | None, policy: PolicySnapshot, now: int) -> Entitlement:
        known = self._of_policy(policy)
        entitled = self._entitled.get(name)
        if entitled is None or not entitled.holds(facts, known, now):
            if len(self._entitled) >= _MOST_TENANTS:
                self._entitled.clear()
            entitled = self._entitled[name] = Entitlement(name, facts, known, now)
        return entitled

    def _of_policy(self, policy: PolicySnapshot) -> KnownNames:
        known = self._known
        if known is None or known.policy is not policy:
            known = self._known = KnownNames(policy)
        return known


def _is_there(tenant: TenantFacts) -> bool:
    return tenant.status in _THERE


class Allowance:
    """What one tenant has at a time (epoch microseconds)."""

    __slots__ = ("_entitled", "_facts", "_known", "now", "plan", "tenant")

    def __init__(self, entitled: Entitlement, now: int) -> None:
        self.now = now
        self.tenant = entitled.tenant
        self.plan = entitled.plan
        self._entitled = entitled
        self._facts = entitled.facts
        self._known = entitled.known

    @property
    def is_suspended(self) -> bool:
        """Whether the tenant may have nothing for the time being."""
        return self._facts is not None and self._facts.status is _SUSPENDED

    @property
    def names(self) -> Sequence[str]:
        """Every name that can be counted, in order."""
        return self._known.names

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
        found = self._entitled.asked(name, self.now if at is None else at)
        return Asked(name, amount, found.rules, found.aggregation, found.soft) if amount else found

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
        return any(one.per is Per.TOTAL for one in self._entitled.amounts.get(name, ())) or usual is Per.TOTAL

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


def _has_room(limit: PlanLimit, asked: Asked, standing: Standing | None) -> bool:
    if limit.amount is None:
        return True
    return standing is not None and limit.amount >= standing.used + standing.held + asked.amount

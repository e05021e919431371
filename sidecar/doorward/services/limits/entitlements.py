"""Entitlements: what a tenant has by its plan and by limits of its own, while neither they nor the policy change."""

from typing import Final

from doorward.domain.catalog import Aggregation, Catalog, LimitKind
from doorward.domain.errors import NotFound
from doorward.domain.facts import TenantFacts
from doorward.domain.ledger.accounts import Rule
from doorward.domain.ledger.requests import Asked
from doorward.domain.limits import effective_limits
from doorward.domain.names import MAX_NAME
from doorward.domain.plans import Per, Plan
from doorward.domain.windows import window
from doorward.services.ports import PolicySnapshot

_EVER: Final = 1 << 62


class KnownNames:
    """What a policy says of names that can be counted."""

    __slots__ = ("kinds", "names", "plans", "policy", "usual")

    def __init__(self, policy: PolicySnapshot) -> None:
        self.policy = policy
        self.plans = sorted(policy.plans.values(), key=lambda one: (one.price_monthly, one.name))
        self.usual: dict[str, Per] = dict.fromkeys(policy.catalog.limits, Per.TOTAL)
        for name, meter in policy.catalog.meters.items():
            self.usual[name] = meter.per or Per.TOTAL
        for plan in self.plans:
            for one in plan.limits:
                self.usual.setdefault(one.limit, one.per)
        self.names = sorted(self.usual)
        self.kinds = {name: _kind_of(name, per, policy.catalog) for name, per in self.usual.items()}


def _kind_of(name: str, usual: Per, catalog: Catalog) -> tuple[Per, Aggregation, bool]:
    """In which period a name is counted where nothing says another one, how it is added up, and whether it is soft."""
    meter, entry = catalog.meters.get(name), catalog.limits.get(name)
    aggregation = Aggregation.SUM if meter is None else meter.aggregation
    return usual, aggregation, entry is not None and entry.kind is LimitKind.SOFT


class Entitlement:
    """What a tenant has from a time on, for as long as it `holds`."""

    __slots__ = ("_asked", "_since", "_until", "amounts", "facts", "known", "plan", "tenant")

    def __init__(self, tenant: str, facts: TenantFacts | None, known: KnownNames, now: int) -> None:
        self.tenant = tenant
        self.facts = facts
        self.known = known
        self.plan = _plan_of(facts, known.policy, now)
        overrides = () if facts is None else facts.limit_overrides
        self.amounts = effective_limits(self.plan, overrides, now)
        ends = [one.expires_at for one in overrides if one.expires_at]
        self._since = max((one for one in ends if one <= now), default=0)
        self._until = min((one for one in ends if one > now), default=_EVER)
        self._asked: dict[str, tuple[int, int, Asked]] = {}

    def holds(self, facts: TenantFacts | None, known: KnownNames, now: int) -> bool:
        """Whether it is what the tenant has at a time (epoch microseconds), by these facts and this policy."""
        if facts is not self.facts or known is not self.known or not self._since <= now < self._until:
            return False
        return facts is None or facts.subscription is None or _plan_of(facts, known.policy, now) is self.plan

    def asked(self, name: str, at: int) -> Asked:
        """A limit of which nothing is asked, within the periods of a time. Raises NotFound for an unknown name."""
        remembered = self._asked.get(name)
        if remembered is not None and remembered[0] <= at < remembered[1]:
            return remembered[2]
        usual, aggregation, is_soft = self._kind(name)
        given = self.amounts.get(name)
        if given is None:
            rules: tuple[Rule, ...] = (self._rule(usual, 0, at),)
        else:
            rules = tuple(self._rule(one.per, one.amount, at) for one in given)
        found = Asked(name, 0, rules, aggregation, is_soft)
        if self._is_steady(rules):
            begins = max(one.starts_at for one in rules)
            ends = min(one.ends_at or _EVER for one in rules)
            self._asked[name] = begins, ends, found
        return found

    def _is_steady(self, rules: tuple[Rule, ...]) -> bool:
        """Whether the periods of one time are those of any other within them; a subscription may end within its own."""
        if self.facts is None or self.facts.subscription is None:
            return True
        return all(one.per is not Per.BILLING_PERIOD for one in rules)

    def _kind(self, name: str) -> tuple[Per, Aggregation, bool]:
        found = self.known.kinds.get(name)
        if found is None:
            raise NotFound(
                f"there is no limit and no meter {name[:MAX_NAME]!r}; there are {', '.join(self.known.names[:20])}"
            )
        return found

    def _rule(self, per: Per, amount: int | None, at: int) -> Rule:
        if per is Per.BILLING_PERIOD and self.facts is not None:
            begins, ends = self.facts.billing_window(at, self.known.policy.catalog)
        else:
            begins, ends = window(per, at)
        return Rule(per, amount, begins, ends)


def _plan_of(facts: TenantFacts | None, policy: PolicySnapshot, now: int) -> Plan | None:
    return None if facts is None else policy.plans.get(facts.effective_plan(now, policy.catalog))

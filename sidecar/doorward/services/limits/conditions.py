"""Usage as conditions read it: looked up when one asks, from memory that is a second old at most."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from doorward.domain.errors import NotFound, StoreUnavailable
from doorward.domain.facts import TenantFacts
from doorward.services.limits.allowances import Allowance, Allowances
from doorward.services.limits.looking import UsageMemory
from doorward.services.ports import PolicySnapshot

_SECOND = 1_000_000


class UsageConditions:
    """Makes `r.ctx.tenant.usage`."""

    def __init__(self, memory: UsageMemory, allowances: Allowances, policy: Callable[[], PolicySnapshot]) -> None:
        self._memory = memory
        self._allowances = allowances
        self._policy = policy

    def remembered(self, tenant: TenantFacts, now: float) -> Mapping[str, Any]:
        """What a tenant uses at a time (epoch seconds); looking up raises FactsMissing where it has to be read."""
        return _Usage(lambda: self._allowance(tenant, now), self._memory, may_block=False)

    def read(self, tenant: TenantFacts, now: float) -> Mapping[str, Any]:
        """The same; read where it has to be."""
        return _Usage(lambda: self._allowance(tenant, now), self._memory, may_block=True)

    def _allowance(self, tenant: TenantFacts, now: float) -> Allowance:
        return self._allowances.recorded(tenant, self._policy(), int(now * _SECOND))


class _Usage(Mapping[str, Any]):
    """What is used by name: of several amounts of one limit, what counts against the smallest.

    What is not counted, and what cannot be read, is absent.
    """

    def __init__(self, allowance: Callable[[], Allowance], memory: UsageMemory, *, may_block: bool) -> None:
        self._make = allowance
        self._made: Allowance | None = None
        self._memory = memory
        self._may_block = may_block

    @property
    def _allowance(self) -> Allowance:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, name: str) -> int:
        allowance = self._allowance
        try:
            asked = allowance.asked(name, 0)
            account = self._memory.account(allowance.tenant, asked, allowance.now, may_block=self._may_block)
        except (NotFound, StoreUnavailable):
            raise KeyError(name) from None
        rule = min(asked.rules, key=lambda one: (one.amount is None, one.amount or 0))
        return account.standing(rule, 0, allowance.now, asked.aggregation).used

    def __iter__(self) -> Iterator[str]:
        return iter(self._allowance.names)

    def __len__(self) -> int:
        return len(self._allowance.names)

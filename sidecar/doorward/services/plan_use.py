"""Which plans tenants have; and a watch for those that the served policy does not declare."""

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

from doorward.domain.actors import Actor
from doorward.domain.errors import DoorwardError
from doorward.domain.plan_use import PlanUse, plan_uses, plans_at
from doorward.services.policy import PolicyService
from doorward.services.ports import Clock, PolicySnapshot
from doorward.services.ports.plan_use import PlanUseSource

LOOK_SECONDS: Final = 1.0
"""How soon a policy that is served is held against what tenants have."""
AGAIN_SECONDS: Final = 60.0
"""How often that is done again while some tenants have no plan."""
SELDOM_SECONDS: Final = 600.0
"""How often otherwise: a period that ends may bring a plan that was taken away meanwhile."""
_SECOND: Final = 1_000_000


class PlanUseService:
    """Counts tenants by their plans."""

    def __init__(self, source: PlanUseSource, policy: Callable[[], PolicySnapshot], clock: Clock) -> None:
        self._source = source
        self._policy = policy
        self._clock = clock

    def listed(self, actor: Actor) -> Sequence[PlanUse]:
        """Every plan that some tenant has or gets, by name. Raises NotPermitted, StoreUnavailable."""
        actor.require_unbound("no tenant is told what others have")
        return self.counted(self._policy())

    def counted(self, policy: PolicySnapshot) -> Sequence[PlanUse]:
        """The same, by a policy. Raises StoreUnavailable."""
        source, now = self._source, int(self._clock() * _SECOND)
        tenants = plans_at(source.settled(now), source.changed(now), now, policy.catalog)
        return plan_uses(tenants, source.pending(now), policy.plans.keys())


class Log(Protocol):
    """Where a watch tells what it finds."""

    def info(self, message: str, *values: object) -> None:
        """Tell what is well."""
        ...

    def warning(self, message: str, *values: object) -> None:
        """Tell what is not."""
        ...


class UndeclaredPlans:
    """Looks for plans that tenants have and the served policy does not declare; what it found last is in `found`.

    Whoever reads `found` waits for nothing: it is replaced whole.
    """

    def __init__(self, use: PlanUseService, policy: PolicyService, seconds: Clock, log: Log) -> None:
        self.found: Sequence[PlanUse] = ()
        self._use = use
        self._policy = policy
        self._seconds = seconds
        self._log = log
        self._plans: Collection[str] | None = None
        self._due = 0.0
        self._told: Collection[str] = ()

    def follow(self, stop: threading.Event) -> None:
        """Look whenever other plans are served, and now and then, until it is to stop."""
        while not stop.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Look where it is time to. Where the database does not answer, what was found stands until it does."""
        if self._policy.served_revision is None:
            return
        policy, now = self._policy.current, self._seconds()
        if policy.plans is self._plans and now < self._due:
            return
        self._plans, self._due = policy.plans, now + AGAIN_SECONDS
        try:
            self.found = [one for one in self._use.counted(policy) if not one.is_declared]
        except DoorwardError as error:
            self._log.warning("nobody knows which plans tenants have: %s", error)
            return
        if not self.found:
            self._due = now + SELDOM_SECONDS
        self._tell(policy.revision)

    def _tell(self, revision: str) -> None:
        names = {one.plan for one in self.found}
        for one in self.found:
            if one.plan not in self._told:
                self._log.warning(
                    "policy %s has no plan %s, and %d tenants have it, %d get it: no feature, and 0 of every limit;"
                    " declare it again, or see `doorward tenants list --plan %s`",
                    *(revision, one.plan, one.tenants, one.pending, one.plan),
                )
        if self._told and not names:
            self._log.info("policy %s has the plans of all tenants again", revision)
        self._told = names

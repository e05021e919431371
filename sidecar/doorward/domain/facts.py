"""Facts: what decisions read of recorded tenants and users, and the changes that make them stale.

UserFacts and TenantFacts are read for every question, so they are plain slotted classes. Nobody writes to
them after construction, but for `used`, which the memory of facts keeps for itself.
"""

import hashlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from doorward.domain.catalog import Catalog
from doorward.domain.limit_overrides import OwnLimit
from doorward.domain.limits import effective_limits
from doorward.domain.periods import Period, calendar_month
from doorward.domain.plans import Plan, least_of
from doorward.domain.subscriptions import PlanState, RecordedSubscription, window_at
from doorward.domain.tenants import TenantStatus
from doorward.domain.users import UserStatus


class UserFacts:
    """What decisions read of a user. `grants` are (role's bare name, tenant or `*`)."""

    __slots__ = ("first_name", "grants", "id", "last_name", "status", "tenant", "used", "username")

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        id: str,  # noqa: A002 - the column's name
        tenant: str,
        status: UserStatus,
        grants: tuple[tuple[str, str], ...],
        username: str,
        first_name: str,
        last_name: str,
    ) -> None:
        self.id = id
        self.tenant = tenant
        self.status = status
        self.grants = grants
        self.username = username
        self.first_name = first_name
        self.last_name = last_name
        self.used = False


class TenantFacts:
    """What decisions read of a tenant. `plan` is its own, `limit_overrides` are those that ended too."""

    __slots__ = ("domain", "id", "limit_overrides", "name", "plan", "settings", "status", "subscription", "used")

    def __init__(  # noqa: PLR0913, PLR0917 - one slot a column
        self,
        id: str,  # noqa: A002 - the column's name
        name: str,
        domain: str | None,
        plan: str,
        status: TenantStatus,
        settings: Mapping[str, Any],
        limit_overrides: tuple[OwnLimit, ...] = (),
        subscription: RecordedSubscription | None = None,
    ) -> None:
        self.subscription = subscription
        self.id = id
        self.name = name
        self.domain = domain
        self.plan = plan
        self.status = status
        self.settings = settings
        self.limit_overrides = limit_overrides
        self.used = False

    def effective_plan(self, now: int, catalog: Catalog) -> str:
        """The name of the plan that counts at a time (epoch microseconds)."""
        held = self.subscription
        return self.plan if held is None else held.plan_state(self.plan, now, catalog).plan

    def billing_window(self, now: int, catalog: Catalog) -> Period:
        """What limits per billing period are counted in at a time: see `window_at`."""
        held = self.subscription
        return calendar_month(now) if held is None else window_at(held.at(now, catalog).subscription, now)


NOT_THE_CALLERS: Final = frozenset(
    {"id", "type", "roles", "status", "tenant", "username", "first_name", "last_name", "email"}
)
"""Attributes of a recorded user that no caller says: they are recorded, or not told to decisions."""


UsageOf = Callable[[TenantFacts, float], Mapping[str, Any]]
"""What a tenant uses by name, at a time in epoch seconds; looking one up may raise FactsMissing."""


class Recorded:
    """What is recorded of a question's subject and tenant, each None where it is not.

    `plan` is the one that counts for the tenant, None where the policy declares no such plan; `state` says how its
    newest subscription stands, and which plan it gives.
    """

    __slots__ = ("plan", "state", "tenant", "usage", "user")

    def __init__(
        self,
        user: UserFacts | None,
        tenant: TenantFacts | None = None,
        plan: Plan | None = None,
        state: PlanState | None = None,
    ) -> None:
        self.user = user
        self.tenant = tenant
        self.plan = plan
        self.state = state
        self.usage: UsageOf | None = None

    def subject_attributes(self, declared: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """What conditions read of the subject, beside type, id and roles.

        What is declared or given stands beside what is recorded, never in its place.
        """
        user = self.user
        found = {**declared, **given}
        if user is None:
            return found
        for name in given.keys() & NOT_THE_CALLERS:
            if name in declared:
                found[name] = declared[name]
            else:
                del found[name]
        found["status"] = user.status.value
        found["tenant"] = user.tenant
        found["username"] = user.username
        found["first_name"] = user.first_name
        found["last_name"] = user.last_name
        return found

    def tenant_attributes(self, now: float) -> dict[str, Any]:
        """What conditions read of the tenant, beside its id, at a time in epoch seconds."""
        tenant, state, plan = self.tenant, self.state, self.plan
        if tenant is None:
            return {}
        found: dict[str, Any] = {"plan": tenant.plan, "status": tenant.status.value, "subscribed": False}
        if state is not None:
            found["plan"], found["subscribed"] = state.plan, state.is_subscribed
            found["subscription"] = state.subscription.value
        if plan is not None:
            found["features"] = list(plan.features)
        if tenant.limit_overrides:
            found["limits"] = least_of(effective_limits(plan, tenant.limit_overrides, int(now * 1_000_000)))
        elif plan is not None:
            found["limits"] = plan.least
        if self.usage is not None:
            found["usage"] = self.usage(tenant, now)
        return found


class FactKind(StrEnum):
    """What a change is about."""

    TENANT = "tenant"
    USER = "user"
    KEY = "key"


class FactChange(NamedTuple):
    """Something that changed: whoever remembers it forgets it, and reads it again when it is asked for."""

    version: int
    kind: FactKind
    id: str


class FactsMissing(Exception):  # noqa: N818 - reads as what happened; not an error of the product: nobody is told
    """What a question needs is not in memory: ask again where the store may be read."""


def id_hash(user_id: str) -> int:
    """The signed 64-bit hash by which it is known whether a user's id was ever recorded: BLAKE2b-64 of its UTF-8."""
    return int.from_bytes(hashlib.blake2b(user_id.encode(), digest_size=8).digest(), "big", signed=True)

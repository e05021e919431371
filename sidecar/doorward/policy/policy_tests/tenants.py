"""The tenant of a policy test: its id, or a mapping, to be asked as if it were recorded with a plan."""

from collections.abc import Mapping
from typing import Any, Final

from doorward.domain.catalog import SubscriptionStatus
from doorward.domain.facts import TenantFacts, UserFacts
from doorward.domain.flag_overrides import TenantOverrides
from doorward.domain.periods import UTC_NAME, BillingPeriod
from doorward.domain.subscriptions import ENDED, NOTHING_PENDING, RecordedSubscription, Subscription
from doorward.domain.tenants import SETTABLE_STATUSES, TenantStatus
from doorward.policy.policy_tests.pieces import Refused, attributes_of, line_of, text_of
from doorward.policy.yaml_reader import Located

_KEYS: Final = ("id", "plan", "status", "subscription")
_DAY: Final = 24 * 3_600_000_000


def read_tenant(entry: Located) -> dict[str, Any]:
    """The tenant as rules see it: its id, or a mapping with id, plan and what else they read. Raises Refused."""
    given = entry.get("tenant")
    if not isinstance(given, Located):
        name = text_of(entry, "tenant", None)
        return {} if name is None else {"id": name}
    if not isinstance(given.get("id"), str):
        raise Refused(line_of(given, "id"), "a tenant needs an id: `{id: acme, plan: enterprise}`")
    plan = given.get("plan")
    if plan is not None and not isinstance(plan, str):
        raise Refused(given.lines["plan"], f"plan {plan!r} is no text; quote it: '{plan}'")
    if "features" in given:
        raise Refused(given.lines["features"], "features are those of the plan; name the plan alone")
    if "subscription" in given:
        _check_choice(given, "subscription", tuple(SubscriptionStatus))
        if plan is None:
            raise Refused(given.lines["subscription"], "a subscription is to a plan; name it: `plan: enterprise`")
    return attributes_of(given, "tenant")


def read_recorded_tenant(entry: Located) -> dict[str, Any]:
    """The same, where nothing but what is recorded of a tenant can be said of it. Raises Refused."""
    given = entry.get("tenant")
    if isinstance(given, Located):
        for key in given:
            if key not in _KEYS:
                raise Refused(given.lines[key], f"unknown key {key!r} of a tenant; there are {', '.join(_KEYS)}")
        if "status" in given:
            _check_choice(given, "status", SETTABLE_STATUSES)
        if "plan" not in given:
            raise Refused(given.line, "a tenant that is more than an id needs a plan: `{id: acme, plan: enterprise}`")
    return read_tenant(entry)


def _check_choice(given: Located, key: str, choices: tuple[SubscriptionStatus | TenantStatus, ...]) -> None:
    words = [one.value for one in choices]
    if given[key] not in words:
        raise Refused(given.lines[key], f"{key} must be {', '.join(words[:-1])} or {words[-1]}, not {given[key]!r}")


def supposed_tenant(given: Mapping[str, Any], now: float) -> TenantFacts | None:
    """The tenant as it would be recorded at a time (epoch seconds); None where the test names no plan."""
    plan, held = given.get("plan"), given.get("subscription")
    if plan is None:
        return None
    status = TenantStatus.SUSPENDED if given.get("status") == TenantStatus.SUSPENDED.value else TenantStatus.ACTIVE
    subscription = None if held is None else RecordedSubscription(_subscription(given, SubscriptionStatus(held), now))
    return TenantFacts(given["id"], given["id"], None, plan, status, {}, subscription=subscription)


def _subscription(given: Mapping[str, Any], status: SubscriptionStatus, now: float) -> Subscription:
    """One that came to stand so just now."""
    moment = int(now * 1_000_000)
    return Subscription(
        id="",
        tenant=given["id"],
        plan=given["plan"],
        billing_period=BillingPeriod.MONTHLY,
        time_zone=UTC_NAME,
        status=status,
        anchor=moment,
        trial_ends_at=moment + _DAY if status is SubscriptionStatus.TRIALING else 0,
        past_due_since=moment if status is SubscriptionStatus.PAST_DUE else 0,
        paused_at=moment if status is SubscriptionStatus.PAUSED else 0,
        ended_at=moment if status in ENDED else 0,
        created_at=moment,
        updated_at=moment,
        version=1,
        **NOTHING_PENDING,
    )


class SupposedTenant:
    """A view of facts in which nothing but one tenant is recorded."""

    has_users: Final = False
    may_read: Final = True

    def __init__(self, tenant: TenantFacts) -> None:
        self._tenant = tenant

    def user(self, user_id: str) -> UserFacts | None:  # noqa: ARG002 - as every view has it
        """Nobody."""
        return None

    def tenant(self, tenant_id: str) -> TenantFacts | None:
        """The one, by its id."""
        return self._tenant if tenant_id == self._tenant.id else None

    def tenant_of_domain(self, domain: str) -> str | None:  # noqa: ARG002
        """None."""
        return None

    def overrides(self, tenant_id: str) -> TenantOverrides:  # noqa: ARG002
        """None."""
        return TenantOverrides()

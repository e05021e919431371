"""Billing as the requirements name it: `billing_manager`, `subscription_manager`, `usage_tracker`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional

from doorward_sdk.default_client import default_client
from doorward_sdk.enterprise.plans import Plan, created_plan, plan_id_of
from doorward_sdk.enterprise.subscriptions import (
    BillingPeriod,
    Subscription,
    SubscriptionStatus,
    newest_subscription,
    subscription_of,
)
from doorward_sdk.enterprise.usage import UsageTracker, check_usage_limits, usage_tracker
from doorward_sdk.errors import Conflict, NotFound

if TYPE_CHECKING:
    from doorward_sdk.billing.subscriptions import Subscriptions
    from doorward_sdk.client import Doorward

__all__ = [
    "BillingManager",
    "BillingPeriod",
    "Plan",
    "Subscription",
    "SubscriptionManager",
    "SubscriptionStatus",
    "UsageTracker",
    "billing_manager",
    "subscription_manager",
    "usage_tracker",
]


class BillingManager:
    """Plans and subscriptions, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def create_plan(  # noqa: PLR0913, PLR0917 - as the requirements have it
        self,
        name: str,
        description: str,
        price_monthly: float,
        price_yearly: float,
        features: List[str],
        limits: Dict[str, Any],
    ) -> Plan:
        """Declare a plan in the policy, by a commit; it is served when this returns.

        A `name` that can be no id, like `Startup 2`, is what people call the plan; its id is made of that: `startup-2`.
        `limits` are as `client.plans.create` takes them: by name an amount, or `{"per": "hour", "amount": 1000}`.

        Raises:
            CallError: a price is none, or finer than the policy's currency; or no id can be made of the name.
            Conflict: there is one of that id, or the policy cannot be written to.
            PolicyChangePending: changes are reviewed there; the plan is served once somebody merges it.
            ProblemResponse: it can be no plan.
        """
        plan = Plan(
            plan_id_of(name), " ".join(name.split()), description, price_monthly, price_yearly, features, limits
        )
        return created_plan(self._client or default_client(), plan)

    def create_subscription(
        self,
        tenant_id: str,
        plan_id: str,
        billing_period: BillingPeriod = BillingPeriod.MONTHLY,
        *,
        trial: bool = False,
    ) -> Subscription:
        """Subscribe a tenant to a plan, from now on; it is active at once, unless a trial is asked for.

        Raises:
            NotFound: there is no such tenant.
            Conflict: it has a subscription, or had its trial.
            RequestFailed: no answer came that says yes.
        """
        period = BillingPeriod(billing_period).value
        return subscription_of(self._subscriptions.create(tenant_id, plan_id, period, trial=trial))

    def get_subscription_by_tenant(self, tenant_id: str) -> Optional[Subscription]:
        """The live subscription of a tenant, else the one that began last; None where it has had none."""
        return newest_subscription(self._subscriptions, tenant_id)

    def cancel_subscription(self, subscription_id: str) -> bool:
        """End a subscription now; False where there is none, or where it has ended."""
        try:
            self._subscriptions.cancel(subscription_id, when="now")
        except (Conflict, NotFound):
            return False
        return True

    @property
    def _subscriptions(self) -> Subscriptions:
        return (self._client or default_client()).subscriptions


class SubscriptionManager:
    """How subscriptions stand, through a client; None: the one that `configure` sets, when it is needed."""

    def __init__(self, client: Doorward | None = None) -> None:
        self._client = client

    def check_subscription_status(self, tenant_id: str) -> Optional[Subscription]:
        """The live subscription of a tenant, else the one that began last, as it stands; None where it has had none."""
        return newest_subscription((self._client or default_client()).subscriptions, tenant_id)

    def check_usage_limits(self, tenant_id: str, limit: str, current: int) -> bool:
        """Whether a tenant may have one more than `current`; an outage is a no, and so is a limit that is not there."""
        return check_usage_limits(self._client or default_client(), tenant_id, limit, current)


billing_manager = BillingManager()
subscription_manager = SubscriptionManager()

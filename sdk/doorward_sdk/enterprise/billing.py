"""Billing as the requirements name it: `billing_manager`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from doorward_sdk.default_client import default_client
from doorward_sdk.enterprise.plans import Plan, created_plan

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward

__all__ = ["BillingManager", "Plan", "billing_manager"]


class BillingManager:
    """Plans, through a client; None: the one that `configure` sets, when it is needed."""

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

        `limits` are as `client.plans.create` takes them: by name an amount, or `{"per": "hour", "amount": 1000}`.

        Raises:
            CallError: a price is none, or finer than the policy's currency.
            Conflict: there is one of that name, or the policy cannot be written to.
            PolicyChangePending: changes are reviewed there; the plan is served once somebody merges it.
            ProblemResponse: it can be no plan.
        """
        plan = Plan(name, name, description, price_monthly, price_yearly, features, limits)
        return created_plan(self._client or default_client(), plan)


billing_manager = BillingManager()

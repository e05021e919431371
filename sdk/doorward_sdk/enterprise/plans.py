"""Plans as the requirements name them; `billing_manager` of `enterprise.billing` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - hosts read the types of the dataclasses at run time
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from doorward_sdk.declared import PendingChange
from doorward_sdk.errors import PolicyChangePending
from doorward_sdk.money import minor_units

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward


@dataclass
class Plan:
    """A plan of the policy; its id is its name. Prices are in the currency's major unit: 49.0 is 49.00.

    The policy's history knows its times, so they are None here.
    """

    id: str
    name: str
    description: str
    price_monthly: float
    price_yearly: float
    features: List[str]
    limits: Dict[str, Any]
    status: str = "active"
    created_at: Optional[datetime] = None
    updated_at: Optional[datetime] = None


def created_plan(client: Doorward, plan: Plan) -> Plan:
    """Declare a plan, by a commit, and give it as it is served. Raises as `BillingManager.create_plan`."""
    currency = client.plans.currency()
    monthly, yearly = minor_units(plan.price_monthly, currency), minor_units(plan.price_yearly, currency)
    made = client.plans.create(plan.name, plan.description, monthly, yearly, plan.features, plan.limits)
    if isinstance(made, PendingChange):
        raise PolicyChangePending(made)
    return Plan(
        id=made.name,
        name=made.name,
        description=made.description or "",
        price_monthly=float(plan.price_monthly),
        price_yearly=float(plan.price_yearly),
        features=list(made.features),
        limits=dict(plan.limits),
    )

"""Plans as the requirements name them; `billing_manager` of `enterprise.billing` makes them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - hosts read the types of the dataclasses at run time
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from doorward_sdk.billing.money import minor_units
from doorward_sdk.errors import CallError, PolicyChangePending
from doorward_sdk.policy.declared import PendingChange

if TYPE_CHECKING:
    from doorward_sdk.client import Doorward

_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,127}\Z")
_BETWEEN = re.compile(r"[^a-z0-9]+")


@dataclass
class Plan:
    """A plan of the policy. Prices are in the currency's major unit: 49.0 is 49.00.

    Its `id` is what subscriptions and rules name; `name` is what people call it, the same where that can be an id.

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
    title = "" if plan.name == plan.id else plan.name
    made = client.plans.create(plan.id, plan.description, monthly, yearly, plan.features, plan.limits, title=title)
    if isinstance(made, PendingChange):
        raise PolicyChangePending(made)
    return Plan(
        id=made.name,
        name=plan.name,
        description=made.description or "",
        price_monthly=float(plan.price_monthly),
        price_yearly=float(plan.price_yearly),
        features=list(made.features),
        limits=dict(plan.limits),
    )


def plan_id_of(name: str) -> str:
    """The id of a plan that people call by a name: that where it can be one, else `startup-2` for `Startup 2`.

    Raises:
        CallError: nothing is left of the name.
    """
    if _ID.match(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = _BETWEEN.sub("-", plain).strip("-")
    if not _ID.match(made):
        raise CallError(
            f"no id can be made of the plan's name {name[:100]!r}; begin it with a letter from a to z,"
            " or declare the plan by client.plans.create(ID, ..., title=NAME)"
        )
    return made

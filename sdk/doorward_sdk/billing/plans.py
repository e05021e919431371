"""Plans of a sidecar: `client.plans`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_sdk.billing.plans_wire import plan_of
from doorward_sdk.policy.wire import all_items, made_of
from doorward_sdk.wire.api import READ_SECONDS
from doorward_sdk.wire.members import members_of, path_of, text_in

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable, Mapping

    from doorward_sdk.billing.declared_plans import Plan
    from doorward_sdk.policy.declared import PendingChange
    from doorward_sdk.wire.api import Api

_PLANS = "/v1/plans"


class Plans:
    """What tenants pay for; needs `policy:read`, to create `policy:write`, with a key that is bound to no tenant.

    Every method raises RequestFailed where no answer comes.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self) -> builtins.list[Plan]:
        """Every plan, by name."""
        seconds = max(self._api.timeout, READ_SECONDS)
        return all_items(lambda target: self._api.send("GET", target, seconds=seconds), _PLANS, plan_of)

    def get(self, name: str) -> Plan:
        """One plan. Raises NotFound."""
        return plan_of(self._api.get(path_of(_PLANS, name)))

    def currency(self) -> str:
        """That of all prices, three letters."""
        return text_in(members_of(self._api.get(f"{_PLANS}?limit=1")), "currency")

    def create(  # noqa: PLR0913, PLR0917 - the parts of a plan
        self,
        name: str,
        description: str,
        price_monthly: int,
        price_yearly: int,
        features: Iterable[str] = (),
        limits: Mapping[str, object] | None = None,
        *,
        title: str = "",
        trial_days: int = 0,
        grace_days: int = 0,
        reason: str = "",
    ) -> Plan | PendingChange:
        """Declare a plan, in a commit; it is served when this returns, unless changes are reviewed there.

        Args:
            name: its id.
            description: whom it is for, in one line.
            price_monthly: in minor units, like cents.
            price_yearly: in minor units, like cents.
            features: the features that it has.
            limits: by name a whole number or `unlimited`; or `{"per": "hour", "amount": 1000}`, or a list of those.
                Without `per` it is counted as its meter and the other plans say, else as a total.
            title: what people call it; empty: its name.
            trial_days: how long it can be tried out.
            grace_days: how long a tenant that has not paid keeps it.
            reason: why, for the commit.

        Raises:
            Conflict: there is such a plan, or the policy cannot be written to.
            ProblemResponse: it can be no plan (400).
        """
        body: dict[str, object] = {
            "name": name,
            "description": description,
            "price_monthly": price_monthly,
            "price_yearly": price_yearly,
            "features": [*features],
            "limits": dict(limits or {}),
            "title": title,
            "trial_days": trial_days,
            "grace_days": grace_days,
            "reason": reason,
        }
        return made_of(self._api.change_policy("POST", _PLANS, body), plan_of)

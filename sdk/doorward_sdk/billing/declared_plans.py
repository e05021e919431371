"""Plans as a policy declares them. Nothing here knows the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doorward_sdk.limits.overrides import Amount


@dataclass(frozen=True)
class PlanLimit:
    """How much of a limit a plan gives.

    Attributes:
        limit: the limit's name.
        per: what it is counted in: `total`, `hour` and so on.
        amount: a whole number, or `unlimited`.
    """

    limit: str
    per: str
    amount: Amount


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        name: its id.
        title: what people call it.
        description: whom it is for, if the policy says.
        currency: that of the prices, three letters.
        price_monthly: in minor units, like cents.
        price_yearly: in minor units, like cents.
        trial_days: how long it can be tried out.
        grace_days: how long a tenant that has not paid keeps it.
        features: all that it has, inherited ones too.
        limits: how much it gives; of a limit that is not among them nothing.
        place: the file and line that name it.
    """

    name: str
    title: str
    description: str | None
    currency: str
    price_monthly: int
    price_yearly: int
    trial_days: int
    grace_days: int
    features: tuple[str, ...]
    limits: tuple[PlanLimit, ...]
    place: str

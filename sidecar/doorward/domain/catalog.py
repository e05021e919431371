"""The catalog: what is sold and counted, what a subscription's status allows, what roles and rules are for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from doorward.domain.plans import Per, PlanEntry

Descriptions = Mapping[str, str | None]


class SubscriptionStatus(StrEnum):
    """How a subscription stands."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Aggregation(StrEnum):
    """What the reports of a meter make together: the sum, how many, the most, the last, or how many different ones."""

    SUM = "sum"
    COUNT = "count"
    MAX = "max"
    LATEST = "latest"
    UNIQUE = "unique"


class LimitKind(StrEnum):
    """Whether what goes beyond a limit is refused, or only told."""

    HARD = "hard"
    SOFT = "soft"


class WhenUnavailable(StrEnum):
    """What a limit answers while nothing can be counted."""

    DENY = "deny"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Something that is counted; `per` is the period that it is looked at in, where it has one."""

    aggregation: Aggregation
    unit: str | None = None
    per: Per | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitEntry:
    """How a limit is held."""

    kind: LimitKind = LimitKind.HARD
    when_unavailable: WhenUnavailable = WhenUnavailable.DENY


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What policies/catalog.yaml says.

    `after_end` is the plan after a subscription's end, None where the tenant keeps its own. `suspended_may`
    holds (action, type): what a suspended tenant still may. Descriptions of roles and rules are by name,
    None where an entry has none. `lines` says where the entries of each section stand, and under "" where
    its keys do.
    """

    currency: str = "USD"
    counts_as_subscribed: frozenset[SubscriptionStatus] = frozenset(
        {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
    )
    after_end: str | None = None
    suspended_may: frozenset[tuple[str, str]] = frozenset()
    plans: Mapping[str, PlanEntry] = field(default_factory=dict)
    meters: Mapping[str, Meter] = field(default_factory=dict)
    limits: Mapping[str, LimitEntry] = field(default_factory=dict)
    roles: Descriptions = field(default_factory=dict)
    rules: Descriptions = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

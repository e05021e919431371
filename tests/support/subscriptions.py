"""Subscriptions for tests, and the times that they are asked at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from doorward.domain.catalog import Catalog, SubscriptionStatus
from doorward.domain.periods import BillingPeriod
from doorward.domain.plans import PlanEntry
from doorward.domain.subscriptions import Subscription

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
CATALOG: Final = Catalog(
    plans={
        "basic": PlanEntry(title="Basic", grace_days=7),
        "professional": PlanEntry(title="Professional", trial_days=14, grace_days=7),
        "enterprise": PlanEntry(title="Enterprise", grace_days=0),
    }
)


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """Epoch microseconds of a wall time."""
    return (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold) - _EPOCH) // timedelta(
        microseconds=1
    )


def wall(instant: int, zone: str = "UTC") -> str:
    """What the clock on the wall shows, to the minute."""
    shown = (_EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))
    return shown.replace(tzinfo=None).isoformat(" ", "minutes")


def a_subscription(**fields: Any) -> Subscription:
    """One that is active, paid by the month since 31 January 2026, but for what is given."""
    start = fields.pop("created_at", at("2026-01-31T12:00"))
    made = Subscription(
        id="s1",
        tenant="acme",
        plan="professional",
        billing_period=BillingPeriod.MONTHLY,
        time_zone="UTC",
        status=SubscriptionStatus.ACTIVE,
        anchor=start,
        trial_ends_at=0,
        past_due_since=0,
        paused_at=0,
        cancel_at=0,
        change_at=0,
        next_plan=None,
        next_billing_period=None,
        ended_at=0,
        created_at=start,
        updated_at=start,
        version=1,
    )
    return replace(made, **fields)

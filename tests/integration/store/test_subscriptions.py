"""Subscriptions as rows, the same on SQLite and PostgreSQL."""

from dataclasses import replace
from typing import Any

import pytest

from doorward.domain.catalog import SubscriptionStatus
from doorward.domain.errors import Conflict
from doorward.domain.periods import BillingPeriod
from doorward.domain.subscriptions import Subscription, SubscriptionFilter
from doorward.domain.tenants import TenantFilter
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from support.databases import undone_by
from support.records import NOW, a_tenant
from support.subscriptions import a_subscription

ACTIVE, TRIALING, PAST_DUE = SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE
PAUSED, CANCELED, EXPIRED = SubscriptionStatus.PAUSED, SubscriptionStatus.CANCELED, SubscriptionStatus.EXPIRED
FULL = a_subscription(
    billing_period=BillingPeriod.YEARLY,
    time_zone="America/Argentina/ComodRivadavia",
    trial_ends_at=NOW + 1,
    past_due_since=NOW + 2,
    paused_at=NOW + 3,
    cancel_at=NOW + 4,
    change_at=NOW + 5,
    next_plan="enterprise",
    next_billing_period=BillingPeriod.MONTHLY,
    version=7,
)


def record(database: Database, *subscriptions: Subscription) -> None:
    with database.change() as transaction:
        for tenant in sorted({one.tenant for one in subscriptions}):
            if transaction.tenants.find(tenant) is None:
                transaction.tenants.add(a_tenant(tenant))
        for one in subscriptions:
            transaction.subscriptions.add(one)


def one(name: str, **fields: Any) -> Subscription:
    """One of its own tenant."""
    return a_subscription(**{"id": name, "tenant": f"tenant-{name}", **fields})


def ended(name: str, created_at: int, **fields: Any) -> Subscription:
    return a_subscription(id=name, status=CANCELED, created_at=created_at, ended_at=created_at + 1, **fields)


def test_a_subscription_comes_back_as_it_went(database: Database) -> None:
    record(database, FULL)

    with database.read() as transaction:
        assert transaction.subscriptions.find("s1") == FULL
        assert transaction.subscriptions.find("s2") is None


def test_a_subscription_is_written_whole(database: Database) -> None:
    record(database, a_subscription())

    with database.change() as transaction:
        assert transaction.subscriptions.find("s1", lock=True) is not None
        transaction.subscriptions.save(FULL)

    with database.read() as transaction:
        assert transaction.subscriptions.find("s1") == FULL


def test_a_tenant_has_one_live_subscription(database: Database) -> None:
    record(database, ended("s1", NOW), ended("s2", NOW), a_subscription(id="s3"))

    with undone_by(Conflict, "'acme' has a subscription already"), database.change() as transaction:
        transaction.subscriptions.add(a_subscription(id="s4"))


def test_the_newest_of_a_tenant_is_the_live_one_else_the_last_that_began(database: Database) -> None:
    record(database, ended("s9", NOW), ended("s2", NOW + 9), ended("s3", NOW + 9), one("other"))

    with database.change() as transaction:
        newest = transaction.subscriptions.newest("acme", lock=True)
        assert newest is not None
        assert newest.id == "s3"
        assert transaction.subscriptions.newest("nobody") is None
        transaction.subscriptions.add(a_subscription(id="s1", created_at=NOW - 1))

    with database.read() as transaction:
        found = transaction.subscriptions.newest_of(["tenant-other", "acme", "nobody", "acme"])
        assert {tenant: held.id for tenant, held in found.items()} == {"acme": "s1", "tenant-other": "other"}
        assert transaction.subscriptions.newest_of([]) == {}


def test_a_trial_is_known_for_ever(database: Database) -> None:
    record(database, ended("s1", NOW, trial_ends_at=NOW + 1), ended("s2", NOW + 2), one("other"))

    with database.read() as transaction:
        assert transaction.subscriptions.had_trial("acme")
        assert not transaction.subscriptions.had_trial("tenant-other")


def test_all_of_a_tenant_are_taken_away(database: Database) -> None:
    record(database, ended("s1", NOW), a_subscription(id="s2"), one("other"))

    with database.change() as transaction:
        assert transaction.subscriptions.remove_all("acme") == 2
        found = transaction.subscriptions.page(SubscriptionFilter(), NOW, "", 9)
        assert [held.id for held in found] == ["other"]


STANDING = (
    one("active"),
    one("canceled", status=CANCELED, ended_at=NOW),
    one("ending", cancel_at=NOW),
    one("ends-later", cancel_at=NOW + 1),
    one("expired", status=EXPIRED, ended_at=NOW),
    one("past-due", status=PAST_DUE, past_due_since=1),
    one("paused", status=PAUSED, paused_at=1),
    one("paused-ending", status=PAUSED, paused_at=1, cancel_at=NOW),
    one("trial", status=TRIALING, trial_ends_at=NOW + 1),
    one("trial-over", status=TRIALING, trial_ends_at=NOW),
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (TRIALING, ["trial"]),
        (ACTIVE, ["active", "ends-later", "trial-over"]),
        (PAST_DUE, ["past-due"]),
        (PAUSED, ["paused"]),
        (CANCELED, ["canceled", "ending", "paused-ending"]),
        (EXPIRED, ["expired", "past-due"]),
        (None, [held.id for held in STANDING]),
    ],
)
def test_lists_have_those_that_may_stand_so_by_now(
    database: Database, status: SubscriptionStatus | None, expected: list[str]
) -> None:
    record(database, *STANDING)

    with database.read() as transaction:
        page = transaction.subscriptions.page
        assert [held.id for held in page(SubscriptionFilter(status=status), NOW, "", 99)] == expected
        assert [held.id for held in page(SubscriptionFilter(status=status), NOW, expected[0], 1)] == expected[1:2]
        own = SubscriptionFilter(status=status, tenant=f"tenant-{expected[0]}")
        assert [held.id for held in page(own, NOW, "", 99)] == expected[:1]


def test_tenants_of_a_plan_are_also_those_whose_subscription_may_have_changed_it(database: Database) -> None:
    later = {"change_at": NOW + 1, "next_plan": "x"}
    record(database, *STANDING, one("changing", change_at=NOW, next_plan="x"), one("changes-later", **later))

    with database.read() as transaction:
        found = transaction.tenants.page(TenantFilter(plan="other"), NOW, "", 99)
        assert [tenant.id.removeprefix("tenant-") for tenant in found] == [
            "changing", "ending", "past-due", "paused-ending",
        ]  # fmt: skip


def test_decisions_read_the_newest_of_a_tenant(database: Database, facts: FactsReader) -> None:
    record(database, ended("s1", NOW), replace(FULL, id="s2"))
    with database.change() as transaction:
        transaction.tenants.add(a_tenant("globex"))

    found, without = facts.tenant("acme"), facts.tenant("globex")

    assert found is not None
    assert found.subscription is not None
    assert found.subscription.stored == replace(FULL, id="s2")
    assert without is not None
    assert without.subscription is None

"""Tenants are counted by their plans, the same on SQLite and PostgreSQL."""

from dataclasses import replace

from doorward.domain.catalog import SubscriptionStatus
from doorward.domain.plan_use import plans_at
from doorward.domain.subscriptions import Subscription
from doorward.domain.tenants import TenantStatus
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from doorward.store.plan_use import PlanUseReader
from support.records import NOW, a_tenant
from support.subscriptions import CATALOG, DAY, a_subscription

AFTER_END = replace(CATALOG, after_end="basic")


def subscribed(name: str, plan: str, **fields: object) -> Subscription:
    return a_subscription(id=f"s-{name}", tenant=name, plan=plan, created_at=NOW, **fields)


def test_every_tenant_that_is_there_is_counted_once_by_the_plan_that_counts(
    database: Database, facts: FactsReader
) -> None:
    gone = {"d1": TenantStatus.DELETED, "u1": TenantStatus.SUSPENDED}
    plans = {"a1": "basic", "a2": "basic", "p1": "professional", "d1": "old", "u1": "old"}
    held = [
        subscribed("p1", "professional"),
        subscribed("c1", "professional", cancel_at=NOW + DAY),
        subscribed("n1", "professional", change_at=NOW + DAY, next_plan="enterprise"),
        subscribed("n2", "professional", change_at=NOW + 9 * DAY, next_plan="enterprise"),
        subscribed("o1", "professional", status=SubscriptionStatus.PAST_DUE, past_due_since=NOW),
    ]
    with database.change() as transaction:
        for name, plan in (plans | {one.tenant: one.plan for one in held}).items():
            transaction.tenants.add(a_tenant(name, plan=plan, status=gone.get(name, TenantStatus.ACTIVE)))
        for one in held:
            transaction.subscriptions.add(one)
    reader = PlanUseReader(facts.queries)

    def counted(days: int) -> dict[str, int]:
        now = NOW + days * DAY
        return dict(plans_at(reader.settled(now), reader.changed(now), now, AFTER_END))

    assert counted(0) == {"basic": 2, "old": 1, "professional": 5}
    assert counted(2) == {"basic": 3, "old": 1, "professional": 3, "enterprise": 1}, "one canceled, one changed"
    assert counted(8) == {"basic": 4, "old": 1, "professional": 2, "enterprise": 1}, "one more expired"
    assert [dict(reader.pending(NOW + days * DAY)) for days in (0, 2, 9)] == [{"enterprise": 2}, {"enterprise": 1}, {}]


def test_many_that_time_has_changed_are_read_piece_by_piece(database: Database, facts: FactsReader) -> None:
    with database.change() as transaction:
        for number in range(5):
            transaction.tenants.add(a_tenant(f"t{number}", plan="professional"))
            transaction.subscriptions.add(subscribed(f"t{number}", "professional", cancel_at=NOW + DAY))
    reader = PlanUseReader(facts.queries, at_once=2)
    now = NOW + DAY
    assert reader.settled(now) == {}
    assert dict(plans_at({}, reader.changed(now), now, AFTER_END)) == {"basic": 5}

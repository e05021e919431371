"""Tenants in the database, the same on SQLite and PostgreSQL."""

from collections.abc import Callable

import pytest

from doorward.domain.errors import Conflict
from doorward.domain.tenants import Tenant, TenantFilter, TenantStatus
from doorward.store.database import Database
from support.databases import undone_by
from support.records import NOW, a_tenant
from support.threads import together

ALL = TenantFilter()


def add(database: Database, *tenants: Tenant) -> None:
    with database.change() as transaction:
        for tenant in tenants:
            transaction.tenants.add(tenant)


def ids(database: Database, wanted: TenantFilter = ALL, after: str = "", count: int = 100) -> list[str]:
    with database.read() as transaction:
        return [tenant.id for tenant in transaction.tenants.page(wanted, NOW, after, count)]


def test_a_tenant_is_found_as_it_was_recorded(database: Database) -> None:
    add(database, a_tenant())
    with database.read() as transaction:
        assert transaction.tenants.find("acme") == a_tenant()
        assert transaction.tenants.find_by_domain("acme.example") == a_tenant()
        assert transaction.tenants.find("ACME") is None
        assert transaction.tenants.find_by_domain("acme") is None


def test_a_tenant_may_have_no_domain_as_others_have_none(database: Database) -> None:
    add(database, a_tenant("a", domain=None), a_tenant("b", domain=None))
    with database.read() as transaction:
        assert transaction.tenants.find("a") == a_tenant("a", domain=None)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        pytest.param(a_tenant("acme", domain="other.example"), "the id 'acme' is taken", id="id"),
        pytest.param(a_tenant("other", domain="acme.example"), "the domain 'acme.example' is taken", id="domain"),
    ],
)
def test_what_is_taken_is_refused_and_nothing_is_changed(database: Database, second: Tenant, message: str) -> None:
    add(database, a_tenant())
    with undone_by(Conflict, message), database.change() as transaction:
        transaction.tenants.add(a_tenant("before"))
        transaction.tenants.add(second)
    assert ids(database) == ["acme"]


def test_an_id_that_this_transaction_has_taken_is_refused(database: Database) -> None:
    with pytest.raises(Conflict, match="the id 'acme' is taken"):
        add(database, a_tenant(), a_tenant(domain="other.example"))


def test_a_changed_tenant_is_read_as_it_was_saved_in_the_same_transaction_and_later(database: Database) -> None:
    add(database, a_tenant())
    changed = a_tenant().changed(NOW + 1, name="New", domain="new.example", settings={})
    with database.change() as transaction:
        assert transaction.tenants.find("acme") == a_tenant()
        found = transaction.tenants.find("acme", lock=True)
        assert found == a_tenant()
        transaction.tenants.save(changed)
        assert transaction.tenants.find("acme") == changed
    with database.read() as transaction:
        assert transaction.tenants.find("acme") == changed


def test_a_tenant_cannot_be_saved_with_the_domain_of_another_one(database: Database) -> None:
    add(database, a_tenant("a"), a_tenant("b"))
    with undone_by(Conflict, r"the domain 'a\.example' is taken"), database.change() as transaction:
        transaction.tenants.find("b", lock=True)
        transaction.tenants.save(a_tenant("b", domain="a.example"))


def test_a_deleted_tenant_keeps_its_id_and_domain(database: Database) -> None:
    add(database, a_tenant(status=TenantStatus.DELETED))
    with pytest.raises(Conflict, match="domain"):
        add(database, a_tenant("other", domain="acme.example"))
    assert ids(database) == []


def test_a_purged_tenant_leaves_its_id_alone(database: Database) -> None:
    add(database, a_tenant())
    purged = a_tenant().changed(NOW + 1, status=TenantStatus.PURGED)
    with database.change() as transaction:
        transaction.tenants.save(purged)
    add(database, a_tenant("next", domain="acme.example"))
    with database.read() as transaction:
        left = transaction.tenants.find("acme")
    assert left == a_tenant(
        name="", domain=None, plan="", settings={}, status=TenantStatus.PURGED, version=2, updated_at=NOW + 1
    )
    with pytest.raises(Conflict, match="the id 'acme'"):
        add(database, a_tenant(domain="third.example"))


def test_pages_go_by_the_bytes_of_ids(database: Database) -> None:
    names = ["B", "a", "Z", "_", "a-1", "a.1", "a|1", "a@1", "b", "10", "9", "-x"]
    add(database, *map(a_tenant, names))
    assert ids(database) == sorted(names)
    assert ids(database, count=3) == sorted(names)[:3]
    assert ids(database, after="Z") == [name for name in sorted(names) if name > "Z"]


def test_pages_hold_those_that_are_there_by_status(database: Database) -> None:
    for status in TenantStatus:
        add(database, a_tenant(status.value, status=status))
    assert ids(database) == ["active", "suspended"]
    assert ids(database, TenantFilter(status=TenantStatus.SUSPENDED)) == ["suspended"]
    assert ids(database, TenantFilter(status=TenantStatus.DELETED)) == []


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda number: a_tenant(domain=f"{number}.example"), id="one id"),
        pytest.param(lambda number: a_tenant(f"tenant-{number}", domain="one.example"), id="one domain"),
    ],
)
def test_of_many_at_the_same_time_one_gets_what_all_want(database: Database, made: Callable[[int], Tenant]) -> None:
    outcomes = together(12, lambda number: add(database, made(number)))
    assert [type(outcome) for outcome in outcomes].count(Conflict) == 11, outcomes
    assert outcomes.count(None) == 1
    assert len(ids(database)) == 1


def test_no_change_is_lost_among_those_who_lock(database: Database) -> None:
    add(database, a_tenant(settings={"count": 0}))

    def count_one(_: int) -> None:
        for _ in range(5):
            with database.change() as transaction:
                transaction.tenants.find("acme")  # an earlier look must not be believed
                tenant = transaction.tenants.find("acme", lock=True)
                assert tenant is not None
                transaction.tenants.save(tenant.changed(NOW, settings={"count": tenant.settings["count"] + 1}))

    assert together(8, count_one) == [None] * 8
    with database.read() as transaction:
        tenant = transaction.tenants.find("acme")
    assert tenant is not None
    assert (tenant.settings["count"], tenant.version) == (40, 41)

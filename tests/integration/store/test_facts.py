"""What decisions read of the database, and how they learn that it has changed, the same on SQLite and PostgreSQL."""

import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from doorward.domain.callers import Scope
from doorward.domain.errors import Conflict, StoreUnavailable
from doorward.domain.facts import FactChange, FactKind, TenantFacts, UserFacts, id_hash
from doorward.domain.tenants import TenantStatus
from doorward.domain.users import Account, Grant, UserStatus
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from support.databases import undone_by
from support.records import NOW, a_secret, a_tenant, an_account, an_api_key
from support.threads import together


@pytest.fixture
def tenants(database: Database) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())


def add(database: Database, *accounts: Account) -> None:
    with database.change() as transaction:
        for account in accounts:
            transaction.accounts.add(account)


def touch(database: Database, *records: str) -> int:
    with database.change() as transaction:
        for record in records:
            transaction.touch(FactKind.USER, record)
        return transaction.facts_version()


def slots(facts: UserFacts | TenantFacts | None) -> dict[str, object]:
    assert facts is not None
    return {name: getattr(facts, name) for name in facts.__slots__}


@pytest.mark.usefixtures("tenants")
def test_a_user_is_read_with_its_roles(database: Database, facts: FactsReader) -> None:
    add(database, an_account(status=UserStatus.SUSPENDED), an_account("bob"))
    with database.change() as transaction:
        for role, tenant in (("viewer", "acme"), ("admin", "*"), ("viewer", "*")):
            transaction.accounts.give("alice", Grant(role=role, tenant=tenant), NOW, "ci")
    assert slots(facts.user("alice")) == {
        "id": "alice",
        "tenant": "acme",
        "status": UserStatus.SUSPENDED,
        "grants": (("admin", "*"), ("viewer", "*"), ("viewer", "acme")),
        "username": "alice",
        "first_name": "Ålice",
        "last_name": "Example",
        "used": False,
    }
    bob = facts.user("bob")
    assert bob is not None
    assert bob.grants == ()
    assert facts.user("nobody") is None


@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize("status", [UserStatus.DELETED, UserStatus.PURGED])
def test_a_user_that_is_gone_is_read_for_ever(database: Database, facts: FactsReader, status: UserStatus) -> None:
    add(database, an_account(status=status))
    user = facts.user("alice")
    assert user is not None
    assert user.status is status
    assert list(facts.user_id_hashes()) == [id_hash("alice")]


def test_a_tenant_is_read_and_found_by_its_domain_while_it_is_there(database: Database, facts: FactsReader) -> None:
    with database.change() as transaction:
        for status in TenantStatus:
            transaction.tenants.add(a_tenant(status.value, status=status))
    assert slots(facts.tenant("suspended")) == {
        "id": "suspended",
        "name": "Acme",
        "domain": "suspended.example",
        "plan": "basic",
        "status": TenantStatus.SUSPENDED,
        "settings": a_tenant().settings,
        "limit_overrides": (),
        "subscription": None,
        "used": False,
    }
    assert facts.tenant("nowhere") is None
    purged = facts.tenant("purged")
    assert purged is not None
    assert (purged.status, purged.name, purged.domain, purged.settings) == (TenantStatus.PURGED, "", None, {})
    found = {status.value: facts.tenant_of_domain(f"{status.value}.example") for status in TenantStatus}
    assert found == {"active": "active", "suspended": "suspended", "deleted": None, "purged": None}


@pytest.mark.usefixtures("tenants")
def test_the_hashes_of_all_ids_are_sorted(database: Database, facts: FactsReader) -> None:
    assert list(facts.user_id_hashes()) == []
    names = [f"user-{number}" for number in range(300)]
    add(database, *map(an_account, names))
    hashes = facts.user_id_hashes()
    assert hashes.typecode == "q"
    assert list(hashes) == sorted(map(id_hash, names))
    assert min(hashes) < 0 < max(hashes)


def test_keys_are_read_with_their_secrets_unless_they_are_revoked(database: Database, facts: FactsReader) -> None:
    two = an_api_key("b", secrets=(a_secret("x"), a_secret("y", created_at=NOW + 1, expires_at=NOW + 5)), tenant="acme")
    with database.change() as transaction:
        for key in (two, an_api_key("a"), an_api_key("revoked", revoked_at=NOW), an_api_key("bare", secrets=())):
            transaction.api_keys.add(key)
    assert facts.api_keys() == [an_api_key("a"), two, an_api_key("bare", secrets=())]
    assert facts.api_keys(["b", "revoked", "nobody"]) == [two]
    assert facts.api_keys([]) == []
    assert facts.api_keys([*(f"no-{number}" for number in range(1200)), "a"]) == [an_api_key("a")]


def test_reading_sees_what_is_committed_and_waits_for_no_writer(database: Database, facts: FactsReader) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant())
        transaction.touch(FactKind.TENANT, "acme")
        assert transaction.facts_version() == 1
        began = time.monotonic()
        assert facts.tenant("acme") is None
        assert facts.version() == 0
        assert time.monotonic() - began < 1.5
    assert facts.tenant("acme") is not None
    assert facts.version() == 1


def test_a_change_tells_its_version_and_what_it_touched(database: Database, facts: FactsReader) -> None:
    assert facts.changes(0) == []
    assert touch(database) == 0
    assert touch(database, "b", "a", "b") == 1
    with database.change() as transaction:  # nobody has asked for the version
        transaction.touch(FactKind.KEY, "k")
    with database.read() as transaction:
        assert transaction.facts_version() == 2
    assert facts.version() == 2
    changes = [
        FactChange(1, FactKind.USER, "a"),
        FactChange(1, FactKind.USER, "b"),
        FactChange(2, FactKind.KEY, "k"),
    ]
    assert facts.changes(0) == changes
    assert facts.changes(1) == changes[2:]
    assert facts.changes(2) == []


def test_the_version_is_taken_once_and_last(database: Database) -> None:
    with undone_by(RuntimeError, "touch before"), database.change() as transaction:
        transaction.touch(FactKind.USER, "a")
        assert transaction.facts_version() == transaction.facts_version() == 1
        transaction.touch(FactKind.USER, "b")


def test_an_undone_change_has_no_version(database: Database, facts: FactsReader) -> None:
    with undone_by(Conflict), database.change() as transaction:
        transaction.touch(FactKind.USER, "a")
        assert transaction.facts_version() == 1
        raise Conflict("undone")
    assert facts.version() == 0
    assert touch(database, "b") == 1
    assert facts.changes(0) == [FactChange(1, FactKind.USER, "b")]


def test_who_has_seen_more_than_there_is_has_to_forget_everything(database: Database, facts: FactsReader) -> None:
    touch(database, "a")
    assert facts.changes(2) is None


def test_old_versions_are_forgotten_and_who_asks_for_them_forgets_everything(
    database: Database, facts: FactsReader
) -> None:
    with database.change():
        statements = database._repositories.statements
        statements.count("UPDATE facts SET version = 10239")
        statements.count(
            "WITH RECURSIVE one (version) AS (SELECT 1 UNION ALL SELECT version + 1 FROM one WHERE version < 10239)"
            " INSERT INTO facts_change (version, kind, record) SELECT version, 'user', 'u' FROM one"
        )
    assert facts.changes(0) is not None
    assert touch(database, "u") == 10240
    assert facts.changes(239) is None
    kept = facts.changes(240)
    assert kept is not None
    assert [change.version for change in kept] == list(range(241, 10241))


def patiently(touch: Callable[[], int]) -> int:
    """Touch again while others are at it for too long: nothing was written then."""
    while True:
        with contextlib.suppress(StoreUnavailable):
            return touch()


def test_versions_are_committed_in_their_order_and_without_gaps(database: Database, facts: FactsReader) -> None:
    done = threading.Event()
    seen: list[list[int]] = []

    def look() -> None:
        last = 0
        while not done.is_set():
            changes = facts.changes(last)
            assert changes is not None
            seen.append([change.version for change in changes])
            last = changes[-1].version if changes else last

    def change(number: int) -> list[int]:
        return [patiently(lambda: touch(database, f"user-{number}-{turn}")) for turn in range(15)]  # noqa: B023 - at once

    watcher = threading.Thread(target=look)
    watcher.start()
    versions = together(8, change)
    done.set()
    watcher.join()
    assert sorted(version for some in versions if isinstance(some, list) for version in some) == list(range(1, 121))
    watched = [version for some in seen for version in some]
    assert watched == list(range(1, len(watched) + 1))


@pytest.fixture
def listening(facts: FactsReader) -> FactsReader:
    facts.wait(0.5)  # the first wait begins to listen, if it has the time to connect
    return facts


@pytest.mark.parametrize("database_address", ["postgresql"], indirect=True)
def test_a_change_ends_a_wait_at_once(database: Database, listening: FactsReader) -> None:
    waited: list[float] = []

    def wait() -> None:
        listening.wait(10)
        waited.append(time.monotonic())

    for _ in range(3):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        assert thread.is_alive()
        touch(database, "a")
        changed = time.monotonic()
        thread.join(5)
        assert waited.pop() - changed < 2


def test_a_wait_ends_after_its_time(listening: FactsReader) -> None:
    began = time.monotonic()
    listening.wait(0.2)
    assert 0.19 <= time.monotonic() - began < 1


def test_closing_ends_a_wait(listening: FactsReader) -> None:
    thread = threading.Thread(target=listening.wait, args=(30,))
    thread.start()
    time.sleep(0.05)
    listening.close()
    thread.join(2)
    assert not thread.is_alive()


def test_a_scope_that_a_newer_sidecar_gave_is_passed_over(database: Database, facts: FactsReader) -> None:
    with database.change() as transaction:
        transaction.api_keys.add(an_api_key("ci"))
        transaction.api_keys._statements.count("UPDATE api_key SET scopes = 'admin:moons decide'")
    assert [one.scopes for one in facts.api_keys()] == [{Scope.DECIDE}]

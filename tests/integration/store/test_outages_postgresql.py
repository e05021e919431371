"""PostgreSQL gone, silent, locked or restarted: an answer within two seconds, and no restart of ours afterwards."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator

import pytest

from doorward.domain.database_address import DatabaseAddress
from doorward.domain.errors import StoreUnavailable
from doorward.domain.facts import FactKind
from doorward.services.queueing import has_queued
from doorward.store.database import Database
from doorward.store.facts import FactsReader
from support.databases import PostgresqlDatabases
from support.postgresql_server import PostgresqlServer
from support.records import a_tenant
from support.threads import together

SECONDS = 2.0
SLACK = 0.9  # for a busy machine: less than it takes to wait for one more


@contextlib.contextmanager
def refused_in_time(message: str = "cannot be used") -> Iterator[None]:
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=message):
        yield
    assert time.monotonic() - began < SECONDS + SLACK


@pytest.fixture
def server(own_postgresql: PostgresqlServer) -> PostgresqlServer:
    return own_postgresql


@pytest.fixture
def database(server: PostgresqlServer) -> Iterator[Database]:
    with contextlib.closing(Database.open(server.address())) as opened:
        yield opened


@pytest.fixture
def facts(database: Database) -> Iterator[FactsReader]:
    with contextlib.closing(database.facts()) as opened:
        yield opened


def add(database: Database, tenant_id: str) -> None:
    with database.change() as transaction:
        transaction.tenants.add(a_tenant(tenant_id))
        transaction.touch(FactKind.TENANT, tenant_id)


def read(database: Database) -> None:
    with database.read() as transaction:
        transaction.tenants.find("acme")


def fill_pools(database: Database, facts: FactsReader) -> None:
    """Several idle connections, so that an outage leaves more than one dead."""
    together(4, lambda number: add(database, f"tenant-{number}"))
    together(4, lambda _: facts.version())


def test_a_server_that_is_silent_is_given_up_and_used_again_when_it_answers(
    server: PostgresqlServer, database: Database, facts: FactsReader
) -> None:
    fill_pools(database, facts)
    server.pause()
    new: Callable[[], object] = lambda: Database.open(server.address())  # noqa: E731
    # Over connections that are open, and over new ones, which it accepts.
    for use in (lambda: add(database, "a"), lambda: read(database), facts.version, facts.version, new):
        with refused_in_time("does not answer in time"):
            use()
    server.resume()
    add(database, "b")
    assert facts.tenant("b") is not None
    assert facts.tenant("a") is None


def test_a_request_that_has_waited_for_its_turn_is_given_up_the_sooner(
    server: PostgresqlServer, database: Database
) -> None:
    server.pause()
    for queued, left in ((0.0, 1.7), (1.0, 0.7), (60.0, 0.1)):
        began = time.monotonic()
        with has_queued(queued), pytest.raises(StoreUnavailable):
            read(database)
        assert left - 0.01 < time.monotonic() - began < left + SLACK
    server.resume()
    read(database)  # it is awake again
    with has_queued(60.0):
        read(database)


def test_a_server_that_falls_silent_within_a_transaction_is_given_up(
    server: PostgresqlServer, database: Database
) -> None:
    with refused_in_time(), database.change() as transaction:
        transaction.tenants.add(a_tenant("a"))
        server.pause()
        transaction.tenants.add(a_tenant("b"))
    server.resume()
    with database.read() as transaction:
        assert transaction.tenants.find("a") is None


def test_a_killed_server_is_used_again_as_soon_as_it_is_back(
    server: PostgresqlServer, database: Database, facts: FactsReader
) -> None:
    fill_pools(database, facts)
    server.kill()
    for use in (lambda: add(database, "a"), lambda: read(database), facts.version):
        with refused_in_time():
            use()
    server.start()
    add(database, "b")
    assert facts.tenant("b") is not None
    assert facts.tenant("tenant-3") is not None


def test_a_restart_between_two_uses_is_not_noticed(
    server: PostgresqlServer, database: Database, facts: FactsReader
) -> None:
    fill_pools(database, facts)
    server.stop()
    server.start()
    add(database, "b")
    assert facts.tenant("b") is not None


def test_a_transaction_that_lost_its_connection_is_not_gone_on_with(
    server: PostgresqlServer, database: Database
) -> None:
    with refused_in_time(), database.change() as transaction:
        transaction.tenants.add(a_tenant("a"))
        server.stop()
        server.start()
        transaction.tenants.add(a_tenant("b"))
    with database.read() as transaction:
        assert transaction.tenants.find("a") is None
        assert transaction.tenants.find("b") is None


def test_a_commit_that_nobody_answers_is_told(server: PostgresqlServer, database: Database) -> None:
    with refused_in_time("does not answer in time"), database.change() as transaction:
        transaction.tenants.add(a_tenant("a"))
        server.pause()
    server.resume()


def test_a_wait_takes_its_time_while_nothing_can_be_heard_and_hears_again_afterwards(
    server: PostgresqlServer, database: Database, facts: FactsReader
) -> None:
    facts.wait(0.1)
    server.kill()
    for _ in range(2):
        began = time.monotonic()
        facts.wait(0.3)
        assert 0.25 < time.monotonic() - began < 2
    server.start()
    facts.wait(0.1)
    add(database, "a")
    began = time.monotonic()
    facts.wait(5)
    assert time.monotonic() - began < 2


@pytest.fixture
def shared(postgresql: PostgresqlDatabases) -> Iterator[DatabaseAddress]:
    address = postgresql.lend()
    yield address
    postgresql.take_back(address)


def test_a_locked_record_is_given_up(shared: DatabaseAddress) -> None:
    def lock(_: int) -> None:
        with refused_in_time("lock timeout"), database.change() as transaction:
            transaction.tenants.find("acme", lock=True)

    with contextlib.closing(Database.open(shared)) as database:
        add(database, "acme")
        with database.change() as transaction:
            transaction.tenants.find("acme", lock=True)
            assert together(1, lock) == [None]
        with database.change() as transaction:
            assert transaction.tenants.find("acme", lock=True) is not None


def test_no_more_connections_are_opened_than_allowed(shared: DatabaseAddress) -> None:
    def use(_: int) -> None:
        with refused_in_time("all 1 connections to the database are in use"):
            read(database)

    with contextlib.closing(Database.open(shared, most_connections=1)) as database:
        with database.change() as transaction:
            transaction.tenants.find("acme")
            assert together(1, use) == [None]
        read(database)


def test_who_may_not_write_is_told(postgresql: PostgresqlDatabases) -> None:
    address, reader = postgresql.new(), f"reader_{os.getpid()}"
    database_name = address.place.split("@/")[1].split("?")[0]
    postgresql.run(
        f"CREATE ROLE {reader} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}", database_name
    )
    reading = DatabaseAddress.parse(address.place.replace("postgres@", f"{reader}@"))
    with contextlib.closing(Database.open(reading)) as database:
        read(database)
        with refused_in_time("permission denied for table tenant"):
            add(database, "acme")
    postgresql.drop(address)
    postgresql.run(f"DROP ROLE {reader}")


@pytest.mark.parametrize(
    "address_of",
    [
        pytest.param(lambda place: place.replace("/postgres?", "/nothing?"), id="no such database"),
        pytest.param(lambda place: place.replace("postgres:", "nobody:"), id="no such user"),
        pytest.param(lambda _: "postgresql://postgres:geheim@127.0.0.1:1/postgres", id="no such server"),
        pytest.param(lambda _: "postgresql://postgres:geheim@/postgres?host=/nowhere", id="no such socket"),
    ],
)
def test_a_database_that_cannot_be_opened_is_told_without_the_password(
    postgresql: PostgresqlDatabases, address_of: Callable[[str], str]
) -> None:
    place = postgresql.server.address().place.replace("postgres@", "postgres:geheim@")
    with refused_in_time(), contextlib.closing(Database.open(DatabaseAddress.parse(address_of(place)))):
        pass
    with pytest.raises(StoreUnavailable) as refused:
        Database.open(DatabaseAddress.parse(address_of(place)))
    assert "geheim" not in str(refused.value)
    assert "geheim" not in repr(refused.value.__cause__)

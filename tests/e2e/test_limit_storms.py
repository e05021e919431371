"""Limits under many clients, while servers and databases die: never more than the plan says, nothing lost, nothing twice."""

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from doorward.domain.database_address import DatabaseAddress
from doorward.store.faults import database_errors
from support import limit_clients
from support.databases import PostgresqlDatabases
from support.ledger_sums import differences, rows_of
from support.limit_clients import Order, counted_in, empty_counters
from support.postgresql_server import PostgresqlServer
from support.record_fleets import Fleet, fleets
from support.record_pairs import ask
from support.trees import ROOT

LIMIT = 100
INCREMENTS, COUNTERS = 5_000, 8
MIXED_TIMES = 400
MOST_BLOWS = 40
SERVERS_ON_POSTGRESQL = 4
CLIENTS_END_SECONDS = 300
BLOW_EVERY_SECONDS = 0.8


@dataclass
class Storm:
    """Sidecars on a database, and clients of theirs."""

    fleet: Fleet
    database: DatabaseAddress

    def tenant(self, name: str) -> str:
        """A new tenant of the plan that has a hundred agents."""
        body = {"id": name, "name": name, "domain": f"{name}.example", "plan": "enterprise"}
        assert ask(self.fleet.members[0], "POST", "/v1/tenants", body).status == 201
        time.sleep(0.3)  # until all processes know it
        return name

    def used(self, tenant: str, limit: str) -> int:
        """What was counted, as the database has it."""
        sql = f"SELECT used FROM ledger WHERE tenant = '{tenant}' AND name = '{limit}'"  # noqa: S608 - ours
        return int((rows_of(self.database, sql) or [(0,)])[0][0])

    def differences(self) -> list[Any]:
        """Whatever a ledger, a period or an hour says otherwise than its events: as we add up, and as the server does."""
        found: list[Any] = list(differences(self.database))
        body: dict[str, object] = {}
        while True:
            answer = ask(self.fleet.members[0], "POST", "/v1/usage/reconcile", body)
            assert answer.status == 200, answer.content
            found += answer.body["differences"]
            if answer.body["next"] is None:
                return found
            body = {"cursor": answer.body["next"]}

    def taken(self, tenant: str) -> int:
        """What of the agents was counted, and what is held, at one moment."""
        now = int(time.time() * 1_000_000)
        mine = f"tenant = '{tenant}' AND name = 'max_agents'"
        held = (
            f"SELECT COALESCE(SUM(amount), 0) FROM reservation WHERE {mine} AND state = 'held' AND expires_at > {now}"  # noqa: S608
        )
        found = rows_of(self.database, f"SELECT used, ({held}) FROM ledger WHERE {mine}")  # noqa: S608
        return sum(map(int, found[0])) if found else 0

    def by_id(self, tenant: str) -> dict[str, int]:
        """What counts under each id."""
        sql = f"SELECT id, SUM(amount - returned) FROM usage_event WHERE tenant = '{tenant}' GROUP BY id"  # noqa: S608
        return {name: int(amount) for name, amount in rows_of(self.database, sql)}

    @contextlib.contextmanager
    def clients(self, work: str, tenant: str, limit: str, **more: Any) -> Iterator["Clients"]:
        """Processes of clients that begin together."""
        processes = more.pop("processes")
        started = []
        try:
            for process in range(processes):
                order = Order(
                    work=work,
                    process=process,
                    addresses=[one.address for one in self.fleet.members],
                    key=self.fleet.members[0].key,
                    tenant=tenant,
                    limit=limit,
                    **more,
                )
                client = subprocess.Popen(
                    [sys.executable, limit_clients.__file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
                )
                started.append(client)
                _tell(client, json.dumps(asdict(order)))
            for client in started:
                assert client.stdout is not None
                assert client.stdout.readline() == "ready\n"
            for client in started:
                _tell(client, "go")
            with ThreadPoolExecutor(processes) as threads:
                yield Clients(started, [threads.submit(_journal, one) for one in started])
        finally:
            for client in started:
                client.kill()
                client.communicate()


@dataclass
class Clients:
    """Processes at work."""

    processes: Sequence["subprocess.Popen[str]"]
    journals: Sequence[Future[dict[str, Any]]]

    @property
    def are_at_work(self) -> bool:
        return not all(one.done() for one in self.journals)

    def told(self) -> tuple[dict[str, int], int]:
        """What counts by what they were told, by id, and how many of their requests were refused."""
        counts: dict[str, int] = {}
        refused = resent = 0
        for one in self.journals:
            journal = one.result()
            assert journal["faults"] == []
            counts |= journal["counts"]
            refused += journal["refused"]
            resent += journal["resent"]
        assert [one.wait(CLIENTS_END_SECONDS) for one in self.processes] == [0] * len(self.processes)
        print(f"{len(counts)} counted, {refused} refused, {resent} sent again")  # noqa: T201 - evidence
        return counts, refused


def _journal(client: "subprocess.Popen[str]") -> dict[str, Any]:
    """What a client tells at its end; more than fits into a pipe that nobody reads."""
    assert client.stdout is not None
    found: dict[str, Any] = json.loads(client.stdout.read())
    return found


def _tell(client: "subprocess.Popen[str]", line: str) -> None:
    assert client.stdin is not None
    client.stdin.write(line + "\n")
    client.stdin.flush()


@pytest.fixture(scope="module", params=["sqlite", "four servers on postgresql"])
def storm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    folder = tmp_path_factory.mktemp("limits")
    with contextlib.ExitStack() as until_done:
        if request.param == "sqlite":
            address, count = DatabaseAddress.in_folder(folder), 1
        else:
            databases: PostgresqlDatabases = request.getfixturevalue("postgresql")
            address, count = databases.lend(), SERVERS_ON_POSTGRESQL
            until_done.callback(databases.take_back, address)
        fleet = until_done.enter_context(fleets(folder))(address, count)
        yield Storm(fleet, address)
        assert "Traceback" not in fleet.logs


@pytest.mark.timeout(120)
def test_of_200_that_consume_at_the_same_time_exactly_100_succeed(storm: Storm) -> None:
    tenant = storm.tenant("at-once")
    with storm.clients("once", tenant, "max_agents", processes=8, threads=25, times=1) as clients:
        counts, refused = clients.told()
    assert (len(counts), refused) == (LIMIT, 200 - LIMIT)
    assert storm.used(tenant, "max_agents") == LIMIT
    assert storm.by_id(tenant) == counts
    assert storm.differences() == []


@contextlib.contextmanager
def watched(look: Callable[[], None]) -> Iterator[None]:
    """Look over and over while the block runs; what is wrong fails the test."""
    stop, faults = threading.Event(), []

    def run() -> None:
        while not stop.wait(0.01):
            try:
                look()
            except AssertionError as error:
                faults.append(error)
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert faults == []


def mixed(storm: Storm, tenant: str, times: int, blow: Callable[[], None] | None = None, most_blows: int = 0) -> None:
    """Consume, reserve, commit, release and return at random, under blows; then hold the database to what was told."""

    def look() -> None:
        try:
            taken = storm.taken(tenant)
        except database_errors():  # nobody has opened it after its owner was killed: look again
            return
        assert taken <= LIMIT

    with watched(look), storm.clients("mixed", tenant, "max_agents", processes=4, threads=8, times=times) as clients:
        blows = 0
        while blow is not None and clients.are_at_work and blows < most_blows:
            time.sleep(BLOW_EVERY_SECONDS)
            blow()
            blows += 1
        counts, refused = clients.told()
        print(f"{blows} blows")  # noqa: T201 - evidence
    assert refused, "that was no storm"
    found = storm.by_id(tenant)
    assert {name: amount for name, amount in found.items() if amount} == {
        name: amount for name, amount in counts.items() if amount
    }
    assert storm.used(tenant, "max_agents") == sum(counts.values()) <= LIMIT
    assert storm.differences() == []

    time.sleep(1.1)  # what was given up ends by itself
    with storm.clients("once", tenant, "max_agents", processes=1, threads=1, times=LIMIT + 1) as clients:
        counts, _ = clients.told()
    assert storm.used(tenant, "max_agents") == LIMIT, "all room that nobody holds can be had"


@pytest.mark.timeout(300)
def test_reservations_commits_releases_and_returns_mixed_never_pass_the_limit(storm: Storm, scale: float) -> None:
    mixed(storm, storm.tenant("mixed"), max(20, int(MIXED_TIMES * scale)))


@pytest.mark.timeout(600)
def test_the_same_while_servers_are_killed_is_exact_once_all_was_sent_again(storm: Storm, scale: float) -> None:
    dice = random.Random(7)  # noqa: S311 - when whom to kill
    tenant = storm.tenant("killed")
    mixed(storm, tenant, max(30, int(2 * MIXED_TIMES * scale)), lambda: storm.fleet.kill_one(dice), blows_of(scale))


def blows_of(scale: float) -> int:
    """How often to strike: a server needs a second and more until it is back."""
    return max(2, int(MOST_BLOWS * scale))


def count(storm: Storm, folder: Path, scale: float, blow: Callable[[], None]) -> None:
    """Count with time-outs, retries and blows in between: acknowledged <= counted <= attempted, at the end equal."""
    tenant, times = storm.tenant("counted"), max(100, int(INCREMENTS * scale))
    counters = empty_counters(folder / "counters", COUNTERS)
    looks = []

    def look() -> None:
        _, acknowledged = counted_in(counters)
        try:
            counted = storm.used(tenant, "api_calls")
        except database_errors():  # it is down, or nobody has opened it after its owner was killed: look again
            return
        attempted, _ = counted_in(counters)
        assert acknowledged <= counted, "something acknowledged is not there"
        assert counted <= attempted, "something counts that nobody has asked for"
        looks.append(counted)

    orders = {"processes": COUNTERS, "threads": 1, "times": times, "counters": str(counters)}
    with watched(look), storm.clients("count", tenant, "api_calls", **orders) as clients:
        blows = 0
        while clients.are_at_work:
            time.sleep(BLOW_EVERY_SECONDS)
            if (clients.are_at_work and blows < blows_of(scale)) or not blows:
                blow()
                blows += 1
        counts, _ = clients.told()
    print(f"{blows} blows, {len(looks)} looks")  # noqa: T201 - evidence
    assert len(counts) == storm.used(tenant, "api_calls") == COUNTERS * times
    assert storm.by_id(tenant) == counts
    assert counted_in(counters) == (COUNTERS * times, COUNTERS * times)
    assert len(looks) > 5
    assert blows
    assert storm.differences() == []
    assert "Traceback" not in storm.fleet.logs


@pytest.mark.timeout(900)
def test_increments_are_exact_while_a_server_on_sqlite_is_killed(tmp_path: Path, scale: float) -> None:
    address, dice = DatabaseAddress.in_folder(tmp_path), random.Random(5)  # noqa: S311
    with fleets(tmp_path) as start:
        storm = Storm(start(address, 1), address)
        count(storm, tmp_path, scale, lambda: storm.fleet.kill_one(dice))


@pytest.mark.timeout(900)
def test_increments_are_exact_while_postgresql_is_killed(
    own_postgresql: PostgresqlServer, tmp_path: Path, scale: float
) -> None:
    def blow() -> None:
        own_postgresql.kill()
        own_postgresql.start()

    with fleets(tmp_path) as start:
        storm = Storm(start(own_postgresql.address(), 2), own_postgresql.address())
        count(storm, tmp_path, scale, blow)

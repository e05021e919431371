"""Sidecars, or their database, die over and over under many clients: what was acknowledged is there, once, whole, and audited."""

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import SCALE
from doorward import crypto
from doorward.domain.database_address import DatabaseAddress
from support import record_clients
from support.databases import PostgresqlDatabases
from support.postgresql_server import PostgresqlServer
from support.record_fleets import Fleet, fleets
from support.record_journal import judge, read_contents, reading
from support.record_pairs import ask
from support.record_requests import Change, Order
from support.recorded_api import SECURE
from support.trees import ROOT

SECONDS = 120.0
LEAST_BLOWS = 2
LEAST_CHANGES = 100 if SCALE >= 1 else 25
BLOW_EVERY_SECONDS = 2.0
PROCESSES, THREADS = 4, 8
TENANTS = ["acme", "globex"]
FIRST_KEY = 1
CONNECTIONS_ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doorward'"
CLIENTS_END_SECONDS = 90


FleetOn = Callable[[DatabaseAddress, int], Fleet]


@pytest.fixture
def fleet_on(tmp_path: Path) -> Iterator[FleetOn]:
    """Start sidecars on a database; all are ended with the test."""
    with fleets(tmp_path) as start:
        yield start


@contextlib.contextmanager
def clients(fleet: Fleet) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that change things until they are told to end."""
    started: list[subprocess.Popen[str]] = []
    try:
        for process in range(PROCESSES):
            order = Order(
                process=process,
                threads=THREADS,
                addresses=[one.address for one in fleet.members],
                key=fleet.members[0].key,
                tenants=TENANTS,
                password=SECURE,
                password_hash=crypto.PasswordHasher().hash(SECURE),
            )
            client = subprocess.Popen(
                [sys.executable, record_clients.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
            )
            started.append(client)
            assert client.stdin is not None
            client.stdin.write(json.dumps(vars(order)) + "\n")
            client.stdin.flush()
        yield started
    finally:
        for client in started:
            client.kill()
            client.communicate()


def journal_of(started: Sequence[subprocess.Popen[str]]) -> list[Change]:
    """Tell them to end; what they did."""
    for client in started:
        assert client.stdin is not None
        client.stdin.close()
        client.stdin = None
    with ThreadPoolExecutor(len(started)) as threads:
        told = list(threads.map(_told, started))
    assert [one["faults"] for one in told] == [[]] * len(started)
    return [Change(**change) for one in told for change in one["changes"]]


def _told(client: subprocess.Popen[str]) -> dict[str, list[dict[str, object]]]:
    assert client.stdout is not None
    try:
        told: dict[str, list[dict[str, object]]] = json.loads(client.stdout.read())
        assert client.wait(CLIENTS_END_SECONDS) == 0
    finally:
        client.stdout.close()
        client.stdout = None
    return told


Blow = Callable[[random.Random], None]


def storm(fleet: Fleet, address: DatabaseAddress, scale: float, blow: Blow) -> None:
    """Let the clients work under blows; then hold what they were told against the database."""
    for tenant in TENANTS:
        body = {"id": tenant, "name": tenant, "domain": f"{tenant}.example"}
        assert ask(fleet.members[0], "POST", "/v1/tenants", body).status == 201
    dice = random.Random(11)  # noqa: S311 - when whom to kill
    ends = time.monotonic() + (SECONDS * scale if scale >= 1 else LEAST_BLOWS * BLOW_EVERY_SECONDS)
    blows = 0
    with clients(fleet) as started:
        while time.monotonic() < ends or blows < LEAST_BLOWS:
            time.sleep(BLOW_EVERY_SECONDS * (0.5 + dice.random()))
            blow(dice)
            blows += 1
        time.sleep(1)  # what follows a restart is part of it
        changes = journal_of(started)
    fleet.kill_all()

    verdict = judge(changes, read_contents(address), FIRST_KEY + len(TENANTS))
    print(f"{blows} blows; {verdict.told()}")  # noqa: T201 - evidence
    assert verdict.faults == []
    assert verdict.acknowledged > LEAST_CHANGES, "that was no storm"
    assert "Traceback" not in fleet.logs


@pytest.mark.timeout(600)
def test_what_is_acknowledged_is_there_once_and_whole_while_a_sidecar_on_sqlite_is_killed(
    fleet_on: FleetOn, tmp_path: Path, scale: float
) -> None:
    address = DatabaseAddress.in_folder(tmp_path)
    fleet = fleet_on(address, 1)
    storm(fleet, address, scale, fleet.kill_one)
    with contextlib.closing(sqlite3.connect(address.place)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.timeout(600)
def test_what_is_acknowledged_is_there_once_and_whole_while_one_of_four_on_postgresql_is_killed(
    fleet_on: FleetOn, postgresql: PostgresqlDatabases, scale: float
) -> None:
    address = postgresql.lend()
    try:
        fleet = fleet_on(address, 4)
        storm(fleet, address, scale, fleet.kill_one)
    finally:
        postgresql.take_back(address)


def ill_treat(server: PostgresqlServer, dice: random.Random) -> None:
    """End every connection many times, or the server, in the middle of commits."""
    if dice.random() < 0.5:
        server.kill()
        server.start()
        return
    with reading(server.address()) as connection:
        connection.autocommit = True
        for _ in range(20):
            connection.cursor().execute(CONNECTIONS_ENDED)
            time.sleep(0.05)


@pytest.mark.timeout(600)
def test_what_is_acknowledged_is_there_once_and_whole_while_postgresql_itself_is_killed(
    fleet_on: FleetOn, own_postgresql: PostgresqlServer, scale: float
) -> None:
    address = own_postgresql.address()
    storm(fleet_on(address, 2), address, scale, lambda dice: ill_treat(own_postgresql, dice))

"""Limits: consuming over HTTP, checks of access beside it, and checks of limits."""

from __future__ import annotations

import subprocess
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import counted, databases, policies, questions
from doorward_bench.bench import Bench, Row
from doorward_bench.contests import EVALUATION
from doorward_bench.peers import Unavailable
from doorward_bench.result import Better, Goal
from doorward_bench.rounds import Measure, at_least, at_most_of_peer, compare, p50, p99, rate
from doorward_bench.server import DoorwardServer
from doorward_bench.sqlite_alone import SqliteAlone
from doorward_bench.wrk import WrkSide

if TYPE_CHECKING:
    from doorward_bench.databases import Database
    from doorward_bench.result import Figure
    from doorward_bench.rounds import Sample, Side

CLIENTS = 16
CONSUMERS = 8
_LEAST_SECONDS = 2.0
_BODIES = 2_000
_GOALS = {"SQLite": (3_500, 7_000), "PostgreSQL": (2_000, 4_000)}


def consume(bench: Bench) -> list[Figure]:
    """Each database in turn, sqlite3 alone beside it."""
    figures: list[Figure] = []
    with databases.sqlite(bench.folder) as database:
        figures += _consumed(bench, database)
    try:
        with databases.postgresql(bench) as database:
            figures += _consumed(bench, database)
    except Unavailable as error:
        bench.progress.step(str(error))
    return figures


def _consumed(bench: Bench, database: Database) -> list[Figure]:
    tree = counted.roomy_tree(bench.folder / f"tree-{database.name}")
    folder = bench.folder / f"alone-{database.name}"
    folder.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(
            DoorwardServer(bench.peers.doorward_bin, tree, database.state, database.environment)
        )
        counted.record_tenants(server)
        sides: dict[str, Side] = {
            "doorward": WrkSide(bench.peers.wrk, server, counted.CONSUME, counted.bodies(), CLIENTS, folder),
            f"sqlite3 alone, {CLIENTS} rows a commit": stack.enter_context(SqliteAlone(folder, CLIENTS)),
        }
        floor, stretch = _GOALS[database.name]
        goal = Goal(floor=floor, stretch=stretch, better=Better.HIGHER)
        measures = [
            Measure(case=f"{database.name}: answers a second", unit="/s", of=rate, goal=goal),
            Measure(case=f"{database.name}: p50", unit="us", of=p50),
            Measure(case=f"{database.name}: p99", unit="us", of=p99),
        ]
        return compare(bench, sides, measures)


def beside_checks(bench: Bench) -> list[Figure]:
    """Questions about access, alone and beside who consumes."""
    tree = counted.roomy_tree(bench.folder / "tree")
    bodies = [questions.authzen(one) for one in questions.random_questions(_BODIES)]
    with ExitStack() as stack:
        server = stack.enter_context(DoorwardServer(bench.peers.doorward_bin, tree, bench.folder / "state"))
        counted.record_tenants(server)
        checks = WrkSide(bench.peers.wrk, server, EVALUATION, bodies, CLIENTS, bench.folder)
        consumers = WrkSide(bench.peers.wrk, server, counted.CONSUME, counted.bodies(), CONSUMERS, bench.folder)
        sides: dict[str, Side] = {"beside": _Beside(checks, consumers), "alone": _Long(checks)}
        measures = [
            Measure(case="answers a second", unit="/s", of=rate),
            Measure(case="p50", unit="us", of=p50),
            Measure(case="p99", unit="us", of=p99, goal=at_most_of_peer(2, 1.3)),
        ]
        return compare(bench, sides, measures)


class _Long:
    """A side whose rounds are long enough for a p99."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def round(self, seconds: float) -> Sample:
        """One round."""
        return self._side.round(max(seconds, _LEAST_SECONDS))


class _Beside(_Long):
    """A side beside whom others consume all the time."""

    def __init__(self, side: Side, consumers: WrkSide) -> None:
        super().__init__(side)
        self._consumers = consumers

    def round(self, seconds: float) -> Sample:
        """One round, with consumers from before its beginning to after its end."""
        faults: list[subprocess.SubprocessError] = []

        def run() -> None:
            try:
                self._consumers.run(max(seconds, _LEAST_SECONDS) + 1)
            except subprocess.SubprocessError as error:
                faults.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            return super().round(seconds)
        finally:
            thread.join()
            if faults:
                raise faults[0]


def check(bench: Bench) -> list[Figure]:
    """Questions about limits and about access, of the same server."""
    tree = policies.copy_default_tree(bench.folder / "tree")
    bodies = [questions.authzen(one) for one in questions.random_questions(_BODIES)]
    with ExitStack() as stack:
        server = stack.enter_context(DoorwardServer(bench.peers.doorward_bin, tree, bench.folder / "state"))
        counted.record_tenants(server)
        sides: dict[str, Side] = {
            "limits/check": WrkSide(bench.peers.wrk, server, counted.CHECK, counted.bodies(), CLIENTS, bench.folder),
            "access/v1/evaluation": WrkSide(bench.peers.wrk, server, EVALUATION, bodies, CLIENTS, bench.folder),
        }
        measures = [
            Measure(case="answers a second", unit="/s", of=rate, goal=at_least(0.9, 1)),
            Measure(case="p99", unit="us", of=p99),
        ]
        return compare(bench, sides, measures)


ROWS = (
    Row(
        name="limits-consume",
        title=f"`POST /v1/limits/consume`, durable, {CLIENTS} connections",
        goals="answers a second >= 3,500 on SQLite, 2,000 on PostgreSQL; stretch 7,000 and 4,000",
        run=consume,
        notes=(
            (
                f"An hourly limit with room, of {counted.TENANTS} tenants at random, a new id each time. sqlite3 alone "
                "writes the rows and nothing else, as durably; its times are those of a commit. PostgreSQL has its own "
                "settings."
            ),
        ),
    ),
    Row(
        name="limits-beside-access",
        title=f"`POST /access/v1/evaluation` beside {CONSUMERS} connections that consume",
        goals="p99 <= 2 x alone, stretch 1.3",
        run=beside_checks,
        notes=("Both as fast as they can, 16 connections ask; the server is on SQLite.",),
    ),
    Row(
        name="limits-check",
        title=f"`POST /v1/limits/check` to `POST /access/v1/evaluation`, {CLIENTS} connections",
        goals="answers a second >= 0.9 x, stretch 1",
        run=check,
        notes=(f"What {counted.TENANTS} tenants use, from memory that is at most a second old.",),
    ),
)

"""Usage events in batches, on both databases, beside sqlite3 alone."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import counted, databases
from doorward_bench.bench import Bench, Row
from doorward_bench.peers import Unavailable
from doorward_bench.result import Better, Goal
from doorward_bench.rounds import Measure, compare, p50, p99
from doorward_bench.server import DoorwardServer
from doorward_bench.sqlite_alone import SqliteAlone
from doorward_bench.wrk import WrkSide

if TYPE_CHECKING:
    import subprocess

    from doorward_bench.databases import Database
    from doorward_bench.result import Figure
    from doorward_bench.rounds import Sample, Side


EVENTS = "/v1/usage/events"
BATCH = 100
_CONNECTIONS = 8
_BODIES = 100
_ALONE = f"sqlite3 alone, {BATCH} rows a commit"


def run(bench: Bench) -> list[Figure]:
    """Each database in turn."""
    figures: list[Figure] = []
    with databases.sqlite(bench.folder) as database:
        goal = Goal(floor=0.6, stretch=0.9, better=Better.HIGHER, of_ratio=True)
        figures += _taken(bench, database, [_events(database, goal), *_times(database)])
    try:
        with databases.postgresql(bench) as database:
            figures += _taken(bench, database, [_events(database, None), *_times(database)])
    except Unavailable as error:
        bench.progress.step(str(error))
    return figures


def _events(database: Database, goal: Goal | None) -> Measure:
    return Measure(case=f"{database.name}: events a second", unit="/s", of=lambda one: one.rate, goal=goal)


def _times(database: Database) -> list[Measure]:
    return [
        Measure(case=f"{database.name}: p50 of a batch", unit="us", of=p50),
        Measure(case=f"{database.name}: p99 of a batch", unit="us", of=p99),
    ]


def _taken(bench: Bench, database: Database, measures: list[Measure]) -> list[Figure]:
    tree = counted.roomy_tree(bench.folder / f"tree-{database.name}")
    folder = bench.folder / f"alone-{database.name}"
    folder.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(
            DoorwardServer(bench.peers.doorward_bin, tree, database.state, database.environment)
        )
        counted.record_tenants(server)
        batches = counted.batches(_BODIES, BATCH)
        taker = WrkSide(bench.peers.wrk, _Intake(server), EVENTS, batches, _CONNECTIONS, folder)
        sides: dict[str, Side] = {
            "doorward": _Events(taker),
            _ALONE: stack.enter_context(SqliteAlone(folder, BATCH)),
        }
        return compare(bench, sides, measures)


class _Intake:
    """A server to whom batches of CloudEvents are sent."""

    def __init__(self, server: DoorwardServer) -> None:
        self.host, self.port, self.url = server.host, server.port, server.url
        self.process: subprocess.Popen[str] = server.process
        self.headers = server.headers | {"Content-Type": "application/cloudevents-batch+json"}


class _Events:
    """A side that counts events, not batches."""

    def __init__(self, side: WrkSide) -> None:
        self._side = side

    def round(self, seconds: float) -> Sample:
        """One round."""
        found = self._side.round(seconds)
        return type(found)(
            rate=found.rate * BATCH,
            cpu_us=(found.cpu_us or 0.0) / BATCH,
            p50_us=found.p50_us,
            p99_us=found.p99_us,
        )


ROW = Row(
    name="usage-events",
    title=f"`POST {EVENTS}`, durable, batches of {BATCH}, {_CONNECTIONS} connections",
    goals="events a second >= 60 % of sqlite3 alone on SQLite, stretch 90 %",
    run=run,
    notes=(
        (
            f"CloudEvents of {counted.TENANTS} tenants, each with an id of its own, counted in an hour's limit. "
            "sqlite3 alone writes as many rows a commit and nothing else, as durably."
        ),
    ),
)

"""A million recorded users: starting, asking for one for the first time and again, and what they weigh."""

from __future__ import annotations

import json
import time
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from statistics import median, quantiles
from typing import TYPE_CHECKING, NamedTuple

from doorward_bench import databases, many_users, policies
from doorward_bench.asking import Asker
from doorward_bench.bench import Bench, Row
from doorward_bench.contests import BATCH, EVALUATION, EVALUATIONS
from doorward_bench.peers import Unavailable
from doorward_bench.processes import cpu_seconds, pss_bytes
from doorward_bench.result import Figure
from doorward_bench.rounds import at_most, at_most_of_peer
from doorward_bench.server import DoorwardServer
from doorward_bench.spread import ratios, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from doorward_bench.databases import Database
    from doorward_bench.result import Goal

_MEBI = 1 << 20
_IDLE_SECONDS = 1.5
_A_ROUND = 400
_REMEMBERED = 100_000
_AGENTS = 1_000


class _Segment(NamedTuple):
    """Questions of one kind in one round: milliseconds at the median and the 99th percentile, CPU of one (us)."""

    p50: float
    p99: float
    cpu: float


def run(bench: Bench) -> list[Figure]:
    """The same on SQLite and on PostgreSQL."""
    tree = policies.copy_default_tree(bench.folder / "tree")
    figures: list[Figure] = []
    for opened in (lambda: databases.sqlite(bench.folder), lambda: databases.postgresql(bench)):
        try:
            figures += _figures(bench, tree, opened)
        except Unavailable as error:
            bench.progress.say(f"left out: {error}")
    return figures


def _figures(bench: Bench, tree: Path, opened: Callable[[], AbstractContextManager[Database]]) -> list[Figure]:
    users = 20_000 if bench.quick else 1_000_000
    with ExitStack() as stack:
        database = stack.enter_context(opened())

        def server() -> DoorwardServer:
            environment = {**database.environment, "DOORWARD_FACTS_USERS": str(_remembered(users))}
            return DoorwardServer(bench.peers.doorward_bin, tree, database.state, environment)

        with server():
            pass  # it makes the tables and the first key
        many_users.fill(bench, database, users)
        ready, used = [], []
        for number in range(bench.repeats):
            bench.progress.step(f"{database.name}: start {number + 1}/{bench.repeats}")
            with server() as one:
                ready.append(one.ready_seconds)
                used.append(cpu_seconds(one.process.pid))
        trial = _Trial(bench, stack.enter_context(server()), database.name, users)
        return [
            Figure(case=f"{database.name}: start to ready", unit="s", ours=spread(ready), goal=at_most(3)),
            Figure(case=f"{database.name}: CPU until ready", unit="s CPU", ours=spread(used)),
            *trial.answers(),
            *trial.memory(),
        ]


def _remembered(users: int) -> int:
    """How many of them a server remembers: what it does by itself, where there are enough."""
    return min(_REMEMBERED, users // 4)


def question(user: str, number: int, role: str | None = None) -> str:
    """May this user see this agent? A role is asserted."""
    subject: dict[str, object] = {"type": "user", "id": user}
    if role is not None:
        subject["properties"] = {"roles": [role]}
    resource = {"type": "agents", "id": f"a{number % _AGENTS}"}
    return json.dumps({"subject": subject, "action": {"name": "view"}, "resource": resource})


class _Trial:
    """One server over many users. Each is asked about once, in no order of theirs, until it is said to be again."""

    def __init__(self, bench: Bench, server: DoorwardServer, name: str, users: int) -> None:
        self._bench = bench
        self._server = server
        self._name = name
        self._users = users
        self._unseen = self._in_no_order()
        self._asked = 0
        self._at_start = self._weight()

    def _in_no_order(self) -> Iterator[int]:
        step = 618_033  # has no divisor in common with the number of users
        return (number * step % self._users for number in count(1))

    def _some_unseen(self, many: int) -> list[str]:
        self._asked += many
        return [many_users.user_id(next(self._unseen)) for _ in range(many)]

    def answers(self) -> list[Figure]:
        """Each round: users never asked about, the same again, and as many who are not recorded."""
        unseen: list[_Segment] = []
        again: list[_Segment] = []
        strange: list[_Segment] = []
        with Asker(self._server, EVALUATION) as asker:
            asker.times(asker.request(question(one, 0)) for one in self._some_unseen(_A_ROUND))  # tenants, too
            for number in range(self._bench.rounds):
                self._bench.progress.step(f"{self._name}: round {number + 1}/{self._bench.rounds}")
                recorded = [asker.request(question(one, at)) for at, one in enumerate(self._some_unseen(_A_ROUND))]
                others = [asker.request(self._of_a_stranger(number * _A_ROUND + at)) for at in range(_A_ROUND)]
                unseen.append(self._segment(asker, recorded))
                halves = (again, recorded), (strange, others)
                for found, requests in halves if number % 2 else reversed(halves):
                    self._segment(asker, requests)
                    found.append(self._segment(asker, requests * 3))
        return [
            self._figure("first check of an unseen user, p50", "ms", unseen, again, "the same again", at_most(2)),
            self._figure("first check of an unseen user, p99", "ms", unseen, again, "the same again", of="p99"),
            self._figure("check of a user in memory, p50", "ms", again, strange, "not recorded"),
            self._figure("check of a user in memory, CPU", "us CPU", again, strange, "not recorded", of="cpu"),
        ]

    @staticmethod
    def _of_a_stranger(number: int) -> str:
        return question(many_users.stranger(number), number, many_users.ROLES[number % len(many_users.ROLES)])

    def _segment(self, asker: Asker, requests: Sequence[bytes]) -> _Segment:
        before = cpu_seconds(self._server.process.pid)
        times = asker.times(requests)
        used = cpu_seconds(self._server.process.pid) - before
        return _Segment(median(times) * 1e3, quantiles(times, n=100)[98] * 1e3, used / len(requests) * 1e6)

    def _figure(  # noqa: PLR0913, PLR0917 - the parts of a line
        self,
        case: str,
        unit: str,
        ours: Sequence[_Segment],
        theirs: Sequence[_Segment],
        peer: str,
        goal: Goal | None = None,
        of: str = "p50",
    ) -> Figure:
        values, others = [getattr(one, of) for one in ours], [getattr(one, of) for one in theirs]
        return Figure(
            case=f"{self._name}: {case}",
            unit=unit,
            ours=spread(values),
            cpu=median(one.cpu for one in ours),
            peer=peer,
            theirs=spread(others),
            peer_cpu=median(one.cpu for one in theirs),
            ratio=ratios(values, others),
            goal=goal,
        )

    def memory(self) -> list[Figure]:
        """At the start, with as many users as are remembered, and after three times as many."""
        full = _remembered(self._users)
        weights = [("idle", self._at_start)]
        for many in (full, 3 * full):
            self._ask_until(many)
            weights.append((f"after {many:,} users", self._weight()))
        figures = [
            Figure(case=f"{self._name}: PSS {when}", unit="MiB", ours=spread([weight])) for when, weight in weights
        ]
        grown, most = weights[1][1], weights[2][1]
        return [
            *figures[:2],
            Figure(
                case=figures[2].case,
                unit="MiB",
                ours=spread([most]),
                peer=f"after {full:,}",
                theirs=spread([grown]),
                ratio=spread([most / grown]),
                goal=at_most_of_peer(1.1),
            ),
        ]

    def _ask_until(self, many: int) -> None:
        with Asker(self._server, EVALUATIONS) as asker:
            while self._asked < many:
                self._bench.progress.step(f"{self._name}: {self._asked:,} of {many:,} users asked about")
                items = [json.loads(question(one, 0)) for one in self._some_unseen(BATCH)]
                asker.times([asker.request(json.dumps({"evaluations": items}))])

    def _weight(self) -> float:
        time.sleep(_IDLE_SECONDS)
        return pss_bytes(self._server.process.pid) / _MEBI


ROW = Row(
    name="facts",
    title="A million recorded users, 1,000 tenants, a role each",
    goals="start <= 3 s; first check of an unseen user p50 <= 2 ms; memory bounded by the setting",
    run=run,
    notes=(
        (
            "One kept connection; the times are the client's, the CPU is the server's. The database's files are in the "
            "operating system's cache. Users who are not recorded come with an asserted role."
        ),
        "DOORWARD_FACTS_USERS is 100,000, as it is by itself; PostgreSQL has its own settings, and a Unix socket.",
    ),
)

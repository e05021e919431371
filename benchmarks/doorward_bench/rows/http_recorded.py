"""What recorded users cost a question, and asking for facts and a policy as new as one's own changes."""

from __future__ import annotations

import http.client
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from doorward_bench import databases, many_users, policies, questions
from doorward_bench.bench import Bench, Row
from doorward_bench.contests import EVALUATION
from doorward_bench.result import Figure
from doorward_bench.rounds import Sample, Side, play
from doorward_bench.rows.facts import question
from doorward_bench.server import DoorwardServer
from doorward_bench.spread import ratios, spread
from doorward_bench.wrk import WrkSide

if TYPE_CHECKING:
    import subprocess

    from doorward_bench.wrk import Server

_USERS = 20_000
_BODIES = 2_000
_NOBODY = "nobody recorded"


def run(bench: Bench) -> list[Figure]:
    """One server that has recorded nobody, one that has many; the same kind of question of both."""
    tree = policies.copy_default_tree(bench.folder / "tree")
    asked = questions.random_questions(_BODIES)
    strange = [questions.authzen(one) for one in asked]
    recorded = [question(many_users.user_id(number * 7), number) for number in range(_BODIES)]
    with ExitStack() as stack:
        database = stack.enter_context(databases.sqlite(bench.folder))

        def server() -> DoorwardServer:
            return DoorwardServer(bench.peers.doorward_bin, tree, database.state, database.environment)

        with server():
            pass  # it makes the tables and the first key
        many_users.fill(bench, database, _USERS)
        full = stack.enter_context(server())
        empty = stack.enter_context(DoorwardServer(bench.peers.doorward_bin, tree, bench.folder / "empty"))
        contestants: dict[str, tuple[Server, list[str]]] = {
            _NOBODY: (empty, strange),
            "of somebody not recorded": (full, strange),
            "of a recorded user, in memory": (full, recorded),
            "not recorded, as new as one's own changes": (_AsNew(empty, strange[0]), strange),
        }
        sides: dict[str, Side] = {}
        for number, (name, (one, bodies)) in enumerate(contestants.items()):
            folder = bench.folder / f"side-{number}"
            folder.mkdir()
            sides[name] = WrkSide(bench.peers.wrk, one, EVALUATION, bodies, 16, folder)
            sides[name].round(1)  # every user is in memory then
        samples = play(bench, sides)
        return [_figure(name, samples[name], samples[_NOBODY]) for name in contestants if name != _NOBODY]


def _figure(name: str, ours: list[Sample], theirs: list[Sample]) -> Figure:
    rates, others = [one.rate for one in ours], [one.rate for one in theirs]
    return Figure(
        case=f"answers a second, {name}",
        unit="/s",
        ours=spread(rates),
        cpu=median(one.cpu_us or 0.0 for one in ours),
        peer=_NOBODY,
        theirs=spread(others),
        peer_cpu=median(one.cpu_us or 0.0 for one in theirs),
        ratio=ratios(rates, others),
    )


class _AsNew:
    """A server whose clients ask for the facts and the policy that it said it has."""

    def __init__(self, server: DoorwardServer, body: str) -> None:
        self.host, self.port, self.url = server.host, server.port, server.url
        self.process: subprocess.Popen[str] = server.process
        connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
        connection.request("POST", EVALUATION, body, server.headers)
        answer = connection.getresponse()
        connection.close()
        named = {f"Doorward-Min-{name}": answer.headers[f"Doorward-{name}"] for name in ("Facts", "Revision")}
        self.headers = server.headers | named


ROW = Row(
    name="http-recorded",
    title="`POST /access/v1/evaluation` beside recorded users, 16 connections",
    goals="none: to a server that has recorded nobody",
    run=run,
    notes=(
        (
            f"{_USERS:,} users are recorded. A recorded user's role is the recorded one, others come with an asserted "
            "role. As new as one's own changes: with Doorward-Min-Facts and Doorward-Min-Revision, which the SDK sends "
            "for five seconds after a change."
        ),
    ),
)

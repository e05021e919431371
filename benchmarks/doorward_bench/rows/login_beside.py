"""Access answers while others log in: hashing passwords must not hold up decisions."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from typing import TYPE_CHECKING

from doorward_bench import people, policies, questions
from doorward_bench.asking import call
from doorward_bench.bench import Bench, Row
from doorward_bench.contests import EVALUATION
from doorward_bench.paced import Paced
from doorward_bench.rounds import Measure, compare, p50, p99, rate
from doorward_bench.rows.login import SESSIONS
from doorward_bench.server import DoorwardServer
from doorward_bench.wrk import WrkSide

if TYPE_CHECKING:
    from doorward_bench.result import Figure
    from doorward_bench.rounds import Sample, Side

LOGINS_A_SECOND = 5
_USERS = 50
_STEADY = 500
_LEAST_SECONDS = 2.0


def run(bench: Bench) -> list[Figure]:
    """As many questions as can be answered, and a steady few."""
    tree = policies.copy_default_tree(bench.folder / "tree")
    bodies = [questions.authzen(one) for one in questions.random_questions(2_000)]
    with ExitStack() as stack:
        server = stack.enter_context(DoorwardServer(bench.peers.doorward_bin, tree, bench.folder / "state"))
        people.record(server, "login", _USERS)
        full = WrkSide(bench.peers.wrk, server, EVALUATION, bodies, 16, bench.folder)
        steady = Paced(server, EVALUATION, bodies, _STEADY)
        figures: list[Figure] = []
        for load, side, measures in (
            ("16 connections, as fast as they can", full, (("answers a second", "/s", rate), ("p99", "us", p99))),
            (f"{_STEADY} questions a second", steady, (("p50", "us", p50), ("p99", "us", p99))),
        ):
            sides: dict[str, Side] = {"beside": _Beside(server, side), "alone": _Long(side)}
            figures += compare(
                bench, sides, [Measure(case=f"{load}: {case}", unit=unit, of=of) for case, unit, of in measures]
            )
        return figures


class _Long:
    """A side whose rounds are long enough for a p99 beside some logins."""

    def __init__(self, side: Side) -> None:
        self._side = side

    def round(self, seconds: float) -> Sample:
        """One round."""
        return self._side.round(max(seconds, _LEAST_SECONDS))


class _Beside(_Long):
    """A side beside whom people log in, each with the right password."""

    def __init__(self, server: DoorwardServer, side: Side) -> None:
        super().__init__(side)
        self._server = server
        self._numbers = count()

    def round(self, seconds: float) -> Sample:
        """One round, with logins at even distances from its beginning to its end."""
        done = threading.Event()
        with ThreadPoolExecutor(LOGINS_A_SECOND, thread_name_prefix="login") as pool:
            started = pool.submit(self._log_in_until, done)
            try:
                return super().round(seconds)
            finally:
                done.set()
                started.result()

    def _log_in_until(self, done: threading.Event) -> None:
        with ThreadPoolExecutor(LOGINS_A_SECOND) as pool:
            tries = []
            next_at = time.monotonic()
            while not done.wait(max(0.0, next_at - time.monotonic())):
                next_at += 1 / LOGINS_A_SECOND
                tries.append(pool.submit(self._log_in, next(self._numbers) % _USERS))
        for one in tries:
            one.result()

    def _log_in(self, number: int) -> None:
        call(self._server, "POST", SESSIONS, people.login("login", number))


ROW = Row(
    name="login-beside-access",
    title=f"`POST /access/v1/evaluation` beside {LOGINS_A_SECOND} logins a second",
    goals="none: the p99 beside logins to that without",
    run=run,
    notes=(
        (
            "Each login derives one Argon2id of 19 MiB and makes a session, in SQLite. The steady questions come "
            "at even distances over 16 connections; their time counts from when they were due."
        ),
    ),
)

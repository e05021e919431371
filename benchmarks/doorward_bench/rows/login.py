"""Logins that are refused, by the reason that nobody is told: none may be seen by its time."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

from doorward_bench import databases, people, policies
from doorward_bench.asking import Asker
from doorward_bench.bench import Bench, Row
from doorward_bench.peers import Unavailable
from doorward_bench.processes import cpu_seconds
from doorward_bench.result import Figure
from doorward_bench.rounds import at_most
from doorward_bench.server import DoorwardServer
from doorward_bench.spread import ratios, spread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from doorward_bench.databases import Database

SESSIONS = "/v1/sessions"
_A_ROUND = 20
_WRONG = "wrong password"
_REASONS = ("unknown user", _WRONG, "locked", "disabled")


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
    with ExitStack() as stack:
        database = stack.enter_context(opened())
        server = stack.enter_context(
            DoorwardServer(bench.peers.doorward_bin, tree, database.state, database.environment)
        )
        tries = _Tries(server, bench.rounds + 1)
        asker = stack.enter_context(Asker(server, SESSIONS))
        tries.round(asker)  # warm
        rounds = []
        for number in range(bench.rounds):
            bench.progress.step(f"{database.name}: round {number + 1}/{bench.rounds}")
            rounds.append(tries.round(asker))
    by_reason = {reason: [one[reason] for one in rounds] for reason in _REASONS}
    overall = [median([time for times in each for time in times]) for each in by_reason.values()]
    return [
        *(
            _against_wrong(f"{database.name}: {reason}, median", by_reason[reason], by_reason[_WRONG], tries, reason)
            for reason in _REASONS
            if reason != _WRONG
        ),
        Figure(
            case=f"{database.name}: slowest by fastest of the four medians",
            unit="x",
            ours=spread([max(overall) / min(overall)]),
            goal=at_most(1.1),
        ),
    ]


def _against_wrong(case: str, ours: list[list[float]], wrong: list[list[float]], tries: _Tries, reason: str) -> Figure:
    medians, others = ([median(times) * 1e3 for times in each] for each in (ours, wrong))
    return Figure(
        case=case,
        unit="ms",
        ours=spread(medians),
        cpu=tries.cpu_us(reason),
        peer=_WRONG,
        theirs=spread(others),
        peer_cpu=tries.cpu_us(_WRONG),
        ratio=ratios(medians, others),
    )


class _Tries:
    """Who is tried: each wrong and each disabled user once, since more tries would lock them."""

    def __init__(self, server: DoorwardServer, rounds: int) -> None:
        self._server = server
        self._numbers = {reason: count() for reason in _REASONS}
        self._used: dict[str, list[float]] = {reason: [] for reason in _REASONS}
        needed = rounds * _A_ROUND
        people.record(server, "wrong", needed)
        people.record(server, "disabled", needed)
        people.record(server, "locked", _A_ROUND)
        people.disable(server, "disabled", needed)
        with Asker(server, SESSIONS) as asker:
            for number in range(_A_ROUND):
                tries = [asker.request(people.login("locked", number, right=False))] * people.TRIES
                asker.times(tries, b"403")

    def cpu_us(self, reason: str) -> float:
        """The server's CPU time of one such login, at the median."""
        return median(self._used[reason]) * 1e6

    def round(self, asker: Asker) -> dict[str, list[float]]:
        """So many tries of each kind, in turn: the seconds that each took."""
        times: dict[str, list[float]] = {reason: [] for reason in _REASONS}
        for number in range(_A_ROUND):
            first = number % len(_REASONS)
            for reason in (*_REASONS[first:], *_REASONS[:first]):
                request = asker.request(self._next(reason))
                before = cpu_seconds(self._server.process.pid)
                times[reason] += asker.times([request], b"403")
                self._used[reason].append(cpu_seconds(self._server.process.pid) - before)
        return times

    def _next(self, reason: str) -> str:
        number = next(self._numbers[reason])
        if reason == _WRONG:
            return people.login("wrong", number, right=False)
        if reason == "locked":
            return people.login("locked", number % _A_ROUND)
        return people.login("disabled" if reason == "disabled" else "unknown", number)


ROW = Row(
    name="login",
    title="`POST /v1/sessions` that is refused, by the reason",
    goals="medians of unknown, wrong, locked and disabled within 10 % of each other",
    run=run,
    notes=(
        (
            f"In turn over one kept connection, {_A_ROUND} tries of each reason in a round. Unknown, locked and "
            "disabled users come with the password that is, or would be, right. Each wrong and each disabled user is "
            "tried once."
        ),
    ),
)

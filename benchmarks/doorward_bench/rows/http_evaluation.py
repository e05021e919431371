"""One question a request, sixteen connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_bench.bench import Bench, Row
from doorward_bench.contests import against_cerbos
from doorward_bench.rounds import Measure, at_least, at_most_of_peer, p99, rate

if TYPE_CHECKING:
    from doorward_bench.result import Figure

MEASURES = (
    Measure(case="answers a second", unit="/s", of=rate, goal=at_least(4, 6)),
    Measure(case="p99", unit="us", of=p99, goal=at_most_of_peer(1)),
)


def run(bench: Bench) -> list[Figure]:
    """Doorward's evaluation against Cerbos' CheckResources with one resource."""
    return against_cerbos(bench, 16, MEASURES)


ROW = Row(
    name="http-evaluation",
    title="`POST /access/v1/evaluation`, wrk with 1 thread and 16 connections",
    goals="answers a second >= 4 x Cerbos, stretch 6; p99 below its",
    run=run,
    notes=(
        "The default policy, random subjects, roles, actions and resources.",
        "No decision log on either side: Doorward's comes later, Cerbos' audit log is off.",
    ),
)

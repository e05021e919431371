"""One connection, one question at a time: what a request handler waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_bench.bench import Bench, Row
from doorward_bench.contests import against_cerbos
from doorward_bench.rounds import Measure, at_most_of_peer, p50, p99

if TYPE_CHECKING:
    from doorward_bench.result import Figure

MEASURES = (
    Measure(case="p50", unit="us", of=p50, goal=at_most_of_peer(1 / 2, 1 / 3)),
    Measure(case="p99", unit="us", of=p99),
)


def run(bench: Bench) -> list[Figure]:
    """Doorward's evaluation against Cerbos' CheckResources with one resource."""
    return against_cerbos(bench, 1, MEASURES)


ROW = Row(
    name="http-single",
    title="`POST /access/v1/evaluation`, one connection",
    goals="p50 <= half of Cerbos', stretch a third",
    run=run,
)

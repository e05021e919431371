"""Fifty questions a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_bench.bench import Bench, Row
from doorward_bench.contests import BATCH, against_cerbos
from doorward_bench.rounds import Measure, at_least, p99, rate

if TYPE_CHECKING:
    from doorward_bench.result import Figure

MEASURES = (
    Measure(case="batches a second", unit="/s", of=rate, goal=at_least(2.5, 5)),
    Measure(case="p99", unit="us", of=p99),
)


def run(bench: Bench) -> list[Figure]:
    """Doorward's evaluations against Cerbos' CheckResources with fifty resources."""
    return against_cerbos(bench, 16, MEASURES, batch=True)


ROW = Row(
    name="http-batch",
    title=f"`POST /access/v1/evaluations` with {BATCH} questions, 16 connections",
    goals="batches a second >= 2.5 x Cerbos, stretch 5",
    run=run,
)

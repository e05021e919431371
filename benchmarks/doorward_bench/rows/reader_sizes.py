"""How the time of every reader grows with its input: 1 is linear, 2 is what an attacker looks for."""

from __future__ import annotations

from math import log

from doorward_bench.bench import Bench, Row
from doorward_bench.reader_inputs import FAMILIES
from doorward_bench.result import Figure
from doorward_bench.rounds import at_most
from doorward_bench.spread import spread
from doorward_bench.worker_side import WorkerSide

LARGEST_EXPONENT = 1.3


def run(bench: Bench) -> list[Figure]:
    """One figure a family of inputs: the exponent, from the second size to the largest."""
    return [_figure(bench, family.name) for family in FAMILIES]


def _figure(bench: Bench, family: str) -> Figure:
    bench.progress.step(family)
    python = bench.peers.doorward_python
    doublings = 2 if bench.quick else 3
    with WorkerSide(python, "read_sizes", family=family, doublings=doublings, rounds=bench.repeats) as side:
        sizes, rounds = side.facts["bytes"], side.facts["rounds"]
    growth = log(sizes[-1] / sizes[1])
    return Figure(
        case=f"{family}, {sizes[-1] / 1000:,.0f} kB",
        unit="exponent",
        ours=spread(log(seconds[-1] / seconds[1]) / growth for seconds in rounds),
        cpu=spread(seconds[-1] for seconds in rounds).median * 1e6,
        goal=at_most(LARGEST_EXPONENT),
        x=sizes[-1],
    )


ROW = Row(
    name="reader-sizes",
    title="Time of the readers against the size of hostile input: the exponent of growth",
    goals="<= 1.3 for every family of inputs; 1 is linear",
    run=run,
    notes=("Whole trees are loaded, or refused, at sizes that double. The CPU time is that of the largest one.",),
)

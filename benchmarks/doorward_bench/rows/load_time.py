"""How long a policy takes to load, by its size: it should grow as the size does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.loads import in_turn
from doorward_bench.peers import Unavailable
from doorward_bench.result import Figure
from doorward_bench.spread import ratios, spread

if TYPE_CHECKING:
    from pathlib import Path

OURS, PYCASBIN = "load_doorward", "load_casbin"
SIZES = (1_100, 11_000, 110_000, 1_000_000)


def run(bench: Bench) -> list[Figure]:
    """Role rows mostly, then rules mostly."""
    figures = []
    for size in SIZES:
        if bench.quick and size > 11_000:
            continue
        tree = policies.write_tree(bench.folder / f"rbac-{size}", policies.RBAC_MODEL, policies.rbac_rules(size))
        figures.append(_figure(bench, f"{size:,} rows, Casbin's RBAC benchmark", size, tree))
    for size in SIZES:
        if bench.quick and size > 11_000:
            continue
        tree = policies.write_tree(bench.folder / f"mixed-{size}", policies.DEFAULT_MODEL, policies.mixed_rules(size))
        figures.append(_figure(bench, f"{size:,} rows, `*`, prefixes and conditions", size, tree))
    return figures


def _figure(bench: Bench, case: str, size: int, tree: Path) -> Figure:
    workers: tuple[str, ...] = (OURS, PYCASBIN)
    note = ""
    if size > 110_000:
        workers, note = (OURS,), "pycasbin left out at this size: a gigabyte"
    times = bench.repeats if size < 1_000_000 else 3
    try:
        loads = in_turn(bench, workers, tree, times)
    except Unavailable as error:
        loads, note = in_turn(bench, (OURS,), tree, times), str(error)
    ours = [one.cpu for one in loads[OURS]]
    theirs = [one.cpu for one in loads.get(PYCASBIN, ())]
    return Figure(
        case=case,
        unit="s CPU",
        ours=spread(ours),
        peer="pycasbin" if theirs else "",
        theirs=spread(theirs) if theirs else None,
        ratio=ratios(ours, theirs) if theirs else None,
        note=note,
        x=size,
    )


ROW = Row(
    name="load-time",
    title="Time to load a policy, by its size",
    goals="none; it should be linear",
    run=run,
    notes=("In a fresh process each time: reading, checking, compiling and indexing.",),
)

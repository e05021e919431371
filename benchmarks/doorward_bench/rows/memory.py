"""What a rule and a condition cost in memory, for the five kinds of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.kinds import KINDS
from doorward_bench.loads import load
from doorward_bench.peers import Unavailable
from doorward_bench.result import Figure
from doorward_bench.rounds import at_most
from doorward_bench.spread import spread

if TYPE_CHECKING:
    from pathlib import Path


def run(bench: Bench) -> list[Figure]:
    """Bytes that stay after a load in a fresh process, by the number of rows."""
    size = 10_000 if bench.quick else 100_000
    figures = []
    for kind in KINDS:
        tree = policies.write_tree(bench.folder / kind.slug, kind.model, kind.rules(size))
        figures.append(_figure(bench, f"a row of {size:,}: {kind.name}", tree, size))
    return [*figures, *_condition_figures(bench, size // 10)]


def _condition_figures(bench: Bench, count: int) -> list[Figure]:
    """Three policies that differ in nothing but their conditions."""
    texts = {
        "none": "True",
        "literal": "r.ctx.resource.owner == 'u{0}'",
        "shape": "r.ctx.resource.a{0} == 'u{0}'",
    }
    held = {}
    for name, when in texts.items():
        rows = [
            f"p, rule-{one}, role:r{one % 50}, *, doc:d{one}, read, {when.format(one)}, allow" for one in range(count)
        ]
        tree = policies.write_tree(bench.folder / f"conditions-{name}", policies.DEFAULT_MODEL, "\n".join(rows) + "\n")
        held[name] = load(bench, "load_doorward", tree, trace=True).bytes
    plain = (held["literal"] - held["none"]) / count
    shapes = (held["shape"] - held["none"]) / count
    goal = at_most(600)
    return [
        Figure(case="a rule without a condition (allocated)", unit="bytes", ours=spread([held["none"] / count])),
        Figure(case="a condition with a literal of its own (allocated)", unit="bytes", ours=spread([plain]), goal=goal),
        Figure(case="a condition of a shape of its own (allocated)", unit="bytes", ours=spread([shapes]), goal=goal),
    ]


def _figure(bench: Bench, case: str, tree: Path, size: int) -> Figure:
    bench.progress.step(case)
    ours = [load(bench, "load_doorward", tree).bytes / size for _ in range(3)]
    allocated = load(bench, "load_doorward", tree, trace=True).bytes / size
    theirs: list[float] = []
    note = f"of which {allocated:.0f} bytes are Python's own allocations (tracemalloc)"
    try:
        theirs = [load(bench, "load_casbin", tree).bytes / size]
    except Unavailable as error:
        note += f"; {error}"
    return Figure(
        case=case,
        unit="bytes",
        ours=spread(ours),
        peer="pycasbin" if theirs else "",
        theirs=spread(theirs) if theirs else None,
        ratio=spread(one / theirs[0] for one in ours) if theirs else None,
        goal=at_most(400, 200),
        note=note,
    )


ROW = Row(
    name="memory-rule",
    title="Memory of a rule",
    goals="<= 400 bytes, stretch 200; + 600 a distinct condition",
    run=run,
    notes=(
        (
            "Growth of the resident set of a fresh process that loads the policy, the files' bytes included, once what "
            "loading freed is given back to the system, which a server does after each load."
        ),
    ),
)

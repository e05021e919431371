"""A decision in process where every column holds `*` and prefixes, and some rules a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.rounds import Measure, at_most, compare, cpu
from doorward_bench.worker_side import WorkerSide

if TYPE_CHECKING:
    from doorward_bench.result import Figure


ATTRIBUTES = {"subject": {"level": 5}, "resource": {"owner": "u17"}}


def run(bench: Bench) -> list[Figure]:
    """Ours alone: pycasbin visits every rule, which takes it ten seconds a decision."""
    size = 11_000 if bench.quick else 110_000
    bench.progress.step("loading")
    rules = policies.mixed_rules(size)
    tree = policies.write_tree(bench.folder / "mixed", policies.DEFAULT_MODEL, rules)
    questions = policies.mixed_questions(rules, 20_000)
    measure = Measure(
        case=f"{size:,} rules",
        unit="us CPU",
        of=cpu,
        goal=at_most(4, 3),
        note="no peer: pycasbin visits every rule, 1 s a decision at 11,000 rules and ten times that here",
    )
    with WorkerSide(
        bench.peers.doorward_python, "decide_doorward", tree=str(tree), questions=questions, agree=5_000, **ATTRIBUTES
    ) as ours:
        allowed = sum(ours.facts["answers"]) / len(ours.facts["answers"])
        bench.progress.step(f"{allowed:.0%} of the questions are allowed")
        return compare(bench, {"doorward": ours}, [measure])


ROW = Row(
    name="decision-patterns",
    title="The same with `*` and prefixes in every column and conditions in 8 % of the rules",
    goals="<= 4 us, stretch 3",
    run=run,
    notes=("The default model; 2 % of the rules deny; half of the questions ask what a rule says, of a holder.",),
)

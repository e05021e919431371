"""A decision in process where many conditions have to be looked at."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from doorward_bench import policies
from doorward_bench.bench import Bench, Row
from doorward_bench.peers import Unavailable
from doorward_bench.rounds import Measure, Side, at_most, compare, cpu
from doorward_bench.worker_side import WorkerSide

if TYPE_CHECKING:
    from pathlib import Path

    from doorward_bench.result import Figure

SUBJECT = {"level": 3, "department": "sales", "status": "active"}
RESOURCE = {"status": "open", "name": "report", "owner": "user:user1"}


def run(bench: Bench) -> list[Figure]:
    """Four conditions and twenty; the last one allows."""
    figures: list[Figure] = []
    for count, goal in ((4, None), (20, at_most(20, 10))):
        rules = policies.conditional_rules(count)
        tree = policies.write_tree(bench.folder / f"conditions-{count}", policies.DEFAULT_MODEL, rules)
        measure = Measure(case=f"{count} conditions", unit="us CPU", of=cpu, goal=goal)
        with ExitStack() as stack:
            sides, missing = _sides(bench, tree, stack)
            figures += compare(bench, sides, [measure], missing)
    return figures


def _sides(bench: Bench, tree: Path, stack: ExitStack) -> tuple[dict[str, Side], str]:
    roll = policies.dice()
    questions = [
        policies.Asked(f"user:user{roll.randrange(100)}", f"doc:{roll.randrange(1_000)}") for _ in range(2_000)
    ]
    wanted = {
        "tree": str(tree),
        "questions": questions,
        "subject": SUBJECT,
        "resource": RESOURCE,
        "agree": 200,
        "any_tenant": True,
    }
    ours = stack.enter_context(WorkerSide(bench.peers.doorward_python, "decide_doorward", **wanted))
    sides: dict[str, Side] = {"doorward": ours}
    try:
        peer = stack.enter_context(WorkerSide(bench.peers.python, "decide_casbin", **wanted))
        sides["pycasbin"] = peer
        if peer.facts["answers"] != ours.facts["answers"]:
            raise RuntimeError("pycasbin decides otherwise than doorward")
    except Unavailable as error:
        return sides, str(error)
    return sides, ""


ROW = Row(
    name="decision-conditions",
    title="A decision in process with conditions to look at",
    goals="20 conditions: <= 20 us, stretch 10",
    run=run,
    notes=(
        (
            "Every condition of the policy is reached and only the last is true. "
            "Ours includes making the question and what `r.ctx` holds; the request is parsed before."
        ),
    ),
)
